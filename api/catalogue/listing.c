/* listing.c - see listing.h. */
#include "api/catalogue/listing.h"
#include <stdio.h>
#include <xxhash.h>

/* All that decides what is in the list. */
static uint32_t question_of(const struct sg_record *record, struct sg_list_params in)
{
    struct sg_buf b = {0};
    in.cursor = SG_STR_NONE;
    in.limit = 1;
    sg_record_to_json(record, &in, &b);
    uint32_t hash = (uint32_t)XXH3_64bits(b.p, b.n);
    sg_buf_free(&b);
    return hash;
}

static void day(char out[16], int64_t year, const char *rest)
{
    if (year)
        snprintf(out, 16, "%04d-%s", (int)year, rest);
    else
        *out = '\0';
}

int sg_listing_begin(struct sg_http_request *q, enum sg_kind kind, const struct sg_param *params,
                     const struct sg_record *record, char usual, struct sg_listing *out, char *sort,
                     struct sg_error *e)
{
    struct sg_listing l = {0};
    int rc = sg_params_read(q, params, record, &l.in, e);
    if (!rc)
        rc = sg_market_check(l.in.market, e);
    if (rc)
        return rc;
    char by = l.in.sort.p ? *l.in.sort.p : usual ? usual : l.in.album_id ? 'd' : 'n';
    sg_viewer_of(q, &l.viewer);
    l.question = question_of(record, l.in);
    day(l.from, l.in.year_from, "01-01");
    day(l.to, l.in.year_to, "12-31");
    l.market = l.in.market.p ? sg_arena_copy(q->arena, l.in.market).p : NULL;
    l.state = l.in.state.p ? sg_arena_copy(q->arena, l.in.state).p : NULL;
    l.none = q->kinds && !(q->kinds >> kind & 1);
    if (l.in.cursor.p)
        rc = sg_place_read(q->arena, l.in.cursor, by, l.question, &l.place, e);
    if (!rc) {
        *out = l;
        *sort = by;
    }
    return rc;
}

void sg_listing_params(const struct sg_listing *l, const char *params[LISTING_PARAMS])
{
    params[0] = l->viewer.user_id;
    params[1] = l->viewer.all;
    params[2] = l->market;
    params[3] = *l->from ? l->from : NULL;
    params[4] = *l->to ? l->to : NULL;
    params[5] = l->state;
}

struct sg_str sg_listing_next(struct sg_arena *a, const struct sg_listing *l, char sort,
                              int64_t number, uint64_t id, struct sg_str text)
{
    return sg_place_write(a, &(struct sg_place){sort, l->question, number, id, text});
}
