/* gather.c - terms are numbered as they come, and songs and contexts kept as rows of
 * them. */
#include "core/text.h"
#include "index/meaning/trainer.h"
#include <math.h>
#include <stdlib.h>

#define CONTEXT_SONGS 1000 /* of a larger context, that many spread evenly */
#define CONTEXTS_MAX  300000

bool gathered_begin(struct gathered_rows *r)
{
    if (r->n + 2 > r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 1024;
        uint64_t *starts = realloc(r->starts, cap * sizeof *starts);
        if (!starts)
            return false;
        r->starts = starts;
        r->cap = cap;
    }
    r->starts[r->n++] = r->used;
    r->starts[r->n] = r->used;
    return true;
}

bool gathered_put(struct gathered_rows *r, uint32_t term, float value)
{
    if (r->used == r->entries_cap) {
        size_t cap = r->entries_cap ? r->entries_cap * 2 : 8192;
        struct gathered_entry *v = realloc(r->v, cap * sizeof *v);
        if (!v)
            return false;
        r->v = v;
        r->entries_cap = cap;
    }
    r->v[r->used++] = (struct gathered_entry){term, value};
    r->starts[r->n] = r->used;
    return true;
}

static size_t slot_of(const struct sg_meaning_trainer *t, uint64_t key)
{
    size_t i = key & (t->n_slots - 1);
    while (t->slots[i] && t->terms[t->slots[i] - 1].key != key)
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static bool grow(struct sg_meaning_trainer *t)
{
    if (t->n_terms == t->terms_cap) {
        size_t cap = t->terms_cap ? t->terms_cap * 2 : 4096;
        struct gathered_term *v = realloc(t->terms, cap * sizeof *v);
        if (!v)
            return false;
        t->terms = v;
        t->terms_cap = cap;
    }
    if (t->n_slots && t->n_terms < t->n_slots / 3 * 2)
        return true;
    free(t->slots);
    t->n_slots = t->n_slots ? t->n_slots * 2 : 8192;
    t->slots = calloc(t->n_slots, sizeof *t->slots);
    for (size_t i = 0; t->slots && i < t->n_terms; i++)
        t->slots[slot_of(t, t->terms[i].key)] = (uint32_t)i + 1;
    return t->slots;
}

/* The term's number, made when new; UINT32_MAX: out of memory. */
static uint32_t number_of(struct sg_meaning_trainer *t, uint64_t key, struct sg_str text)
{
    if (!grow(t))
        return UINT32_MAX;
    size_t slot = slot_of(t, key);
    if (!t->slots[slot]) {
        t->terms[t->n_terms] = (struct gathered_term){
            .key = key, .text_bytes = (uint32_t)text.n, .text_at = t->text.n};
        sg_buf_str_put(&t->text, text);
        t->slots[slot] = (uint32_t)++t->n_terms;
    }
    return t->slots[slot] - 1;
}

static int out_of_memory(struct sg_error *e)
{
    return sg_fail(e, SG_ENOMEM, "meaning: out of memory");
}

int sg_meaning_trainer_open(struct sg_meaning_trainer **out, const struct sg_meaning_options *o,
                            struct sg_error *e)
{
    size_t d = o->dimensions ? o->dimensions : SG_MEANING_DIMENSIONS;
    if (d % 16 || d > SG_MEANING_DIMENSIONS_MAX)
        return sg_fail(e, SG_EINVAL, "%zu dimensions: a multiple of 16 up to %d", d,
                       SG_MEANING_DIMENSIONS_MAX);
    struct sg_meaning_trainer *t = calloc(1, sizeof *t);
    if (!t)
        return out_of_memory(e);
    t->d = d;
    t->seed = o->seed;
    *out = t;
    return 0;
}

void sg_meaning_trainer_free(struct sg_meaning_trainer *t)
{
    if (!t)
        return;
    struct gathered_rows *rows[] = {&t->songs, &t->contexts, &t->members};
    for (size_t i = 0; i < 3; i++) {
        free(rows[i]->starts);
        free(rows[i]->v);
    }
    free(t->terms);
    free(t->slots);
    free(t->context_words);
    free(t->tally);
    sg_buf_free(&t->text);
    free(t);
}

int sg_meaning_place(struct sg_meaning_trainer *t, const int8_t *vectors, size_t dimensions,
                     uint64_t source, struct sg_error *e)
{
    if (!dimensions || dimensions % 16 || dimensions > SG_MEANING_PLACED_MAX || !source)
        return sg_fail(e, SG_EINVAL, "songs' vectors of %zu dimensions: a multiple of 16 up to %d",
                       dimensions, SG_MEANING_PLACED_MAX);
    t->placed = vectors;
    t->placed_d = dimensions;
    t->source = source;
    return 0;
}

int sg_meaning_add_song(struct sg_meaning_trainer *t, const struct sg_facts *f, struct sg_str genre,
                        struct sg_error *e)
{
    struct meaning_term terms[MEANING_SONG_MAX];
    char folded[SG_TEXT_MAX];
    size_t bytes = genre.n ? sg_text_fold(folded, sizeof folded, genre) : 0;
    size_t n = meaning_song_terms(f, (struct sg_str){folded, bytes}, terms);
    bool good = gathered_begin(&t->songs);
    for (size_t i = 0; good && i < n; i++) {
        uint32_t term = number_of(t, terms[i].key, terms[i].text);
        good = term != UINT32_MAX && gathered_put(&t->songs, term, terms[i].share);
        if (!good)
            break;
        t->terms[term].songs++;
        t->terms[term].labels += terms[i].describing;
    }
    return good && !sg_buf_failed(&t->text) ? 0 : out_of_memory(e);
}

static bool make_room(struct sg_meaning_trainer *t)
{
    if (t->tally_cap < t->n_terms) {
        float *tally = realloc(t->tally, t->terms_cap * sizeof *tally);
        if (!tally)
            return false;
        memset(tally + t->tally_cap, 0, (t->terms_cap - t->tally_cap) * sizeof *tally);
        t->tally = tally;
        t->tally_cap = t->terms_cap;
    }
    if (t->contexts.n % 1024 == 0) {
        uint32_t *words =
            realloc(t->context_words, (t->contexts.n + 1024) * sizeof *t->context_words);
        if (!words)
            return false;
        t->context_words = words;
    }
    return true;
}

static bool put_words(struct sg_meaning_trainer *t, struct sg_str text)
{
    struct sg_words words;
    sg_text_words(&words, text);
    for (size_t i = 0; i < words.n; i++) {
        uint32_t term = number_of(t, meaning_key(MEANING_WORD, words.v[i].text), words.v[i].text);
        if (term == UINT32_MAX || !gathered_put(&t->contexts, term, 1))
            return false;
        t->terms[term].describes++;
    }
    return true;
}

/* The songs' terms, each with the root of how often it is there. */
static bool put_songs(struct sg_meaning_trainer *t, const uint32_t *docids, size_t n)
{
    size_t step = n > CONTEXT_SONGS ? (n + CONTEXT_SONGS - 1) / CONTEXT_SONGS : 1;
    const struct gathered_rows *s = &t->songs;
    bool good = gathered_begin(&t->members);
    for (size_t i = 0; i < n && good; i += step) {
        if (docids[i] < 1 || docids[i] > s->n)
            continue;
        good = gathered_put(&t->members, docids[i] - 1, 1);
        for (size_t k = s->starts[docids[i] - 1]; k < s->starts[docids[i]]; k++)
            t->tally[s->v[k].term] += s->v[k].value * s->v[k].value;
    }
    for (size_t i = 0; i < n; i += step) {
        if (docids[i] < 1 || docids[i] > s->n)
            continue;
        for (size_t k = s->starts[docids[i] - 1]; k < s->starts[docids[i]]; k++) {
            float *tally = &t->tally[s->v[k].term];
            if (*tally > 0 && good)
                good = gathered_put(&t->contexts, s->v[k].term, sqrtf(*tally));
            t->terms[s->v[k].term].contexts += *tally > 0;
            *tally = 0;
        }
    }
    return good;
}

int sg_meaning_add_context(struct sg_meaning_trainer *t, struct sg_str text, const uint32_t *docids,
                           size_t n, struct sg_error *e)
{
    if (n == 0 || t->contexts.n == CONTEXTS_MAX)
        return 0;
    size_t before = t->contexts.used;
    bool good = make_room(t) && gathered_begin(&t->contexts) && put_words(t, text);
    if (good) {
        t->context_words[t->contexts.n - 1] = (uint32_t)(t->contexts.used - before);
        good = make_room(t) && put_songs(t, docids, n);
    }
    return good && !sg_buf_failed(&t->text) ? 0 : out_of_memory(e);
}
