/* gc.c - see gc.h. Keys come from the store in order, some hundred at a time, and one statement
 * tells which of them nothing names. Keys are of characters that need no quoting in an array.
 */
#include "core/objects/gc.h"
#include "core/clock.h"
#include "core/service.h"
#include "core/uuid.h"
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 500 };

struct batch {
    char keys[BATCH][SG_OBJECT_KEY_MAX + 1];
    int64_t bytes[BATCH];
    int n;
};

struct gc {
    struct sg_objects *o;
    PGconn *pg;
    const struct sg_gc_options *how;
    struct sg_gc_report *report;
    int64_t before_us;
    bool of_assets;
    bool sure; /* the database has rows of its own */
    struct batch batch;
};

static const struct sg_pg_statement any_row = {
    "objects_any",
    "SELECT 1 WHERE EXISTS (SELECT FROM public.uploads) OR EXISTS (SELECT FROM public.assets)", 0};

/* The numbers, from 1, of the keys that nothing names. */
static const struct sg_pg_statement of_uploads = {
    "objects_orphans_uploads",
    "SELECT k.n FROM unnest($1::text[]) WITH ORDINALITY k (key, n) "
    "WHERE NOT EXISTS (SELECT FROM public.uploads u WHERE u.upload_id = split_part(k.key, '/', 2) "
    "AND (u.status IN ('receiving', 'received', 'processing') OR (u.status <> 'cancelled' "
    "AND (u.object_key = k.key OR EXISTS (SELECT FROM public.upload_parts p "
    "WHERE p.upload_id = u.upload_id AND p.object_key = k.key)))))",
    1};
static const struct sg_pg_statement of_assets = {
    "objects_orphans_assets",
    "SELECT k.n FROM (SELECT n, split_part(key, '/', 2)::uuid AS id, "
    "substr(key, 44) AS path FROM unnest($1::text[]) WITH ORDINALITY x (key, n)) k "
    "WHERE NOT EXISTS (SELECT FROM public.asset_files f JOIN public.assets a USING (asset_id) "
    "WHERE f.asset_id = k.id AND f.path = k.path "
    "AND (a.created_at > now() - $2::bigint * interval '1 second' "
    "OR EXISTS (SELECT FROM public.song_audio s WHERE s.asset_id = k.id))) AND NOT EXISTS (SELECT "
    "FROM public.uploads u WHERE u.asset_id = k.id "
    "AND u.status IN ('receiving', 'received', 'processing'))",
    2};
/* Recordings whose songs have been deleted: the rows first, so that nothing names what goes. */
static const struct sg_pg_statement unplayed = {
    "assets_unplayed",
    "DELETE FROM public.assets a WHERE a.created_at <= now() - $1::bigint * interval '1 second' "
    "AND NOT EXISTS (SELECT FROM public.song_audio s WHERE s.asset_id = a.asset_id)",
    1};

static int check_database(struct gc *g, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc = g->sure ? 0 : sg_pg_run(g->pg, &any_row, NULL, &r, e);
    if (!rc && !g->sure && !PQntuples(r))
        rc = sg_fail(e, SG_ECONFLICT,
                     "the database knows of no upload and no recording, but the store has some: "
                     "nothing is deleted");
    g->sure = !rc;
    PQclear(r);
    return rc;
}

static int drop(struct gc *g, int i, struct sg_error *e)
{
    const char *key = g->batch.keys[i];
    int rc = g->how->dry_run ? 0 : sg_objects_delete(g->o, key, e);
    if (rc)
        return rc;
    g->report->deleted++;
    g->report->deleted_bytes += g->batch.bytes[i];
    if (g->how->orphan)
        g->how->orphan(g->how->ctx, key, g->batch.bytes[i]);
    return 0;
}

static int ask(struct gc *g, PGresult **out, struct sg_error *e)
{
    struct sg_buf array = {0};
    for (int i = 0; i < g->batch.n; i++)
        sg_buf_printf(&array, "%c%s", i ? ',' : '{', g->batch.keys[i]);
    sg_buf_put(&array, "}", 2);
    char age[24];
    snprintf(age, sizeof age, "%lld", (long long)g->how->older_s);
    const char *params[] = {array.p, age};
    int rc = sg_buf_failed(&array)
                 ? sg_fail(e, SG_ENOMEM, "objects")
                 : sg_pg_run(g->pg, g->of_assets ? &of_assets : &of_uploads, params, out, e);
    sg_buf_free(&array);
    return rc;
}

static int end_batch(struct gc *g, struct sg_error *e)
{
    PGresult *r = NULL;
    if (!g->batch.n)
        return 0;
    int rc = check_database(g, e);
    if (!rc)
        rc = ask(g, &r, e);
    int orphans = rc ? 0 : PQntuples(r);
    g->report->kept += rc ? 0 : g->batch.n - orphans;
    for (int i = 0; !rc && i < orphans; i++) {
        int n = atoi(PQgetvalue(r, i, 0));
        rc = n >= 1 && n <= g->batch.n ? drop(g, n - 1, e)
                                       : sg_fail(e, SG_EINTERNAL, "objects: a strange number");
    }
    PQclear(r);
    g->batch.n = 0;
    if (!rc && g->how->progress)
        g->how->progress(g->how->ctx, g->report);
    if (!rc && sg_stopping())
        rc = sg_fail(e, SG_ECANCELED, "stopped");
    return rc;
}

/* audio/<36 chars>/<path> of a true id: anything else below audio/ is nobody's to delete. */
static bool is_asset(const char *key)
{
    unsigned char id[16];
    return strlen(key) > 43 && key[42] == '/' &&
           sg_uuid_parse((struct sg_str){key + 6, SG_UUID_CHARS}, id);
}

static int see(void *ctx, const char *key, const struct sg_object_info *info, struct sg_error *e)
{
    struct gc *g = ctx;
    g->report->seen++;
    if (info->modified_us > g->before_us) {
        g->report->young++;
        return 0;
    }
    if (g->of_assets ? !is_asset(key) : !strchr(key + strlen("uploads/"), '/')) {
        g->report->kept++;
        return 0;
    }
    snprintf(g->batch.keys[g->batch.n], sizeof g->batch.keys[0], "%s", key);
    g->batch.bytes[g->batch.n++] = info->bytes;
    return g->batch.n == BATCH ? end_batch(g, e) : 0;
}

static int forget_unplayed(struct gc *g, struct sg_error *e)
{
    char age[24];
    const char *params[] = {age};
    snprintf(age, sizeof age, "%lld", (long long)g->how->older_s);
    int rc = check_database(g, e); /* before its last recording goes */
    if (rc || g->how->dry_run)
        return rc == SG_ECONFLICT ? 0 : rc;
    return sg_pg_run(g->pg, &unplayed, params, NULL, e);
}

int sg_objects_gc(struct sg_objects *o, PGconn *pg, const struct sg_gc_options *how,
                  struct sg_gc_report *report, struct sg_error *e)
{
    struct gc *g = calloc(1, sizeof *g);
    *report = (struct sg_gc_report){0};
    if (!g)
        return sg_fail(e, SG_ENOMEM, "objects");
    g->o = o;
    g->pg = pg;
    g->how = how;
    g->report = report;
    g->before_us = sg_wall_us() - how->older_s * 1000000;
    int rc = sg_objects_list(o, "uploads/", NULL, see, g, e);
    if (!rc)
        rc = end_batch(g, e);
    g->of_assets = true;
    if (!rc)
        rc = forget_unplayed(g, e);
    if (!rc)
        rc = sg_objects_list(o, "audio/", NULL, see, g, e);
    if (!rc)
        rc = end_batch(g, e);
    if (!rc && !how->dry_run)
        rc = sg_objects_sweep(o, how->older_s, &report->swept, e);
    free(g);
    return rc;
}
