/* asset.c - see asset.h. */
#include "api/playback/asset.h"
#include "core/clock.h"
#include "core/uuid.h"
#include "schemas/audio.h"
#include <stdio.h>

static const struct sg_cache_kind asset_kind = {"asset", 3600, 10, 86400},
                                  song_kind = {"song_audio", 600, 2, 3600};

static const struct sg_pg_statement find_asset = {
    "asset_files",
    "SELECT encode(a.content_key, 'hex'), a.duration_ms, extract(epoch FROM a.created_at)::bigint, "
    "a.loudness, a.true_peak, f.path, f.bytes, f.content_type, f.sealed, f.codec, "
    "coalesce(f.bitrate, 0), encode(f.sha256, 'hex'), a.loudness_stereo, a.true_peak_stereo, "
    "a.protection, coalesce((SELECT min(greatest(coalesce(s.release_date, b.release_date), date "
    "'1970-01-01') - date '1970-01-01') FROM song_audio x JOIN songs s USING (song_id) LEFT JOIN "
    "albums b USING (album_id) WHERE x.asset_id = a.asset_id), 2147483647) "
    "FROM assets a JOIN asset_files f USING (asset_id) WHERE a.asset_id = $1::uuid ORDER BY f.path "
    "LIMIT 64",
    1};
static const struct sg_pg_statement find_song = {
    "song_audio", "SELECT asset_id FROM song_audio WHERE song_id = $1::bigint", 1};

struct load {
    struct sg_api *api;
    struct sg_http_request *q;
    const char *id;
};

static struct sg_str cell(const PGresult *r, int row, int column)
{
    return PQgetisnull(r, row, column)
               ? SG_STR_NONE
               : (struct sg_str){PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column)};
}

/* An empty one is none. */
static struct sg_str text(const PGresult *r, int row, int column)
{
    struct sg_str s = cell(r, row, column);
    return s.n ? s : SG_STR_NONE;
}

static int64_t whole(const PGresult *r, int row, int column)
{
    int64_t v = 0;
    sg_str_to_i64(cell(r, row, column), &v);
    return v;
}

static double real(const PGresult *r, int row, int column)
{
    double v;
    return sg_str_to_f64(cell(r, row, column), &v) ? v : SG_AUDIO_UNTOLD;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* PostgreSQL's own hex digits; NONE stays so. */
static struct sg_str bytes_of(struct sg_str hex, struct sg_arena *a)
{
    char *p = hex.p ? sg_arena_alloc(a, hex.n / 2 + 1) : NULL;
    for (size_t i = 0; p && i < hex.n / 2; i++)
        p[i] = (char)(digit(hex.p[2 * i]) << 4 | digit(hex.p[2 * i + 1]));
    return p ? (struct sg_str){p, hex.n / 2} : SG_STR_NONE;
}

static int read_rows(const PGresult *r, struct sg_arena *a, struct sg_asset *out,
                     struct sg_error *e)
{
    size_t n = (size_t)PQntuples(r);
    struct sg_asset_file *v = sg_arena_array(a, n, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "an asset");
    for (int i = 0; i < (int)n; i++)
        v[i] = (struct sg_asset_file){.path = cell(r, i, 5),
                                      .bytes = (uint64_t)whole(r, i, 6),
                                      .content_type = cell(r, i, 7),
                                      .sealed = *PQgetvalue(r, i, 8) == 't',
                                      .codec = text(r, i, 9),
                                      .bitrate = (uint64_t)whole(r, i, 10),
                                      .sha256 = bytes_of(cell(r, i, 11), a)};
    *out = (struct sg_asset){.content_key = bytes_of(cell(r, 0, 0), a),
                             .duration_ms = whole(r, 0, 1),
                             .created_s = whole(r, 0, 2),
                             .loudness = real(r, 0, 3),
                             .true_peak = real(r, 0, 4),
                             .loudness_stereo = real(r, 0, 12),
                             .true_peak_stereo = real(r, 0, 13),
                             .protection = text(r, 0, 14),
                             .out_day = whole(r, 0, 15),
                             .files = {v, n}};
    return 0;
}

static int load_asset(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    const struct load *l = ctx;
    struct sg_asset a;
    PGresult *r;
    int rc = sg_db_read(l->api->db, l->q, &find_asset, (const char *const[]){l->id}, &r, e);
    if (rc)
        return rc;
    rc = PQntuples(r) ? read_rows(r, l->q->arena, &a, e)
                      : sg_fail(e, SG_ENOENT, "there is no such recording");
    if (!rc)
        sg_record_freeze(&sg_asset_record, &a, out);
    PQclear(r);
    return rc;
}

int sg_asset_read(struct sg_api *api, struct sg_http_request *q, const unsigned char id[16],
                  bool now, struct sg_asset *out, struct sg_error *e)
{
    char text[SG_UUID_CHARS + 1], key[64];
    struct sg_buf b = {0};
    sg_uuid_text(id, text);
    struct sg_str k = {key, (size_t)snprintf(key, sizeof key, "asset:%s", text)};
    struct load l = {api, q, text};
    int rc;
    if (now) {
        enum sg_cache_found found = sg_cache_get(api->cache, &asset_kind, k, &b);
        rc = found == SG_CACHE_NOTHING ? sg_fail(e, SG_ENOENT, "there is no such recording")
             : found == SG_CACHE_FRESH ? 0
                                       : SG_EBUSY;
    } else {
        rc = sg_cache_through(api->cache, &asset_kind, k, q->deadline_us, load_asset, &l, &b, e);
    }
    struct sg_str kept = rc ? SG_STR_NONE : sg_arena_copy(q->arena, sg_buf_str(&b));
    sg_buf_free(&b);
    return rc ? rc : sg_record_thaw(&sg_asset_record, kept, q->arena, out, e);
}

static int load_song(void *ctx, struct sg_buf *out, struct sg_error *e)
{
    const struct load *l = ctx;
    PGresult *r;
    int rc = sg_db_read(l->api->db, l->q, &find_song, (const char *const[]){l->id}, &r, e);
    if (rc)
        return rc;
    if (PQntuples(r))
        sg_buf_str_put(out, cell(r, 0, 0));
    else
        rc = sg_fail(e, SG_ENOENT, "the song has no audio yet");
    PQclear(r);
    return rc;
}

int sg_asset_of_song(struct sg_api *api, struct sg_http_request *q, uint64_t song_id,
                     unsigned char id[16], struct sg_error *e)
{
    char text[24], key[48];
    struct sg_buf b = {0};
    snprintf(text, sizeof text, "%llu", (unsigned long long)song_id);
    struct sg_str k = {key, (size_t)snprintf(key, sizeof key, "song:%s:audio", text)};
    struct load l = {api, q, text};
    int rc = sg_cache_through(api->cache, &song_kind, k, q->deadline_us, load_song, &l, &b, e);
    if (rc == SG_ENOENT)
        rc = sg_fail_kind(e, SG_ENOENT, "no-audio-yet", "song %s has no audio yet", text);
    if (!rc && !sg_uuid_parse(sg_buf_str(&b), id))
        rc = sg_fail(e, SG_ECORRUPT, "song %s: its asset is none", text);
    sg_buf_free(&b);
    return rc;
}

const struct sg_asset_file *sg_asset_file(const struct sg_asset *a, struct sg_str path)
{
    const struct sg_asset_file *v = a->files.v;
    for (size_t i = 0; i < a->files.n; i++)
        if (sg_str_eq(v[i].path, path))
            return &v[i];
    return NULL;
}

bool sg_asset_is_out(const struct sg_asset *a)
{
    return a->out_day <= sg_wall_us() / (86400 * INT64_C(1000000));
}

int sg_asset_stands(const struct sg_asset *a, bool preview, struct sg_error *e)
{
    bool stands = preview ? a->out_day != SG_ASSET_WITHDRAWN : sg_asset_is_out(a);
    return stands ? 0
                  : sg_fail_kind(e, SG_EPERM, "media-withdrawn",
                                 "no song that is out has this recording any more");
}

/* What is not sealed here although the asset has a key is ciphertext of the packager's. */
bool sg_asset_is_protected(const struct sg_asset *a, const struct sg_asset_file *f)
{
    return a->content_key.n && f->codec.p && !f->sealed && sg_str_starts(f->path, SG_STR("p/"));
}
