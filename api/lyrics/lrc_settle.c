/* lrc_settle.c - lines in order, each with its end; see lrc.h. */
#include "api/lyrics/lrc.h"
#include <stdlib.h>

/* Equal starts keep their order: lines lie in one array, where later ones have higher places. */
static int by_start(const void *a, const void *b)
{
    const struct sg_lrc_line *const *x = a, *const *y = b;
    if ((*x)->start_ms != (*y)->start_ms)
        return (*x)->start_ms < (*y)->start_ms ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static int sort_lines(struct sg_lrc *l, struct sg_arena *a, struct sg_error *e)
{
    const struct sg_lrc_line **order = sg_arena_array(a, l->n, sizeof *order);
    struct sg_lrc_line *sorted = sg_arena_array(a, l->n, sizeof *sorted);
    if (!order || !sorted)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < l->n; i++)
        order[i] = &l->lines[i];
    qsort(order, l->n, sizeof *order, by_start);
    for (size_t i = 0; i < l->n; i++)
        sorted[i] = *order[i];
    l->lines = sorted;
    return 0;
}

/* Of lines with one beginning: the same text once. */
static bool is_repeated(const struct sg_lrc_line *lines, size_t n, const struct sg_lrc_line *x)
{
    for (size_t i = n; i && lines[i - 1].start_ms == x->start_ms && n - i < 16; i--)
        if (sg_str_eq(lines[i - 1].text, x->text))
            return true;
    return false;
}

/* Empty lines have said where others end. */
static void drop_empty(struct sg_lrc *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->lines[i].text.n && !is_repeated(l->lines, n, &l->lines[i]))
            l->lines[n++] = l->lines[i];
    l->n = n;
}

/* A line that does not say where it ends does so where the next one begins. */
static void fill_ends(struct sg_lrc *l)
{
    uint32_t next = SG_LRC_UNTIMED, start = SG_LRC_UNTIMED;
    for (size_t i = l->n; i-- > 0;) {
        struct sg_lrc_line *x = &l->lines[i];
        if (x->start_ms != start)
            next = start;
        start = x->start_ms;
        if (x->end_ms == SG_LRC_UNTIMED)
            x->end_ms = next;
        else if (x->end_ms <= x->start_ms)
            x->end_ms = next;
    }
}

/* Words begin no earlier than the one before and end no later than the next begins. */
static int settle_words(struct sg_lrc_line *l, struct sg_arena *a, struct sg_error *e)
{
    struct sg_lrc_word *w = sg_arena_array(a, l->n_words, sizeof *w);
    uint32_t least = l->start_ms;
    if (!w)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < l->n_words; i++) {
        w[i] = l->words[i];
        if (w[i].start_ms < least)
            w[i].start_ms = least;
        if (w[i].end_ms != SG_LRC_UNTIMED && w[i].end_ms < w[i].start_ms)
            w[i].end_ms = w[i].start_ms;
        least = w[i].start_ms;
    }
    for (size_t i = 0; i + 1 < l->n_words; i++)
        if (w[i].end_ms > w[i + 1].start_ms) /* the unknown too */
            w[i].end_ms = w[i + 1].start_ms;
    l->words = w;
    return 0;
}

static int settle_timed(struct sg_lrc *l, struct sg_arena *a, struct sg_error *e)
{
    int rc = sort_lines(l, a, e);
    if (rc)
        return rc;
    fill_ends(l);
    drop_empty(l);
    l->kind = l->n ? SG_LRC_TIMED : SG_LRC_PLAIN;
    for (size_t i = 0; i < l->n && !rc; i++) {
        if (!l->lines[i].n_words)
            continue;
        l->kind = SG_LRC_WORDWISE;
        rc = settle_words(&l->lines[i], a, e);
    }
    return rc;
}

/* One empty line between stanzas, none at either end. */
static void settle_plain(struct sg_lrc *l)
{
    size_t n = 0;
    l->kind = SG_LRC_PLAIN;
    for (size_t i = 0; i < l->n; i++)
        if (l->lines[i].text.n || (n && l->lines[n - 1].text.n)) {
            l->lines[n] = l->lines[i];
            l->lines[n].end_ms = SG_LRC_UNTIMED;
            l->lines[n].n_words = 0;
            n++;
        }
    while (n && !l->lines[n - 1].text.n)
        n--;
    l->n = n;
}

int sg_lrc_settle(struct sg_lrc *l, struct sg_arena *a, struct sg_error *e)
{
    bool timed = false;
    for (size_t i = 0; i < l->n; i++)
        timed |= l->lines[i].start_ms != SG_LRC_UNTIMED;
    if (!timed) {
        settle_plain(l);
        return 0;
    }
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->lines[i].start_ms != SG_LRC_UNTIMED)
            l->lines[n++] = l->lines[i];
    l->n = n;
    return settle_timed(l, a, e);
}
