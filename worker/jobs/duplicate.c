/* duplicate.c - see duplicate.h. */
#include "worker/jobs/duplicate.h"
#include "audio/fingerprint/lookup.h"
#include "worker/database.h"
#include <stdio.h>
#include <stdlib.h>

/* Above SG_MATCH_SAME, from which on it is the same recording: to refuse needs to be sure of it. */
#define SURE 0.75

struct looking {
    const struct encode_upload *u;
    const char *asset_id;
    const struct sg_audio_facts *facts;
    struct duplicate *out;
};

static bool is_own(const struct sg_alike *x, const struct encode_upload *u)
{
    return x->artist_id == strtoull(u->artist_id.p, NULL, 10) ||
           (x->user_id && x->user_id == strtoull(u->user_id.p, NULL, 10));
}

/* The best that is another's, else the best. */
static void judge(const struct sg_alike *found, size_t n, const struct encode_upload *u,
                  struct duplicate *out)
{
    *out = (struct duplicate){0};
    for (size_t i = 0; i < n && !out->is_other; i++) {
        const struct sg_alike *x = &found[i];
        if (!x->song_id)
            continue;
        out->is_other = x->score >= SURE && !is_own(x, u);
        if (!*out->song_id || out->is_other)
            snprintf(out->song_id, sizeof out->song_id, "%llu", (unsigned long long)x->song_id);
        snprintf(out->text, sizeof out->text, "The recording is \"%.*s\" by %.*s.",
                 (int)(x->title.n < 150 ? x->title.n : 150), x->title.p,
                 (int)(x->artist.n < 150 ? x->artist.n : 150), x->artist.n ? x->artist.p : "");
    }
}

int encode_look_for_duplicate(PGconn *pg, const struct encode_upload *u, const char *asset_id,
                              const struct sg_audio_facts *facts, struct duplicate *out,
                              struct sg_error *e)
{
    struct sg_arena a = {0};
    struct sg_alike found[SG_ALIKE_MAX];
    size_t n = 0;
    int rc =
        sg_alike_find(pg, facts->fingerprint, facts->fingerprint_terms, asset_id, &a, found, &n, e);
    if (!rc)
        judge(found, n, u, out);
    sg_arena_free(&a);
    return rc;
}

static int look(PGconn *pg, void *ctx, struct sg_error *e)
{
    struct looking *l = ctx;
    return encode_look_for_duplicate(pg, l->u, l->asset_id, l->facts, l->out, e);
}

int encode_find_duplicate(struct sg_pg_pool *pool, const struct encode_upload *u,
                          const char *asset_id, const struct sg_audio_facts *facts,
                          struct duplicate *out, struct sg_error *e)
{
    return sg_worker_transact(pool, look, &(struct looking){u, asset_id, facts, out}, e);
}
