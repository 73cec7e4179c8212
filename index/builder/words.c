/* words.c - how many documents hold each word, of one shard.
 *
 * The table outgrows the caches, so a word waits for its slot to come near
 * while the next ones are made.
 */
#include "index/builder/parts.h"
#include <stdlib.h>
#include <xxhash.h>

void sg_word_counts_free(struct sg_word_counts *c)
{
    free(c->v);
    sg_buf_free(&c->text);
    *c = (struct sg_word_counts){0};
}

static struct sg_word_count *find(const struct sg_word_counts *c, uint64_t hash, struct sg_str word)
{
    for (size_t i = hash & (c->n_slots - 1);; i = (i + 1) & (c->n_slots - 1)) {
        struct sg_word_count *w = &c->v[i];
        if (!w->count)
            return w;
        if (w->hash == hash && sg_str_eq((struct sg_str){c->text.p + w->at, w->bytes}, word))
            return w;
    }
}

static bool grow(struct sg_word_counts *c)
{
    struct sg_word_counts to = {.n_slots = c->n_slots ? c->n_slots * 2 : 4096, .n = c->n};
    to.v = calloc(to.n_slots, sizeof *to.v);
    if (!to.v)
        return false;
    for (size_t i = 0; i < c->n_slots; i++) {
        if (!c->v[i].count)
            continue;
        size_t at = c->v[i].hash & (to.n_slots - 1);
        while (to.v[at].count)
            at = (at + 1) & (to.n_slots - 1);
        to.v[at] = c->v[i];
    }
    free(c->v);
    c->v = to.v;
    c->n_slots = to.n_slots;
    return true;
}

static bool count(struct sg_word_counts *c, uint64_t hash, struct sg_str word)
{
    if (c->n >= c->n_slots / 3 * 2 && !grow(c))
        return false;
    struct sg_word_count *w = find(c, hash, word);
    if (!w->count) {
        size_t at = c->text.n;
        sg_buf_str_put(&c->text, word);
        if (sg_buf_failed(&c->text))
            return false;
        *w = (struct sg_word_count){.hash = hash, .at = at, .bytes = (uint32_t)word.n};
        c->n++;
    }
    w->count++;
    return true;
}

static bool count_waiting(struct sg_word_counts *c, size_t i)
{
    struct sg_word_waiting *w = &c->waiting[i];
    size_t n = w->bytes;
    w->bytes = 0;
    return !n || count(c, w->hash, (struct sg_str){w->text, n});
}

bool sg_word_counts_add(struct sg_word_counts *c, struct sg_str word)
{
    struct sg_word_waiting *w = &c->waiting[c->next];
    if (word.n > sizeof w->text)
        return true;
    bool ok = count_waiting(c, c->next);
    c->next = (c->next + 1) % SG_WORDS_WAITING;
    w->hash = XXH3_64bits(word.p, word.n);
    w->bytes = (uint8_t)word.n;
    memcpy(w->text, word.p, word.n);
    if (c->n_slots)
        __builtin_prefetch(&c->v[w->hash & (c->n_slots - 1)]);
    return ok;
}

bool sg_word_counts_settle(struct sg_word_counts *c)
{
    bool ok = true;
    for (size_t i = 0; i < SG_WORDS_WAITING; i++)
        ok = count_waiting(c, i) && ok;
    return ok;
}
