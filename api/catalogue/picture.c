/* picture.c - covers of songs and albums and pictures of artists: put, taken away, served. */
#include "api/catalogue/edit.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/picture_rows.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/covers/covers.h"
#include "core/log.h"
#include "schemas/edits.h"

enum { DECODE_US = 30000000, RENDITIONS = 8 };

struct put {
    struct sg_api *api;
    struct sg_http_request *q;
    const struct sg_edit_kind *kind;
    uint64_t id;
    const struct sg_cover *cover; /* NULL: the picture is taken away */
    uint64_t version;
};

static int hold(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct put *p = ctx;
    return sg_edit_hold(tx, p->q, p->kind, p->id, e);
}

static int write_it(struct sg_db_tx *tx, void *ctx, struct sg_error *e)
{
    struct put *p = ctx;
    int rc = hold(tx, ctx, e);
    return rc ? rc
              : sg_picture_use(tx, p->q->arena, p->kind->kind, p->id,
                               p->cover ? p->cover->name : NULL, &p->version, e);
}

/* Known first, then on disk, then somebody's: whatever ends in between, what nobody has is known
 * and removed a day later. */
static int keep(struct put *p, struct sg_cover *cover, struct sg_error *e)
{
    int rc = sg_picture_know(p->api->db, p->q, cover, e);
    if (!rc)
        rc = sg_covers_publish(p->api->covers, cover, e);
    return rc ? rc : sg_db_transact(p->api->db, p->q, write_it, p, e);
}

static struct sg_str url_of(struct sg_arena *a, const char *name, size_t i)
{
    return sg_arena_printf(a, "/covers/%s/%d.%s", name, sg_cover_sizes[i / 2],
                           i % 2 ? "webp" : "jpg");
}

static void answer(struct put *p, struct sg_http_response *r)
{
    struct sg_rendition renditions[RENDITIONS];
    const struct sg_cover *c = p->cover;
    for (size_t i = 0; i < RENDITIONS; i++)
        renditions[i] = (struct sg_rendition){.url = url_of(p->q->arena, c->name, i),
                                              .type = sg_str(i % 2 ? "image/webp" : "image/jpeg"),
                                              .size = sg_cover_sizes[i / 2]};
    struct sg_picture picture = {.url = renditions[4].url,
                                 .type = sg_str(c->type),
                                 .width = c->width,
                                 .height = c->height,
                                 .renditions = {renditions, RENDITIONS}};
    sg_api_answer(r, &sg_picture_record, &picture);
    sg_etag_put(p->q, r, p->version);
}

static void settle(struct put *p)
{
    struct sg_error e = SG_ERROR_INIT;
    p->kind->forget(p->api, p->id);
    if (sg_pictures_sweep(p->api->db, p->api->covers, &e))
        sg_log(SG_LOG_WARN, "old pictures are still there", "error=%s", e.text);
}

static void put_picture(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                        const struct sg_edit_kind *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_cover cover = {0};
    struct put p = {.api = api, .q = q, .kind = kind, .id = sg_route_id(q, 0), .cover = &cover};
    int rc = q->body.n ? 0 : sg_fail(&e, SG_EINVAL, "the body is empty; a picture is needed");
    if (!rc)
        rc = sg_db_transact(api->db, q, hold, &p, &e); /* before any work for a stranger */
    q->deadline_us = sg_now_us() + DECODE_US;
    if (!rc)
        rc = sg_covers_make(api->covers, q->body, q->deadline_us, &cover, &e);
    if (!rc)
        rc = keep(&p, &cover, &e);
    sg_covers_drop(&cover);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    settle(&p);
    answer(&p, r);
}

static void take_away(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                      const struct sg_edit_kind *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    struct put p = {.api = api, .q = q, .kind = kind, .id = sg_route_id(q, 0)};
    if (sg_db_transact(api->db, q, write_it, &p, &e)) {
        sg_problem(q, r, &e);
        return;
    }
    settle(&p);
    r->status = 204;
}

void sg_api_cover_put(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    put_picture(api, q, r, &sg_album_kind);
}

void sg_api_cover_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    take_away(api, q, r, &sg_album_kind);
}

void sg_api_song_cover_put(struct sg_api *api, struct sg_http_request *q,
                           struct sg_http_response *r)
{
    put_picture(api, q, r, &sg_song_kind);
}

void sg_api_song_cover_delete(struct sg_api *api, struct sg_http_request *q,
                              struct sg_http_response *r)
{
    take_away(api, q, r, &sg_song_kind);
}

void sg_api_image_put(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    put_picture(api, q, r, &sg_artist_kind);
}

void sg_api_image_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    take_away(api, q, r, &sg_artist_kind);
}

/* "640.webp" -> 640, true; 0: no such rendition. */
static int read_file_name(struct sg_str file, bool *webp)
{
    char name[24];
    for (size_t i = 0; i < RENDITIONS; i++) {
        snprintf(name, sizeof name, "%d.%s", sg_cover_sizes[i / 2], i % 2 ? "webp" : "jpg");
        if (sg_str_eq(file, sg_str(name))) {
            *webp = i % 2;
            return sg_cover_sizes[i / 2];
        }
    }
    return 0;
}

void sg_api_cover(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str hash = sg_route_text(q, 0);
    char name[65] = "";
    bool webp = false;
    int size = read_file_name(sg_route_text(q, 1), &webp);
    int rc =
        size && sg_cover_is_name(hash) ? 0 : sg_fail(&e, SG_ENOENT, "there is no such picture");
    if (!rc) {
        memcpy(name, hash.p, 64);
        rc = sg_covers_read(api->covers, name, size, webp, &r->body, &e);
    }
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    r->content_type = webp ? "image/webp" : "image/jpeg";
    sg_http_header(r, "Cache-Control", SG_STR("public, max-age=31536000, immutable"));
    sg_http_header(r, "ETag",
                   sg_arena_printf(q->arena, "\"%.16s-%d%s\"", name, size, webp ? "w" : "j"));
}
