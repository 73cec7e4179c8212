/* upload.c - see upload.h. */
#include "worker/jobs/upload.h"
#include "worker/database.h"
#include <stdio.h>
#include <stdlib.h>

struct beginning {
    const struct sg_job *job;
    const char *id, *asset_id;
    struct sg_arena *a;
    struct encode_upload *out;
};

static struct sg_str cell(struct sg_arena *a, const PGresult *r, int column)
{
    return PQgetisnull(r, 0, column)
               ? SG_STR_NONE
               : sg_arena_copy(a, (struct sg_str){PQgetvalue(r, 0, column),
                                                  (size_t)PQgetlength(r, 0, column)});
}

static struct sg_str bytes_of(struct sg_arena *a, const PGresult *r, int column)
{
    size_t n = 0;
    if (PQgetisnull(r, 0, column))
        return SG_STR_NONE;
    unsigned char *p = PQunescapeBytea((const unsigned char *)PQgetvalue(r, 0, column), &n);
    struct sg_str s = p ? sg_arena_copy(a, (struct sg_str){(char *)p, n}) : SG_STR_NONE;
    PQfreemem(p);
    return s;
}

static void read_upload(const PGresult *r, struct sg_arena *a, struct encode_upload *u)
{
    *u = (struct encode_upload){
        .id = cell(a, r, 0),
        .artist_id = cell(a, r, 1),
        .user_id = cell(a, r, 2),
        .title = cell(a, r, 3),
        .filename = cell(a, r, 4),
        .album_id = cell(a, r, 5),
        .genre_id = cell(a, r, 6),
        .track_no = cell(a, r, 7),
        .release_date = cell(a, r, 8),
        .is_explicit = PQgetvalue(r, 0, 9)[0] == 't',
        .object_key = cell(a, r, 10),
        .bytes = strtoll(PQgetvalue(r, 0, 11), NULL, 10),
        .sha256 = cell(a, r, 12),
        .content_key = bytes_of(a, r, 13),
    };
    snprintf(u->former, sizeof u->former, "%s", PQgetvalue(r, 0, 14));
}

static int begin(PGconn *pg, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement start = {
        "upload_begin",
        "WITH was AS (SELECT upload_id, asset_id FROM uploads WHERE upload_id = $1 FOR UPDATE) "
        "UPDATE uploads u SET status = 'processing', stage = 'fetch', progress = 0, "
        "asset_id = $2::uuid FROM was WHERE u.upload_id = was.upload_id "
        "AND u.status IN ('received', 'processing') RETURNING u.upload_id, u.artist_id, u.user_id, "
        "u.title, u.filename, u.album_id, u.genre_id, u.track_no, u.release_date, u.explicit, "
        "u.object_key, u.bytes, encode(u.sha256, 'hex'), u.content_key, was.asset_id",
        2};
    struct beginning *b = ctx;
    PGresult *r = NULL;
    int rc = sg_job_hold(pg, b->job, e);
    if (!rc)
        rc = sg_worker_tx_run(pg, &start, (const char *const[]){b->id, b->asset_id}, &r, e);
    if (!rc && !PQntuples(r))
        rc = sg_fail(e, SG_ENOENT, "the upload needs no processing");
    if (!rc)
        read_upload(r, b->a, b->out);
    PQclear(r);
    return rc;
}

int encode_upload_begin(struct sg_pg_pool *pool, const struct sg_job *job, struct sg_str id,
                        const char *asset_id, struct sg_arena *a, struct encode_upload *out,
                        struct sg_error *e)
{
    struct beginning b = {job, sg_arena_copy(a, id).p, asset_id, a, out};
    return b.id ? sg_worker_transact(pool, begin, &b, e) : sg_fail(e, SG_ENOMEM, "an upload");
}

int encode_upload_tell(struct sg_pg_pool *pool, const struct encode_upload *u, const char *asset_id,
                       const char *stage, int percent, struct sg_error *e)
{
    static const struct sg_pg_statement tell = {
        "upload_tell",
        "UPDATE uploads SET stage = $3, progress = greatest(progress, $4::smallint) WHERE "
        "upload_id = $1 AND asset_id = $2::uuid AND status = 'processing'",
        4};
    char number[16];
    snprintf(number, sizeof number, "%d", percent);
    return sg_worker_run(pool, &tell, (const char *const[]){u->id.p, asset_id, stage, number}, NULL,
                         e);
}

int encode_upload_disown(PGconn *pg, const struct encode_upload *u, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {"upload_disown",
                                                "DELETE FROM upload_parts WHERE upload_id = $1", 1};
    return sg_worker_tx_run(pg, &drop, &u->id.p, NULL, e);
}

struct refusing {
    const struct sg_job *job;
    const struct encode_upload *u;
    const char *asset_id;
    const struct refusal *why;
};

static int refuse(PGconn *pg, void *ctx, struct sg_error *e)
{
    static const struct sg_pg_statement set = {
        "upload_refuse",
        "UPDATE uploads SET status = 'refused', stage = '', reason = $3, error = $4, "
        "duplicate_of = $5::bigint, object_key = NULL WHERE upload_id = $1 AND asset_id = $2::uuid "
        "AND status = 'processing'",
        5};
    struct refusing *f = ctx;
    const char *params[] = {f->u->id.p, f->asset_id, f->why->reason, f->why->text,
                            f->why->duplicate_of};
    int rc = sg_job_hold(pg, f->job, e);
    if (!rc)
        rc = sg_worker_tx_run(pg, &set, params, NULL, e);
    if (!rc)
        rc = encode_upload_disown(pg, f->u, e);
    return rc ? rc : sg_job_done(pg, f->job, e);
}

int encode_upload_refuse(struct sg_pg_pool *pool, const struct sg_job *job,
                         const struct encode_upload *u, const char *asset_id,
                         const struct refusal *why, struct sg_error *e)
{
    struct refusing f = {job, u, asset_id, why};
    return sg_worker_transact(pool, refuse, &f, e);
}
