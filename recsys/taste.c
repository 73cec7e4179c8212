/* taste.c - see taste.h. */
#include "recsys/taste.h"
#include "recsys/answering.h"
#include "recsys/candidates/leaning.h"
#include <math.h>
#include <stdlib.h>

#define TOLD          32   /* songs, and artists */
#define LEAST         0.1f /* less is not worth telling */
#define SONG_PLAYS    3    /* plays that make half a liking */
#define ARTIST_WEIGHT 10   /* of an artist's songs, alike */
#define FOLLOWED      0.9f

static int by_id(const void *a, const void *b)
{
    const struct sg_affinity *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_weight(const void *a, const void *b)
{
    const struct sg_affinity *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return by_id(a, b);
}

/* Of one id the most; the heaviest, by id. */
static struct sg_list told(struct sg_affinity *v, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(v, n, sizeof *v, by_id);
    for (size_t i = 0; i < n; i++)
        if (kept && v[kept - 1].id == v[i].id)
            v[kept - 1].weight = fmax(v[kept - 1].weight, v[i].weight);
        else
            v[kept++] = v[i];
    if (kept)
        qsort(v, kept, sizeof *v, by_weight);
    kept = kept < TOLD ? kept : TOLD;
    if (kept)
        qsort(v, kept, sizeof *v, by_id);
    return (struct sg_list){v, kept};
}

static double liking_of(const struct sg_occasion *o, const struct sg_person_song *s)
{
    double days = (double)(o->now_us - s->last_us) / 86400e6;
    double plays = (s->plays - 0.5 * s->skips) * exp2(-fmax(0, days) / (double)o->decay_days);
    return plays > 0 ? plays / (plays + SONG_PLAYS) : 0;
}

static int tell_songs(const struct sg_occasion *o, struct sg_list *out, struct sg_error *e)
{
    const struct sg_person *p = o->person;
    const struct sg_ids *likes = &p->lists[SG_PERSON_LIKES];
    struct sg_affinity *v = sg_arena_array(o->arena, p->n_songs + likes->n + 1, sizeof *v);
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < likes->n; i++)
        v[n++] = (struct sg_affinity){likes->v[i], 1};
    for (size_t i = 0; i < p->n_songs; i++) {
        uint64_t id = p->songs[i].song_id;
        double weight = liking_of(o, &p->songs[i]);
        if (weight >= (double)LEAST && !sg_ids_hold(p->lists[SG_PERSON_DISLIKES], id) &&
            !sg_ids_hold(p->lists[SG_PERSON_NOT_INTERESTED], id))
            v[n++] = (struct sg_affinity){id, weight};
    }
    *out = told(v, n);
    return 0;
}

static int tell_artists(const struct sg_occasion *o, const struct sg_shares *artists,
                        struct sg_list *out, struct sg_error *e)
{
    const struct sg_person *p = o->person;
    const struct sg_ids *followed = &p->lists[SG_PERSON_FOLLOWED];
    struct sg_affinity *v = sg_arena_array(o->arena, artists->n + followed->n + 1, sizeof *v);
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "taste");
    for (size_t i = 0; i < followed->n; i++)
        if (!sg_ids_hold(p->lists[SG_PERSON_HIDDEN], followed->v[i]))
            v[n++] = (struct sg_affinity){followed->v[i], (double)FOLLOWED};
    for (size_t i = 0; i < artists->n; i++) {
        float weight = artists->v[i].weight / (artists->v[i].weight + ARTIST_WEIGHT);
        if (weight >= LEAST && !sg_ids_hold(p->lists[SG_PERSON_HIDDEN], artists->v[i].id))
            v[n++] = (struct sg_affinity){artists->v[i].id, (double)weight};
    }
    *out = told(v, n);
    return 0;
}

static int tell(const struct sg_answering *x, struct sg_taste *out, struct sg_error *e)
{
    const struct sg_occasion *o = &x->occasion;
    struct sg_leaning leaning = {0};
    int rc = o->model ? sg_leaning_of_person(o, &leaning, e) : 0;
    if (!rc)
        rc = tell_songs(o, &out->songs, e);
    if (!rc)
        rc = tell_artists(o, &leaning.artists, &out->artists, e);
    if (rc || !leaning.vector)
        return rc;
    size_t bytes = sg_items_factors(o->model->items) * sizeof *leaning.vector;
    if (bytes <= SG_TASTE_VECTOR_MAX) {
        out->vector = (struct sg_str){(const char *)leaning.vector, bytes};
        out->model = sg_arena_copy(o->arena, sg_str(o->model->name));
    }
    return 0;
}

int sg_answer_taste(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_taste_request *in, struct sg_taste *out, struct sg_error *e)
{
    struct sg_answering x;
    struct sg_recs_request request;
    struct sg_recs_reply reply = {0};
    sg_record_init(&sg_recs_request_record, &request);
    request.user_id = in->user_id;
    int rc = sg_answering_begin(&x, a, call, &request, &reply, e);
    if (!rc)
        rc = tell(&x, out, e);
    return sg_answering_end(&x, rc, e);
}
