/* answering.h - private to recsys/answer*.c: one request on its way. */
#pragma once
#include "recsys/answer.h"
#include "recsys/compose.h"
#include "recsys/cursor.h"

struct sg_answering {
    struct sg_answerer *a;
    const struct sg_rpc_call *call;
    const struct sg_recs_request *in;
    struct sg_recs_reply *out;
    struct sg_model *model; /* NULL: none */
    struct sg_person person;
    struct sg_occasion occasion;
    const char *fallback; /* NULL: none */
    int64_t from_us;
};

/* Takes the model and looks the listener up; sg_answering_end gives back, whatever happened. */
int sg_answering_begin(struct sg_answering *x, struct sg_answerer *a,
                       const struct sg_rpc_call *call, const struct sg_recs_request *in,
                       struct sg_recs_reply *out, struct sg_error *e);
int sg_answering_end(struct sg_answering *x, int rc, struct sg_error *e);
/* Room for limit songs. */
struct sg_recommendation *sg_answering_room(const struct sg_answering *x, struct sg_error *e);
/* n < 0: the error of who found. */
int sg_answering_songs(struct sg_answering *x, const struct sg_recommendation *v, int n,
                       struct sg_list *out, struct sg_error *e);
/* Without a model: the chart, less what the listener's lists tell by song. */
int sg_answering_chart(struct sg_answering *x, struct sg_error *e);
/* A public playlist's songs, or the listener's own one's, the last ones; a database that does not
 * answer gives none. */
size_t sg_answering_playlist(const struct sg_answering *x, uint64_t playlist_id,
                             struct sg_basis *out, size_t n, size_t cap);
enum sg_seed_kind sg_seed_kind_of(struct sg_str type); /* SG_SEED_KINDS: none */
