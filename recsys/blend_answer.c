/* blend_answer.c - the method "blend": two listeners looked up, one reply. */
#include "recsys/answering.h"
#include "recsys/blend.h"

static bool is_known(const struct sg_person *p)
{
    return p->n_songs || p->n_plays || p->lists[SG_PERSON_LIKES].n;
}

static int put(const struct sg_answering *x, const struct sg_answering *y, int64_t limit,
               struct sg_blend_reply *out, struct sg_error *e)
{
    struct sg_arena *a = x->call->arena;
    struct sg_blend_pick *v = sg_arena_array(a, (size_t)limit, sizeof *v);
    struct sg_blended *s = sg_arena_array(a, (size_t)limit, sizeof *s);
    if (!v || !s)
        return sg_fail(e, SG_ENOMEM, "blend");
    uint64_t day = (uint64_t)(x->occasion.now_us / 86400000000ll);
    int n = sg_blend_of(&x->occasion, &y->occasion, day, (size_t)limit, v, e);
    for (int i = 0; i < n; i++)
        s[i] = (struct sg_blended){v[i].song_id, (double)v[i].score, (double)v[i].first,
                                   (double)v[i].second};
    if (n < 0)
        return n;
    out->songs = (struct sg_list){s, (size_t)n};
    if (!is_known(&x->person) || !is_known(&y->person))
        out->fallback = SG_STR("too little is known of one of them");
    return 0;
}

int sg_answer_blend(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_blend_request *in, struct sg_blend_reply *out,
                    struct sg_error *e)
{
    struct sg_answering x, y;
    struct sg_recs_request first, second;
    struct sg_recs_reply unused = {0};
    sg_record_init(&sg_recs_request_record, &first);
    sg_record_init(&sg_recs_request_record, &second);
    first.user_id = in->user_id;
    second.user_id = in->other_user_id;
    int rc = sg_answering_begin(&x, a, call, &first, &unused, e);
    if (rc)
        return sg_answering_end(&x, rc, e);
    rc = sg_answering_begin(&y, a, call, &second, &unused, e);
    y.occasion.model = x.model; /* both by one, should another be served meanwhile */
    if (!rc && x.model)
        rc = put(&x, &y, in->limit, out, e);
    else if (!rc)
        out->fallback = SG_STR("no model yet");
    rc = sg_answering_end(&y, rc, e);
    return sg_answering_end(&x, rc, e);
}
