/* answers.h - answers that the database composes: a statement's one value is the JSON of a whole
 * record, checked against the record before anybody is told. So a list with names, rights and
 * its cursor is one round trip, and what may be seen is decided where the rows are.
 *
 * Parameters are bound, always: no text of a request becomes part of a statement. By convention
 * $1 is who asks.
 */
#pragma once
#include "api/api.h"
#include "core/record.h"
#include "schemas/library.h"

struct sg_param;

/* Decimal, in the request's arena; NULL (SQL NULL) when out of memory. */
const char *sg_id_text(struct sg_http_request *q, uint64_t id);
const char *sg_caller_text(struct sg_http_request *q);
/* Zero-terminated in the request's arena; NULL: absent, or holds a zero byte. */
const char *sg_param_text(struct sg_http_request *q, struct sg_str s);
/* The ids that are asked about: one at least. SG_EINVAL. */
int sg_contains_read(struct sg_http_request *q, struct sg_page_request *out, struct sg_error *e);
/* uint64_t as an array of PostgreSQL. */
const char *sg_ids_text(struct sg_http_request *q, const struct sg_list *ids);

/* Where a page begins, as parameters $2 (microseconds), $3 (id) and $4 (limit). */
struct sg_page {
    struct sg_page_request in;
    const char *at, *id, *limit; /* NULL: from the beginning */
    int64_t seen;                /* entries of the pages before, where the list counts them */
};
/* Reads limit, cursor and what else params names. SG_EINVAL. */
int sg_page_read(struct sg_http_request *q, const struct sg_param *params, struct sg_page *out,
                 struct sg_error *e);

/* The statement's value into *out. SQL NULL, or no row: SG_ENOENT "there is no <what>". */
int sg_answers_read(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, const struct sg_record *record, const char *what,
                    void *out, struct sg_error *e);
int sg_answers_write(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                     const char *const *params, const struct sg_record *record, const char *what,
                     void *out, struct sg_error *e);
/* A write whose value says what came of it: "200", or a status and why: "404 there is no such
 * song", "409 ..."; "400 field: ...". */
int sg_answers_done(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, struct sg_error *e);
/* The whole of a handler: reads and answers, by a page's record or another. rc: of before. */
void sg_answers_give(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                     const struct sg_pg_statement *s, const char *const *params,
                     const struct sg_record *record, const char *what, int rc, struct sg_error *e);
/* 204, or the problem. */
void sg_answers_end(struct sg_http_request *q, struct sg_http_response *r, int rc,
                    const struct sg_error *e);
/* The recommender reads this listener again before the next request is answered. */
void sg_answers_tell(struct sg_api *api, struct sg_http_request *q);
