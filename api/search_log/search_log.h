/* search_log.h - what is remembered of searches, and by whom it may be seen.
 *
 *   search, completion --(id)--> answer       click, play --> 204
 *          |                                       |
 *          +--> journal, nobody waits              +--> journal, safe before the answer
 *                           |
 *                  move.c --+--> PostgreSQL, in batches --> popular queries --> query server
 *
 * Nothing is kept when searchlog.enabled is 0, of a request with DNT: 1, Sec-GPC: 1 or
 * log=false, of whoever has opted out of it (PATCH /me) or is in a private session, and, counted,
 * of searches beyond searchlog.per_second or a full journal: search never waits. What looks like
 * personal data is kept without its words. Thread-safe.
 */
#pragma once
#include "api/http/http.h"
#include "api/params.h"
#include "core/config.h"
#include "schemas/search_log.h"

struct sg_search_log;
struct sg_pg_guard;
/* Its files lie below var_dir/searchlog. SG_EBUSY: another API has them. guard (core/pg.h; may be
 * NULL) outlives it. */
int sg_search_log_open(struct sg_search_log **out, const struct sg_config *config,
                       struct sg_pg_guard *guard, struct sg_error *e);
void sg_search_log_close(struct sg_search_log *l);

struct sg_search_seen {
    enum sg_search_event_kind what;
    unsigned char id[16];
    struct sg_str q, market, lang;
    uint64_t user_id;
    int64_t limit, offset;
    bool again; /* another page of a search seen before */
};
/* Reads the request's own parameters of logging: SG_EINVAL names one. *out, in the request's
 * arena, stays NULL when nothing is to be kept. l may be NULL. */
int sg_search_log_begin(struct sg_search_log *l, const struct sg_http_request *q,
                        enum sg_search_event_kind what, struct sg_str text,
                        struct sg_search_seen **out, struct sg_error *e);
/* The answer is there: its id is put into the JSON, and it is logged. */
void sg_search_log_answered(struct sg_search_log *l, const struct sg_http_request *q,
                            const struct sg_search_seen *s, struct sg_buf *json);
/* All that was kept of the user's searches, also what is on its way, belongs to nobody. l may be
 * NULL. */
int sg_search_log_forget(struct sg_search_log *l, uint64_t user_id, struct sg_error *e);
/* The hash under which the user's searches are kept now, for who has no log open; 0: none are. */
uint64_t sg_search_log_hash(const struct sg_config *config, uint64_t user_id);
/* The user's recent searches that start like text, as far as they are at hand. */
int sg_search_log_recent(struct sg_search_log *l, const struct sg_http_request *q,
                         struct sg_str text, struct sg_list *out, struct sg_error *e);

/* Who asks and wants an answer of their own; 0: nobody that is named, or everybody's. */
int sg_search_log_person(const struct sg_http_request *q, uint64_t *user_id, struct sg_error *e);

/* For routes: parameters that sg_search_log_begin reads. */
int sg_search_log_param(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e);
#define SG_SEARCH_LOG_PARAMS                                                                       \
    {"user_id", NULL, sg_search_log_param,                                                         \
     "Who asks: recent searches are kept and shown first, what they like decides between equals.", \
     "{\"type\":\"integer\",\"minimum\":1}"},                                                      \
        {"lang", NULL, sg_search_log_param, "Language of the words: two or three small letters.",  \
         "{\"type\":\"string\",\"pattern\":\"^[a-z]{2,3}$\"}"},                                    \
        {"personal", NULL, sg_search_log_param, "false: as anybody is answered.",                  \
         "{\"type\":\"boolean\",\"default\":true}"},                                               \
    {                                                                                              \
        "log", NULL, sg_search_log_param, "false: nothing of this request is kept.",               \
            "{\"type\":\"boolean\",\"default\":true}"                                              \
    }
