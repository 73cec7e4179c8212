/* media.c - files of assets to whoever has an address that was signed for them.
 *
 * What is at hand is answered on the event loop: the token is checked in memory, the asset's facts
 * are kept, and a file of a folder goes by sendfile. The first request for an asset, and a store
 * behind a network, take a worker.
 */
#include "api/http/content.h"
#include "api/params.h"
#include "api/playback/address.h"
#include "api/playback/live.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/objects/objects.h"
#include "core/uuid.h"
#include "core/vault/vault.h"
#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>

/* What is sent as Content-Type: static, and nothing a browser would run. */
static const char *type_of(struct sg_str said)
{
    static const char *const known[] = {"audio/mp4",
                                        "video/mp4",
                                        "audio/ogg",
                                        "audio/flac",
                                        "application/vnd.apple.mpegurl",
                                        "application/dash+xml",
                                        "application/json"};
    const char *end = said.n ? memchr(said.p, ';', said.n) : NULL;
    struct sg_str type = {said.p, end ? (size_t)(end - said.p) : said.n};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_str_eq(type, sg_str(known[i])))
            return known[i];
    return "application/octet-stream";
}

static bool holds_picture(const struct sg_asset_file *f)
{
    return f->content_type.n > 6 && memcmp(f->content_type.p, "image/", 6) == 0;
}

static struct sg_str object_of(const struct sg_http_request *q, size_t token_n)
{
    size_t head = sizeof "/media/" - 1 + token_n + 1;
    return q->path.n > head ? (struct sg_str){q->path.p + head, q->path.n - head} : SG_STR_NONE;
}

static int content_key(struct sg_api *api, const struct sg_asset *a,
                       unsigned char key[SG_CONTENT_KEY], struct sg_error *e)
{
    if (!a->content_key.n)
        return sg_fail(e, SG_ECORRUPT, "an asset that is sealed has no key");
    struct sg_error why = SG_ERROR_INIT;
    if (sg_vault_unwrap(api->vault, a->content_key, key, &why))
        return sg_fail(e, SG_EINTERNAL, "a content key: %s", why.text); /* ours to mend */
    return 0;
}

static int read_object(void *ctx, uint64_t at, void *to, size_t n, struct sg_error *e)
{
    for (size_t got = 0; got < n;) {
        int64_t k = sg_object_read(ctx, (int64_t)(at + got), (char *)to + got, n - got, e);
        if (k <= 0)
            return k ? (int)k : sg_fail(e, SG_ECORRUPT, "an object is shorter than it was");
        got += (size_t)k;
    }
    return 0;
}

static void close_object(void *reader)
{
    sg_object_reader_close(reader);
}

/* A clear file of a folder as it is, all else through a reader. */
static int open_content(struct sg_api *api, const struct sg_asset *a, const struct sg_asset_file *f,
                        const char *key, struct sg_http_content *c, struct sg_error *e)
{
    unsigned char seal[SG_CONTENT_KEY];
    struct sg_object_reader *reader;
    bool folder = sg_objects_is_folder(api->objects);
    int64_t bytes;
    if (folder && !f->sealed) {
        int rc = sg_objects_fd(api->objects, key, &c->fd, &bytes, e);
        c->bytes = rc ? 0 : (uint64_t)bytes;
        return rc;
    }
    int rc = f->sealed ? content_key(api, a, seal, e) : 0;
    if (!rc)
        rc = sg_object_reader_open(api->objects, key, f->sealed ? seal : NULL, &reader, e);
    OPENSSL_cleanse(seal, sizeof seal);
    if (rc)
        return rc;
    c->ctx = reader;
    c->read = read_object;
    c->free = close_object;
    c->waits = !folder;
    c->bytes = (uint64_t)sg_object_reader_bytes(reader);
    return 0;
}

/* Good for as long as the address is, to everybody who has it. */
static void allow(struct sg_http_request *q, struct sg_http_response *r,
                  const struct sg_media_token *t)
{
    int64_t left = t->expires_s - sg_wall_us() / 1000000;
    sg_http_header(r, "Access-Control-Allow-Origin", SG_STR("*"));
    sg_http_header(r, "Cross-Origin-Resource-Policy", SG_STR("cross-origin"));
    sg_http_header(r, "Cache-Control",
                   sg_arena_printf(q->arena, "public, max-age=%lld, immutable",
                                   (long long)(left > 0 ? left : 0)));
}

/* A single file may be fetched from the store itself, where that is on. */
static bool send_away(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                      const struct media_address *m, const struct sg_asset_file *f, const char *key)
{
    struct sg_buf url = {0};
    int64_t left = m->token.expires_s - sg_wall_us() / 1000000;
    bool goes = api->config->playback.presigned && !f->sealed && f->codec.p &&
                !sg_objects_is_folder(api->objects) && left > 0 &&
                !sg_objects_presign(api->objects, key, left, &url, NULL);
    if (goes) {
        r->status = 302;
        sg_http_header(r, "Location", sg_arena_copy(q->arena, sg_buf_str(&url)));
        sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    }
    sg_buf_free(&url);
    return goes;
}

static int answer(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                  const struct media_address *m, const struct sg_asset *a, struct sg_error *e)
{
    char id[SG_UUID_CHARS + 1], key[SG_OBJECT_KEY_MAX + 1], hash[2 * SG_SHA256_BYTES + 1];
    const struct sg_asset_file *f = sg_asset_file(a, m->path);
    struct sg_http_content c = {.fd = -1, .modified_s = a->created_s};
    if (!f || holds_picture(f)) /* of what was uploaded: covers are served as they were made here */
        return sg_fail(e, SG_ENOENT, "the recording has no such file");
    sg_uuid_text(m->asset, id);
    snprintf(key, sizeof key, "audio/%s/%.*s", id, SG_FMT(m->path));
    if (send_away(api, q, r, m, f, key))
        return 0;
    int rc = open_content(api, a, f, key, &c, e);
    if (rc == SG_EIO && (errno == EMFILE || errno == ENFILE))
        rc = sg_fail(e, SG_EUNAVAIL, "as many files are open as may be");
    if (rc)
        return rc;
    sg_hex((const unsigned char *)f->sha256.p, SG_SHA256_BYTES / 2, hash);
    c.content_type = type_of(f->content_type);
    c.etag = sg_arena_printf(q->arena, "\"%s\"", hash);
    allow(q, r, &m->token);
    sg_http_content(q, r, &c);
    return 0;
}

/* now: only what takes no waiting; SG_EBUSY: it does. */
static int serve(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                 bool now, struct sg_error *e)
{
    struct media_address m;
    struct sg_asset a;
    struct sg_str token = sg_route_text(q, 0);
    int rc = media_admit(api, token, object_of(q, token.n), &m, e);
    if (!rc && now && !sg_objects_is_folder(api->objects))
        return SG_EBUSY;
    if (!rc)
        rc = sg_asset_read(api, q, m.asset, now, &a, e);
    if (!rc)
        rc = sg_asset_stands(&a, m.token.preview, e);
    if (!rc)
        rc = answer(api, q, r, &m, &a, e);
    if (!rc)
        playback_live_heard(api->playback, m.token.playback_id, 0);
    return rc;
}

static void refuse(struct sg_http_request *q, struct sg_http_response *r, struct sg_error *e)
{
    sg_http_header(r, "Access-Control-Allow-Origin", SG_STR("*"));
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    sg_problem(q, r, e);
}

bool sg_media_at_once(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = serve(api, q, r, true, &e);
    if (rc == SG_EBUSY)
        return false;
    if (rc)
        refuse(q, r, &e);
    return true;
}

void sg_media_get(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    if (serve(api, q, r, false, &e))
        refuse(q, r, &e);
}

/* The key of HLS's AES-128: only tokens for all of the asset get here. */
void sg_media_key(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct media_address m;
    struct sg_asset a;
    unsigned char key[SG_CONTENT_KEY], out[16];
    struct sg_str token = sg_route_text(q, 0);
    int rc = media_admit(api, token, object_of(q, token.n), &m, &e);
    if (!rc)
        rc = sg_asset_read(api, q, m.asset, false, &a, &e);
    if (!rc)
        rc = sg_asset_stands(&a, m.token.preview, &e);
    if (!rc && !a.content_key.n)
        rc = sg_fail(&e, SG_ENOENT, "the recording is not encrypted");
    if (!rc)
        rc = content_key(api, &a, key, &e);
    if (!rc && sg_content_key(key, "hls", out, sizeof out))
        rc = sg_fail(&e, SG_ENOMEM, "a key");
    if (rc) {
        refuse(q, r, &e);
    } else {
        sg_http_header(r, "Access-Control-Allow-Origin", SG_STR("*"));
        sg_http_header(r, "Cache-Control", SG_STR("no-store"));
        sg_buf_put(&r->body, out, sizeof out);
    }
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(out, sizeof out);
}

/* While the database is away what is signed is good. now, SG_EBUSY: as of sg_asset_read. */
static int check(struct sg_api *api, struct sg_http_request *q, bool now, struct sg_error *e)
{
    static const struct sg_param params[] = {
        {"token", "token", NULL, NULL, NULL}, {"object", "object", NULL, NULL, NULL}, {0}};
    struct sg_error away = SG_ERROR_INIT;
    struct sg_media_check in;
    struct media_address m;
    struct sg_asset a;
    int rc = sg_params_read(q, params, &sg_media_check_record, &in, e);
    if (!rc)
        rc = media_admit(api, in.token, in.object, &m, e);
    if (rc)
        return rc;
    rc = sg_asset_read(api, q, m.asset, now, &a, &away);
    if (!rc)
        rc = sg_asset_stands(&a, m.token.preview, &away);
    if (rc == SG_EBUSY && now)
        return rc;
    if (rc == SG_EPERM || rc == SG_ENOENT)
        return sg_fail_kind(e, SG_EPERM, "media-withdrawn", "%s", away.text);
    playback_live_heard(api->playback, m.token.playback_id, 0);
    return 0;
}

static void tell_cache(struct sg_http_request *q, struct sg_http_response *r, int rc,
                       struct sg_error *e)
{
    if (rc) {
        refuse(q, r, e);
        return;
    }
    sg_http_header(r, "Cache-Control", SG_STR("no-store"));
    r->status = 204;
}

bool sg_media_verify_at_once(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = check(api, q, true, &e);
    if (rc == SG_EBUSY)
        return false;
    tell_cache(q, r, rc, &e);
    return true;
}

/* For a cache in front, before it gives what it holds: 204, or what the media would say. */
void sg_media_verify_for_cache(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = check(api, q, false, &e);
    tell_cache(q, r, rc, &e);
}
