/* duplicate.c - see duplicate.h. */
#include "worker/jobs/duplicate.h"
#include "audio/fingerprint/lookup.h"
#include "worker/database.h"
#include <stdio.h>
#include <stdlib.h>

/* Above SG_MATCH_SAME, from which on it is the same recording: to refuse needs to be sure of it. */
#define SURE 0.75

struct looking {
    const char *asset_id;
    const struct sg_audio_facts *facts;
    struct sg_arena *a;
    struct sg_alike found[SG_ALIKE_MAX];
    size_t n;
};

static int look(PGconn *pg, void *ctx, struct sg_error *e)
{
    struct looking *l = ctx;
    return sg_alike_find(pg, l->facts->fingerprint, l->facts->fingerprint_terms, l->asset_id, l->a,
                         l->found, &l->n, e);
}

static bool is_own(const struct sg_alike *x, const struct encode_upload *u)
{
    return x->artist_id == strtoull(u->artist_id.p, NULL, 10) ||
           (x->user_id && x->user_id == strtoull(u->user_id.p, NULL, 10));
}

/* The best that is another's, else the best. */
static void judge(const struct looking *l, const struct encode_upload *u, struct duplicate *out)
{
    for (size_t i = 0; i < l->n && !out->is_other; i++) {
        const struct sg_alike *x = &l->found[i];
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

int encode_find_duplicate(struct sg_pg_pool *pool, const struct encode_upload *u,
                          const char *asset_id, const struct sg_audio_facts *facts,
                          struct duplicate *out, struct sg_error *e)
{
    struct sg_arena a = {0};
    struct looking l = {.asset_id = asset_id, .facts = facts, .a = &a};
    *out = (struct duplicate){0};
    int rc = sg_worker_transact(pool, look, &l, e);
    if (!rc)
        judge(&l, u, out);
    sg_arena_free(&a);
    return rc;
}
