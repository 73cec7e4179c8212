/* write.c - entries, with their infixes, sorted into blocks. See format.h. */
#include "core/text.h"
#include "index/suggest/near.h"
#include "index/suggest/sort.h"
#include <stdlib.h>

struct open_block {
    size_t n;
    uint8_t scores[SUGGEST_BLOCK];
    uint16_t maxima[SUGGEST_LANES];
    size_t head_n, meta_n, strings_n, text_n;
    char head[SUGGEST_STRING_MAX];
    char text[SUGGEST_STRING_MAX]; /* the string before */
    uint8_t meta[SUGGEST_BLOCK * SUGGEST_META_BYTES];
    uint8_t strings[SUGGEST_BLOCK * (3 + SUGGEST_STRING_MAX)];
};
struct sg_suggest_writer {
    struct sg_segment_writer segment;
    struct suggest_sorter *sorter;
    struct near_set *words;
    struct open_block block;
    uint64_t *offsets; /* of blocks so far */
    uint16_t *maxima;
    size_t n_blocks, cap_blocks;
    uint64_t n_entries;
    uint8_t losses[256];
};

int sg_suggest_writer_open(struct sg_suggest_writer **out, const char *path, struct sg_error *e)
{
    struct sg_suggest_writer *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "completion");
    int rc = sg_segment_create(&w->segment, path, SUGGEST_MAGIC, e);
    if (rc) {
        free(w);
        return rc;
    }
    w->sorter = suggest_sorter_new(path, 0);
    w->words = near_set_new();
    if (!w->sorter || !w->words) {
        sg_suggest_writer_abort(w);
        return sg_fail(e, SG_ENOMEM, "completion");
    }
    suggest_losses(w->losses);
    *out = w;
    return 0;
}

void sg_suggest_writer_abort(struct sg_suggest_writer *w)
{
    if (!w)
        return;
    sg_segment_abort(&w->segment);
    suggest_sorter_free(w->sorter);
    near_set_free(w->words);
    free(w->offsets);
    free(w->maxima);
    free(w);
}

static struct sg_str cut(struct sg_str s, size_t max)
{
    s.n = sg_utf8_floor(s, max);
    return s;
}

/* A later word worth finding the title by: not a lone ASCII letter, nor a word
 * that so many titles have that it tells nothing. */
static bool infix_word(struct sg_str rest)
{
    static const char *const dull[] = {
        "and", "at", "by", "de", "el",       "feat",       "for", "from", "in",      "la",
        "le",  "of", "on", "or", "remaster", "remastered", "the", "to",   "version", "with"};
    const char *space = memchr(rest.p, ' ', rest.n);
    struct sg_str word = {rest.p, space ? (size_t)(space - rest.p) : rest.n};
    if (word.n == 0 || (word.n == 1 && (unsigned char)rest.p[0] < 128))
        return false;
    for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
        if (sg_str_eq(word, sg_str(dull[i])))
            return false;
    return true;
}

/* title SG_SUGGEST_BY by, cut where it may not be longer. */
static struct sg_str whole_text(char out[SUGGEST_STRING_MAX], struct sg_str title, struct sg_str by)
{
    size_t n = cut(title, SUGGEST_STRING_MAX).n, room = SUGGEST_STRING_MAX - n;
    memcpy(out, title.p, n);
    if (n < title.n || room == 0)
        return (struct sg_str){out, n};
    out[n++] = SG_SUGGEST_BY;
    by = cut(by, room - 1 < SG_SUGGEST_BY_MAX ? room - 1 : SG_SUGGEST_BY_MAX);
    if (by.n)
        memcpy(out + n, by.p, by.n);
    return (struct sg_str){out, n + by.n};
}

int sg_suggest_writer_add(struct sg_suggest_writer *w, struct sg_str title, struct sg_str by,
                          enum sg_kind kind, uint64_t id, float score, struct sg_error *e)
{
    char text[SUGGEST_STRING_MAX];
    if (title.n == 0)
        return 0;
    if ((unsigned)kind >= SG_KINDS)
        return sg_fail(e, SG_EINVAL, "completion: kind %d", (int)kind);
    struct suggest_entry x = {.text = whole_text(text, title, by),
                              .score = suggest_score_pack(score),
                              .m = {id, (uint8_t)kind, false, 0}};
    size_t letters = sg_utf8_count(title);
    x.m.letters = letters < 255 ? (uint8_t)letters : 255;
    int rc = suggest_sorter_add(w->sorter, &x, e);
    if (!rc && !near_set_add(w->words, title, x.score))
        rc = sg_fail(e, SG_ENOMEM, "completion: words");
    x.m.infix = true;
    for (int i = 0; !rc && i < SUGGEST_INFIX_WORDS; i++) {
        const char *space = memchr(title.p, ' ', title.n);
        if (!space)
            break;
        title.n -= (size_t)(space + 1 - title.p);
        title.p = space + 1;
        x.text = cut(title, SUGGEST_INFIX_MAX);
        if (infix_word(title))
            rc = suggest_sorter_add(w->sorter, &x, e);
    }
    return rc;
}

static int grow_blocks(struct sg_suggest_writer *w, struct sg_error *e)
{
    if (w->n_blocks + 1 < w->cap_blocks)
        return 0;
    size_t cap = w->cap_blocks ? 2 * w->cap_blocks : 1024;
    uint64_t *offsets = realloc(w->offsets, cap * sizeof *offsets);
    if (offsets)
        w->offsets = offsets;
    /* twice: the levels above the leaves are built in place */
    uint16_t *maxima = realloc(w->maxima, 2 * cap * SUGGEST_LANES * sizeof *maxima);
    if (maxima)
        w->maxima = maxima;
    if (!offsets || !maxima)
        return sg_fail(e, SG_ENOMEM, "completion: %zu blocks", cap);
    w->cap_blocks = cap;
    return 0;
}

static int flush_block(struct sg_suggest_writer *w, struct sg_error *e)
{
    struct open_block *b = &w->block;
    if (b->n == 0)
        return 0;
    int rc = grow_blocks(w, e);
    if (rc)
        return rc;
    w->offsets[w->n_blocks] = sg_segment_size(&w->segment);
    memcpy(w->maxima + w->n_blocks * SUGGEST_LANES, b->maxima, sizeof b->maxima);
    w->n_blocks++;
    w->n_entries += b->n;

    uint8_t sizes[2] = {(uint8_t)b->n, (uint8_t)b->head_n};
    sg_segment_put(&w->segment, sizes, 2);
    sg_segment_put(&w->segment, b->head, b->head_n);
    sg_segment_put(&w->segment, b->scores, b->n);
    sg_segment_put(&w->segment, b->meta, b->meta_n);
    sg_segment_put(&w->segment, b->strings, b->strings_n);
    b->n = b->meta_n = b->strings_n = 0;
    memset(b->maxima, 0, sizeof b->maxima);
    return 0;
}

static void put_string(struct open_block *b, struct sg_str text)
{
    size_t shared = 0;
    while (shared < b->text_n && shared < text.n && b->text[shared] == text.p[shared])
        shared++;
    size_t added = text.n - shared;
    uint8_t *p = b->strings + b->strings_n;
    *p++ = (uint8_t)((shared < 15 ? shared : 15) << 4 | (added < 15 ? added : 15));
    if (shared >= 15)
        *p++ = (uint8_t)(shared - 15);
    if (added >= 15)
        *p++ = (uint8_t)(added - 15);
    memcpy(p, text.p + shared, added);
    b->strings_n = (size_t)(p - b->strings) + added;
}

static void raise(uint16_t *max, uint16_t score)
{
    *max = score > *max ? score : *max;
}

static void put_entry(struct sg_suggest_writer *w, const struct suggest_entry *x)
{
    struct open_block *b = &w->block;
    if (x->m.infix) {
        raise(&b->maxima[SUGGEST_INFIX_LANE], x->score);
    } else {
        raise(&b->maxima[x->m.kind], x->score);
        raise(&b->maxima[SUGGEST_NEAR_LANE + x->m.kind],
              suggest_near_score(x->score, w->losses[x->m.letters]));
    }
    b->scores[b->n] = x->score;
    b->meta_n += suggest_meta_put(b->meta + b->meta_n, x->m);
    if (b->n > 0) {
        put_string(b, x->text);
    } else {
        memcpy(b->head, x->text.p, x->text.n);
        b->head_n = x->text.n;
    }
    memcpy(b->text, x->text.p, x->text.n);
    b->text_n = x->text.n;
    b->n++;
}

/* A string that an entity gave twice ("go go go": its infix "go") is kept once. */
static int put_blocks(struct sg_suggest_writer *w, struct sg_error *e)
{
    struct suggest_entry x;
    struct suggest_meta before = {0};
    int rc;
    sg_segment_begin(&w->segment, SUGGEST_BLOCKS);
    while ((rc = suggest_sorter_next(w->sorter, &x, e)) > 0) {
        struct open_block *b = &w->block;
        bool same = (b->n || w->n_blocks) && before.id == x.m.id && before.kind == x.m.kind &&
                    before.infix == x.m.infix &&
                    sg_str_eq((struct sg_str){b->text, b->text_n}, x.text);
        if (same)
            continue;
        if (b->n == SUGGEST_BLOCK && (rc = flush_block(w, e)))
            return rc;
        put_entry(w, &x);
        before = x.m;
    }
    return rc ? rc : flush_block(w, e);
}

static int put_words(struct sg_suggest_writer *w, struct sg_error *e)
{
    size_t n;
    uint16_t *table = near_set_table(w->words, &n);
    if (!table)
        return sg_fail(e, SG_ENOMEM, "completion: words");
    sg_segment_begin(&w->segment, SUGGEST_WORDS);
    sg_segment_put(&w->segment, table, n * sizeof *table);
    free(table);
    return 0;
}

int sg_suggest_writer_finish(struct sg_suggest_writer *w, struct sg_error *e)
{
    int rc = put_blocks(w, e);
    if (!rc)
        rc = grow_blocks(w, e);
    if (rc)
        goto done;
    w->offsets[w->n_blocks] = sg_segment_size(&w->segment);
    sg_maxtree_build(w->maxima, w->n_blocks, SUGGEST_LANES);
    sg_segment_begin(&w->segment, SUGGEST_OFFSETS);
    sg_segment_put(&w->segment, w->offsets, (w->n_blocks + 1) * sizeof *w->offsets);
    sg_segment_begin(&w->segment, SUGGEST_MAXIMA);
    sg_segment_put(&w->segment, w->maxima,
                   sg_maxtree_words(w->n_blocks, SUGGEST_LANES) * sizeof *w->maxima);
    rc = put_words(w, e);
    if (rc)
        goto done;
    w->segment.header.value[SUGGEST_N_ENTRIES] = w->n_entries;
    w->segment.header.value[SUGGEST_N_BLOCKS] = w->n_blocks;
    rc = sg_segment_commit(&w->segment, e);
done:
    sg_suggest_writer_abort(w);
    return rc;
}
