/* ranges.c - see ranges.h. */
#include "api/http/ranges.h"
#include "api/http/fields.h"

/* Digits at the start; more than fit are the largest number. False: there are none. */
static bool take_number(struct sg_str *s, uint64_t *out)
{
    size_t i = 0;
    *out = 0;
    for (; i < s->n && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(s->p[i] - '0');
        *out = *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
    }
    *s = (struct sg_str){s->p + i, s->n - i};
    return i > 0;
}

static bool take_dash(struct sg_str *s)
{
    if (!s->n || *s->p != '-')
        return false;
    *s = (struct sg_str){s->p + 1, s->n - 1};
    return true;
}

/* "0-99", "100-", "-20". False: malformed. out->n 0: it lies outside. */
static bool read_one(struct sg_str s, uint64_t bytes, struct sg_range *out)
{
    uint64_t first, last = UINT64_MAX, n;
    *out = (struct sg_range){0, 0};
    if (take_dash(&s)) {
        if (!take_number(&s, &n) || s.n)
            return false;
        n = n < bytes ? n : bytes;
        *out = (struct sg_range){bytes - n, n};
        return true;
    }
    if (!take_number(&s, &first) || !take_dash(&s))
        return false;
    if (s.n && (!take_number(&s, &last) || s.n || last < first))
        return false;
    if (first < bytes)
        *out = (struct sg_range){first, (last < bytes - 1 ? last : bytes - 1) - first + 1};
    return true;
}

static bool near(const struct sg_range *a, const struct sg_range *b)
{
    const struct sg_range *x = a->from <= b->from ? a : b, *y = x == a ? b : a;
    return y->from <= x->from + x->n || y->from - (x->from + x->n) < SG_RANGES_GAP;
}

static void sort(struct sg_ranges *r)
{
    for (size_t i = 1; i < r->n; i++) {
        struct sg_range x = r->v[i];
        size_t k = i;
        for (; k && r->v[k - 1].from > x.from; k--)
            r->v[k] = r->v[k - 1];
        r->v[k] = x;
    }
}

static void coalesce(struct sg_ranges *r)
{
    bool any = false;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = i + 1; k < r->n; k++)
            any |= near(&r->v[i], &r->v[k]);
    if (!any)
        return;
    sort(r);
    size_t n = 1;
    for (size_t i = 1; i < r->n; i++) {
        struct sg_range *last = &r->v[n - 1];
        uint64_t end = r->v[i].from + r->v[i].n, was = last->from + last->n;
        if (near(last, &r->v[i]))
            last->n = (end > was ? end : was) - last->from;
        else
            r->v[n++] = r->v[i];
    }
    r->n = n;
}

static struct sg_str take_item(struct sg_str *list)
{
    const char *comma = list->n ? memchr(list->p, ',', list->n) : NULL;
    size_t n = comma ? (size_t)(comma - list->p) : list->n;
    struct sg_str item = http_trim((struct sg_str){list->p, n});
    n += comma != NULL;
    *list = (struct sg_str){list->p + n, list->n - n};
    return item;
}

enum sg_ranges_said sg_ranges_read(struct sg_str header, uint64_t bytes, struct sg_ranges *out)
{
    struct sg_str unit = SG_STR("bytes="), list;
    size_t said = 0;
    out->n = 0;
    if (!header.p || header.n < unit.n || !http_same((struct sg_str){header.p, unit.n}, unit))
        return SG_RANGES_NONE;
    list = (struct sg_str){header.p + unit.n, header.n - unit.n};
    while (list.n) {
        struct sg_range one;
        struct sg_str item = take_item(&list);
        if (!item.n) /* empty ones are skipped: RFC 9110 section 5.6.1.2 */
            continue;
        if (++said > SG_RANGES_MAX || !read_one(item, bytes, &one))
            return SG_RANGES_NONE;
        if (one.n)
            out->v[out->n++] = one;
    }
    if (!out->n)
        return said ? SG_RANGES_OUTSIDE : SG_RANGES_NONE;
    coalesce(out);
    return SG_RANGES_SOME;
}
