/* begun.c - see begun.h. */
#include "tests/relevance/begun.h"
#include "core/text.h"
#include <stdlib.h>

struct folded {
    char *text;
    uint64_t plays; /* the most of any that is called so */
};

static int by_text_then_plays(const void *a, const void *b)
{
    const struct folded *x = a, *y = b;
    int c = strcmp(x->text, y->text);
    return c ? c : (x->plays < y->plays) - (x->plays > y->plays);
}

struct begun {
    size_t n;
    struct folded v[];
};

static void read_name(struct folded *out, const struct name_item *item)
{
    char text[4096], folded[SG_TEXT_MAX];
    struct sg_str name = {text, name_write(item, text, sizeof text)};
    *out = (struct folded){strndup(folded, sg_text_fold(folded, sizeof folded, name)), item->plays};
    if (!out->text)
        abort();
}

struct begun *begun_new(const struct names *names)
{
    struct begun *b = calloc(1, sizeof *b + names->n * sizeof *b->v);
    if (!b)
        abort();
    for (size_t i = 0; i < names->n; i++)
        read_name(&b->v[i], &names->v[i]);
    qsort(b->v, names->n, sizeof *b->v, by_text_then_plays);
    for (size_t i = 0; i < names->n; i++)
        if (b->n && !strcmp(b->v[b->n - 1].text, b->v[i].text))
            free(b->v[i].text);
        else
            b->v[b->n++] = b->v[i];
    return b;
}

void begun_free(struct begun *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->v[i].text);
    free(b);
}

/* The first that is not below the text. */
static size_t bound_of(const struct begun *b, const char *text, size_t n)
{
    size_t lo = 0, hi = b->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (strncmp(b->v[mid].text, text, n) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct begun_count begun_so(const struct begun *b, struct sg_str q, const struct name_item *item)
{
    struct begun_count begun = {0};
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, q);
    for (size_t i = bound_of(b, folded, n); i < b->n && strncmp(b->v[i].text, folded, n) == 0;
         i++) {
        begun.all++;
        begun.better_known += b->v[i].plays > item->plays;
    }
    return begun;
}
