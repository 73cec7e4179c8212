/* listing.h - what lists of the catalogue have in common: where they go on, and what of their rows
 * is seen. Order is by keys that never repeat, so that what is added meanwhile moves nothing. */
#pragma once
#include "api/catalogue/cursor.h"
#include "api/catalogue/params.h"
#include "api/catalogue/rights.h"
#include "schemas/catalogue.h"

/* Parameters $1 to $6 of a list's statement:
 * who asks, whether she sees all, market, first and last day of release, state. */
struct sg_listing {
    struct sg_list_params in;
    struct sg_viewer viewer;
    struct sg_place place; /* id 0: from the start */
    uint32_t question;
    char from[16], to[16];
    const char *market, *state; /* NULL: any */
    bool none;                  /* the key may not see this kind: the list is empty */
};
enum { LISTING_PARAMS = 6 };

/* Reads and checks the parameters. sort: its letter, of the names of the record, by their
 * first; usual: the one when none is told; 0: discs with an album, else newest. SG_EINVAL. */
int sg_listing_begin(struct sg_http_request *q, enum sg_kind kind, const struct sg_param *params,
                     const struct sg_record *record, char usual, struct sg_listing *out, char *sort,
                     struct sg_error *e);
void sg_listing_params(const struct sg_listing *l, const char *params[LISTING_PARAMS]);
/* The cursor after a last row. */
struct sg_str sg_listing_next(struct sg_arena *a, const struct sg_listing *l, char sort,
                              int64_t number, uint64_t id, struct sg_str text);

/* SQL conditions over $1 to $6. date: of release; artist: whose; kind, id: for markets. */
#define SG_SQL_SEEN(date, artist, kind, id)                                                        \
    "(coalesce(" date ", '-infinity'::date) <= CURRENT_DATE OR $2::boolean OR EXISTS "             \
    "(SELECT FROM artists o WHERE o.artist_id = " artist " AND o.user_id = $1::bigint)) "          \
    "AND ($3::text IS NULL OR NOT EXISTS (SELECT FROM availability v WHERE v.kind = '" kind "' "   \
    "AND v.id = " id " AND (v.markets @> ARRAY[$3::text]) = v.excluded)) "                         \
    "AND ($4::date IS NULL OR " date " >= $4::date) "                                              \
    "AND ($5::date IS NULL OR " date " <= $5::date) "                                              \
    "AND ($6::text IS NULL OR ($6::text = 'upcoming') = coalesce(" date                            \
    " > CURRENT_DATE, false)) "
