/* write.c - counts words in a hash table, then writes them sorted with their keys.
 *
 * Postings are made in passes over ranges of buckets, each in bounded memory:
 * making the keys anew is cheaper than keeping them.
 */
#include "index/spell/format.h"
#include <stdlib.h>
#include <xxhash.h>

#define POSTINGS_PER_PASS (32u << 20)

struct counted {
    uint64_t at; /* in bytes */
    uint32_t count;
    uint8_t n;
};
struct sg_spell_writer {
    struct sg_segment_writer segment;
    char *bytes;
    size_t n_bytes, cap_bytes;
    struct counted *words;
    size_t n_words, cap_words;
    uint32_t *slots; /* number + 1 of a word; 0: free */
    size_t n_slots;  /* a power of two */
};

int sg_spell_writer_open(struct sg_spell_writer **out, const char *path, struct sg_error *e)
{
    struct sg_spell_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "spelling");
    int rc = sg_segment_create(&w->segment, path, SPELL_MAGIC, e);
    if (rc)
        free(w);
    else
        *out = w;
    return rc;
}

void sg_spell_writer_abort(struct sg_spell_writer *w)
{
    if (!w)
        return;
    sg_segment_abort(&w->segment);
    free(w->bytes);
    free(w->words);
    free(w->slots);
    free(w);
}

static struct sg_str text_of(const struct sg_spell_writer *w, size_t i)
{
    return (struct sg_str){w->bytes + w->words[i].at, w->words[i].n};
}

static size_t slot_of(const struct sg_spell_writer *w, struct sg_str word)
{
    size_t at = XXH3_64bits(word.p, word.n) & (w->n_slots - 1);
    while (w->slots[at] && !sg_str_eq(text_of(w, w->slots[at] - 1), word))
        at = (at + 1) & (w->n_slots - 1);
    return at;
}

static bool rehash(struct sg_spell_writer *w)
{
    size_t n = w->n_slots ? 2 * w->n_slots : 4096;
    uint32_t *slots = calloc(n, sizeof *slots);
    if (!slots)
        return false;
    free(w->slots);
    w->slots = slots;
    w->n_slots = n;
    for (size_t i = 0; i < w->n_words; i++)
        slots[slot_of(w, text_of(w, i))] = (uint32_t)i + 1;
    return true;
}

static bool grow(struct sg_spell_writer *w)
{
    if (w->n_words == w->cap_words) {
        size_t cap = w->cap_words ? 2 * w->cap_words : 4096;
        struct counted *p = realloc(w->words, cap * sizeof *p);
        if (!p)
            return false;
        w->words = p;
        w->cap_words = cap;
    }
    if (w->n_bytes + SG_WORD_MAX > w->cap_bytes) {
        size_t cap = w->cap_bytes ? 2 * w->cap_bytes : 65536;
        char *p = realloc(w->bytes, cap);
        if (!p)
            return false;
        w->bytes = p;
        w->cap_bytes = cap;
    }
    return w->n_words < w->n_slots / 2 || rehash(w);
}

int sg_spell_writer_add(struct sg_spell_writer *w, struct sg_str word, uint32_t count,
                        struct sg_error *e)
{
    if (word.n == 0)
        return 0;
    if (word.n > SG_WORD_MAX)
        return sg_fail(e, SG_EINVAL, "spelling: a word of %zu bytes", word.n);
    if (!grow(w))
        return sg_fail(e, SG_ENOMEM, "spelling: %zu words", w->n_words);
    size_t slot = slot_of(w, word);
    if (!w->slots[slot]) {
        if (w->n_words == INT32_MAX)
            return sg_fail(e, SG_ELIMIT, "spelling: too many words");
        memcpy(w->bytes + w->n_bytes, word.p, word.n);
        w->words[w->n_words++] = (struct counted){w->n_bytes, 0, (uint8_t)word.n};
        w->n_bytes += word.n;
        w->slots[slot] = (uint32_t)w->n_words;
    }
    uint32_t *total = &w->words[w->slots[slot] - 1].count;
    *total = count > UINT32_MAX - *total ? UINT32_MAX : *total + count;
    return 0;
}

static int by_text(const void *a, const void *b, void *writer)
{
    const struct sg_spell_writer *w = writer;
    const struct counted *x = a, *y = b;
    return sg_str_cmp((struct sg_str){w->bytes + x->at, x->n},
                      (struct sg_str){w->bytes + y->at, y->n});
}

static int put_words(struct sg_spell_writer *w, struct sg_error *e)
{
    uint32_t at = 0;
    if (w->n_bytes > UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "spelling: %zu bytes of words", w->n_bytes);
    sg_segment_begin(&w->segment, SPELL_WORDS);
    for (size_t i = 0; i < w->n_words; i++)
        sg_segment_put(&w->segment, text_of(w, i).p, text_of(w, i).n);
    sg_segment_begin(&w->segment, SPELL_LENGTHS);
    for (size_t i = 0; i < w->n_words; i++)
        sg_segment_put(&w->segment, &w->words[i].n, 1);
    sg_segment_begin(&w->segment, SPELL_BASES);
    for (size_t i = 0; i < w->n_words; at += w->words[i++].n) {
        if (i % SPELL_GROUP == 0)
            sg_segment_put(&w->segment, &at, sizeof at);
    }
    sg_segment_begin(&w->segment, SPELL_FREQUENCIES);
    for (size_t i = 0; i < w->n_words; i++)
        sg_segment_put(&w->segment, &w->words[i].count, sizeof w->words[i].count);
    return 0;
}

static int put_maxima(struct sg_spell_writer *w, struct sg_error *e)
{
    size_t n = (w->n_words + SPELL_GROUP - 1) / SPELL_GROUP;
    size_t words = sg_maxtree_words(n, 1);
    uint16_t *v = calloc(words + 1, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "spelling");
    for (size_t i = 0; i < w->n_words; i++) {
        uint16_t weight = sg_weight_pack((float)w->words[i].count);
        uint16_t *max = &v[i / SPELL_GROUP];
        *max = weight > *max ? weight : *max;
    }
    sg_maxtree_build(v, n, 1);
    sg_segment_begin(&w->segment, SPELL_MAXIMA);
    sg_segment_put(&w->segment, v, words * sizeof *v);
    free(v);
    return 0;
}

struct pass {
    const struct sg_spell_writer *w;
    uint32_t n_buckets, first, last; /* buckets of this pass */
    uint32_t *ends;                  /* per bucket of this pass: where its words end */
    uint32_t *words;
};

/* Counts the pass's postings in ends, or (place) puts the words there. */
static void file_words(struct pass *p, bool place)
{
    uint32_t keys[SPELL_KEYS_MAX];
    struct spell_chars chars;
    for (size_t i = 0; i < p->w->n_words; i++) {
        if (!spell_chars_of(&chars, text_of(p->w, i)))
            continue;
        size_t n = spell_keys_filed(&chars, keys);
        for (size_t j = 0; j < n; j++) {
            uint32_t bucket = spell_bucket(keys[j], p->n_buckets);
            if (bucket < p->first || bucket >= p->last)
                continue;
            uint32_t *end = &p->ends[bucket - p->first];
            if (place)
                p->words[*end] = (uint32_t)i;
            ++*end;
        }
    }
}

static size_t put_difference(uint8_t *p, uint32_t v)
{
    size_t n = 0;
    for (; v > 127; v >>= 7)
        p[n++] = (uint8_t)(v | 128);
    p[n++] = (uint8_t)v;
    return n;
}

static void put_bucket(struct sg_segment_writer *s, const uint32_t *words, size_t n)
{
    uint8_t bytes[5];
    uint32_t before = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || words[i] != before)
            sg_segment_put(s, bytes, put_difference(bytes, words[i] - before));
        before = words[i];
    }
}

/* Writes the postings of buckets first..last-1 and where each begins. */
static int run_pass(struct sg_spell_writer *w, struct pass *p, uint32_t *offsets,
                    struct sg_error *e)
{
    uint32_t n = p->last - p->first, total = 0;
    p->ends = calloc(n, sizeof *p->ends);
    if (!p->ends)
        return sg_fail(e, SG_ENOMEM, "spelling");
    file_words(p, false);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t count = p->ends[i];
        p->ends[i] = total;
        total += count;
    }
    p->words = calloc((size_t)total + 1, sizeof *p->words);
    if (!p->words) {
        free(p->ends);
        return sg_fail(e, SG_ENOMEM, "spelling");
    }
    file_words(p, true);
    for (uint32_t i = 0, from = 0; i < n; from = p->ends[i++]) {
        offsets[p->first + i] = (uint32_t)sg_segment_size(&w->segment);
        put_bucket(&w->segment, p->words + from, p->ends[i] - from);
    }
    free(p->words);
    free(p->ends);
    return sg_segment_size(&w->segment) > UINT32_MAX
               ? sg_fail(e, SG_ELIMIT, "spelling: postings over 4 GiB")
               : 0;
}

static uint64_t count_postings(const struct sg_spell_writer *w)
{
    uint32_t keys[SPELL_KEYS_MAX];
    struct spell_chars chars;
    uint64_t total = 0;
    for (size_t i = 0; i < w->n_words; i++) {
        if (spell_chars_of(&chars, text_of(w, i)))
            total += spell_keys_filed(&chars, keys);
    }
    return total;
}

static int put_postings(struct sg_spell_writer *w, struct sg_error *e)
{
    int rc = 0;
    uint64_t total = count_postings(w);
    uint32_t n = (uint32_t)(total / SPELL_BUCKET_MEAN + 1);
    uint32_t step = (uint32_t)((uint64_t)POSTINGS_PER_PASS / SPELL_BUCKET_MEAN);
    uint32_t *offsets = calloc((size_t)n + 1, sizeof *offsets);
    if (!offsets)
        return sg_fail(e, SG_ENOMEM, "spelling: %u buckets", n);
    sg_segment_begin(&w->segment, SPELL_POSTINGS);
    for (uint32_t first = 0; first < n && !rc; first += step) {
        struct pass p = {.w = w, .n_buckets = n, .first = first};
        p.last = n - first < step ? n : first + step;
        rc = run_pass(w, &p, offsets, e);
    }
    offsets[n] = (uint32_t)sg_segment_size(&w->segment);
    sg_segment_begin(&w->segment, SPELL_BUCKETS);
    sg_segment_put(&w->segment, offsets, ((size_t)n + 1) * sizeof *offsets);
    w->segment.header.value[SPELL_N_WORDS] = w->n_words;
    w->segment.header.value[SPELL_N_BUCKETS] = n;
    w->segment.header.value[SPELL_N_POSTINGS] = total;
    free(offsets);
    return rc;
}

struct sounding {
    uint32_t sound, word;
};

static int by_sound(const void *a, const void *b)
{
    const struct sounding *x = a, *y = b;
    if (x->sound != y->sound)
        return x->sound < y->sound ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

static int put_sounds(struct sg_spell_writer *w, struct sg_error *e)
{
    struct sounding *v = calloc(w->n_words + 1, sizeof *v);
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "spelling: sounds");
    for (size_t i = 0; i < w->n_words; i++) {
        v[n] = (struct sounding){spell_sound_of(text_of(w, i)), (uint32_t)i};
        n += v[n].sound != 0;
    }
    qsort(v, n, sizeof *v, by_sound);
    sg_segment_begin(&w->segment, SPELL_SOUNDS);
    for (size_t i = 0; i < n; i++)
        sg_segment_put(&w->segment, &v[i].word, sizeof v[i].word);
    free(v);
    return 0;
}

int sg_spell_writer_finish(struct sg_spell_writer *w, struct sg_error *e)
{
    if (w->n_words)
        qsort_r(w->words, w->n_words, sizeof *w->words, by_text, w);
    int rc = put_words(w, e);
    if (!rc)
        rc = put_maxima(w, e);
    if (!rc)
        rc = put_postings(w, e);
    if (!rc)
        rc = put_sounds(w, e);
    if (!rc)
        rc = sg_segment_commit(&w->segment, e);
    sg_spell_writer_abort(w);
    return rc;
}
