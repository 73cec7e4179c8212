/* interactions.c - see interactions.h. */
#include "recsys/interactions.h"
#include <stdlib.h>
#include <string.h>

struct play {
    uint64_t user, item;
    float weight;
    uint32_t row, column; /* set while building */
};
struct sg_interactions_builder {
    struct play *v;
    size_t n, cap;
};

int sg_interactions_begin(struct sg_interactions_builder **out, struct sg_error *e)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : sg_fail(e, SG_ENOMEM, "interactions");
}

int sg_interactions_add(struct sg_interactions_builder *b, uint64_t user, uint64_t item,
                        float weight, struct sg_error *e)
{
    if (b->n >= UINT32_MAX)
        return sg_fail(e, SG_ELIMIT, "more than %u plays", UINT32_MAX);
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 1 << 16;
        struct play *v = realloc(b->v, cap * sizeof *v);
        if (!v)
            return sg_fail(e, SG_ENOMEM, "%zu plays", cap);
        b->v = v;
        b->cap = cap;
    }
    b->v[b->n++] = (struct play){.user = user, .item = item, .weight = weight};
    return 0;
}

void sg_interactions_abort(struct sg_interactions_builder *b)
{
    if (b)
        free(b->v);
    free(b);
}

static int by_user(const void *a, const void *b)
{
    const struct play *x = a, *y = b;
    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static int by_item(const void *a, const void *b)
{
    const struct play *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return (x->user > y->user) - (x->user < y->user);
}

static size_t merge_repeats(struct play *v, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (k && v[k - 1].user == v[i].user && v[k - 1].item == v[i].item)
            v[k - 1].weight += v[i].weight;
        else
            v[k++] = v[i];
    return k;
}

static int side_alloc(struct sg_side *s, size_t rows, size_t pairs, struct sg_error *e)
{
    s->n = rows;
    s->id = malloc((rows + 1) * sizeof *s->id);
    s->start = malloc((rows + 1) * sizeof *s->start);
    s->other = malloc((pairs + 1) * sizeof *s->other);
    s->weight = malloc((pairs + 1) * sizeof *s->weight);
    return s->id && s->start && s->other && s->weight
               ? 0
               : sg_fail(e, SG_ENOMEM, "interactions of %zu rows", rows);
}

/* Numbers the plays' users (they are sorted by user); returns how many. */
static size_t number_users(struct play *v, size_t n)
{
    uint32_t row = 0;
    for (size_t i = 0; i < n; i++)
        v[i].row = i && v[i].user != v[i - 1].user ? ++row : row;
    return n ? (size_t)row + 1 : 0;
}

static size_t number_items(struct play *v, size_t n)
{
    uint32_t column = 0;
    for (size_t i = 0; i < n; i++)
        v[i].column = i && v[i].item != v[i - 1].item ? ++column : column;
    return n ? (size_t)column + 1 : 0;
}

static void fill_items(struct sg_side *s, const struct play *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || v[i].column != v[i - 1].column) {
            s->id[v[i].column] = v[i].item;
            s->start[v[i].column] = i;
        }
        s->other[i] = v[i].row;
        s->weight[i] = v[i].weight;
    }
    s->start[s->n] = n;
}

static void fill_users(struct sg_side *s, const struct play *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || v[i].row != v[i - 1].row) {
            s->id[v[i].row] = v[i].user;
            s->start[v[i].row] = i;
        }
        s->other[i] = v[i].column;
        s->weight[i] = v[i].weight;
    }
    s->start[s->n] = n;
}

int sg_interactions_finish(struct sg_interactions_builder *b, struct sg_interactions *out,
                           struct sg_error *e)
{
    struct sg_interactions x = {0};
    int rc;
    if (b->n)
        qsort(b->v, b->n, sizeof *b->v, by_user);
    size_t n = x.n = merge_repeats(b->v, b->n);
    size_t users = number_users(b->v, n);
    if (n)
        qsort(b->v, n, sizeof *b->v, by_item);
    size_t items = number_items(b->v, n);
    if ((rc = side_alloc(&x.items, items, n, e)) || (rc = side_alloc(&x.users, users, n, e)))
        goto done;
    fill_items(&x.items, b->v, n);
    if (n)
        qsort(b->v, n, sizeof *b->v, by_user);
    fill_users(&x.users, b->v, n);
    *out = x;
done:
    if (rc)
        sg_interactions_free(&x);
    sg_interactions_abort(b);
    return rc;
}

static void side_free(struct sg_side *s)
{
    free(s->id);
    free(s->start);
    free(s->other);
    free(s->weight);
}

void sg_interactions_free(struct sg_interactions *x)
{
    side_free(&x->users);
    side_free(&x->items);
    *x = (struct sg_interactions){0};
}
