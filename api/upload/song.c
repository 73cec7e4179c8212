/* song.c - POST /api/v1/upload/song: a form whose file goes to the object store as it comes. */
#include "api/http/multipart.h"
#include "api/idempotency/idempotency.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "api/upload/parts.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/metrics.h"
#include <stdlib.h>

/* In begin's hands, then the sink's, then a checker's: one at a time. */
struct song {
    struct upload_task task; /* first */
    struct sg_uploads *s;
    struct sg_http_request *q;
    struct sg_http_response *r;
    struct upload u;
    struct sg_multipart *form;
    struct sg_str name; /* of the field that comes; NONE: the file does */
    struct sg_buf value;
    bool has_field, has_file;
    struct sg_object_put *put;
    struct upload_hash *hash;       /* of the file */
    struct upload_hash *whole_hash; /* of the whole body, where a header tells its digest */
    struct upload_digest digest;
    struct sg_error e;
};

static void song_free(struct song *x)
{
    sg_object_abort(x->put);
    sg_multipart_free(x->form);
    upload_hash_free(x->hash);
    upload_hash_free(x->whole_hash);
    sg_buf_free(&x->value);
    free(x);
}

static int end_field(struct song *x)
{
    if (!x->has_field)
        return 0;
    x->has_field = false;
    return upload_field(&x->u.fields, x->q->arena, x->name, sg_buf_str(&x->value), &x->e);
}

static int begin_file(struct song *x, const struct sg_multipart_piece *p)
{
    if (x->has_file)
        return sg_fail_field(&x->e, "audio_file", "audio_file: is there twice");
    x->has_file = true;
    upload_filename(&x->u.fields, x->q->arena, p->filename);
    upload_key(&x->u, x->u.key);
    return sg_objects_put(x->s->objects, x->u.key, "application/octet-stream",
                          upload_seal_of(&x->u), SG_OBJECT_KEEP, &x->put, &x->e);
}

static int take_file(struct song *x, struct sg_str bytes)
{
    int64_t most = x->s->api->config->upload.max_mb << 20;
    x->u.bytes += (int64_t)bytes.n;
    if (x->u.bytes > most)
        return sg_fail(&x->e, SG_ETOOLARGE, "a file has at most %lld bytes", (long long)most);
    upload_hash_put(x->hash, bytes);
    return bytes.n ? sg_object_write(x->put, bytes, &x->e) : 0;
}

static int take_piece(struct song *x, const struct sg_multipart_piece *p)
{
    bool is_file = sg_str_eq(p->name, SG_STR("audio_file"));
    int rc = p->first ? end_field(x) : 0;
    if (!rc && p->first && is_file)
        rc = begin_file(x, p);
    if (rc)
        return rc;
    if (is_file)
        return take_file(x, p->bytes);
    if (p->first) {
        x->has_field = true;
        x->name = sg_arena_copy(x->q->arena, p->name);
        sg_buf_reset(&x->value);
    }
    if (!x->has_field || x->value.n + p->bytes.n > UPLOAD_FIELD_MAX)
        return sg_fail(&x->e, SG_ETOOLARGE, "a field has more than %d bytes", UPLOAD_FIELD_MAX);
    sg_buf_str_put(&x->value, p->bytes);
    return sg_buf_failed(&x->value) ? sg_fail(&x->e, SG_ENOMEM, "a field") : 0;
}

static bool on_piece(void *ctx, const struct sg_multipart_piece *p)
{
    return take_piece(ctx, p) == 0;
}

static bool on_write(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_str bytes)
{
    struct song *x = ctx;
    if (x->whole_hash)
        upload_hash_put(x->whole_hash, bytes);
    if (sg_multipart_put(x->form, bytes, &x->e) == 0)
        return true;
    sg_problem(q, r, &x->e);
    return false;
}

static void on_gone(void *ctx)
{
    song_free(ctx);
}

/* 422: it is not what it was said to be. */
static int check_digests(struct song *x)
{
    const struct upload_digest *told = &x->u.fields.checksum;
    size_t n;
    struct upload_hash *hash = x->hash, *whole = x->whole_hash;
    x->hash = x->whole_hash = NULL;
    unsigned char made[UPLOAD_DIGEST_MAX];
    bool ok = upload_hash_end(hash, made, &n);
    memcpy(x->u.sha256, made, UPLOAD_SHA256);
    if (whole && !upload_hash_is(whole, &x->digest))
        return sg_fail_kind(&x->e, SG_EINVAL, "wrong-checksum",
                            "the body is not what its digest says");
    if (ok && told->algorithm && memcmp(told->bytes, x->u.sha256, UPLOAD_SHA256) != 0)
        return sg_fail_kind(&x->e, SG_EINVAL, "wrong-checksum",
                            "checksum: the file that came has another");
    return ok ? 0 : sg_fail(&x->e, SG_ENOMEM, "checksum");
}

static int end_form(struct song *x)
{
    struct sg_multipart *form = x->form;
    x->form = NULL;
    int rc = sg_multipart_end(form, &x->e);
    if (!rc)
        rc = end_field(x);
    if (!rc && (!x->has_file || !x->u.bytes))
        rc = sg_fail_field(&x->e, "audio_file", "audio_file: is required");
    if (!rc)
        rc = check_digests(x);
    return rc ? rc : upload_resolve(x->s, x->q, &x->u, &x->e);
}

/* What makes two requests of a key the same. */
static struct sg_str canonical(const struct song *x)
{
    const struct upload_fields *f = &x->u.fields;
    char sha[2 * UPLOAD_SHA256 + 1];
    sg_hex(x->u.sha256, UPLOAD_SHA256, sha);
    return sg_arena_printf(x->q->arena, "%s %llu %llu %llu %d %.*s\n%.*s\n%.*s", sha,
                           (unsigned long long)x->u.artist_id, (unsigned long long)f->album_id,
                           (unsigned long long)f->track_no, f->is_explicit, SG_FMT(f->release_date),
                           SG_FMT(f->genre), SG_FMT(f->title));
}

static int store(struct song *x)
{
    struct sg_object_info info;
    struct sg_error at = SG_ERROR_INIT;
    bool known = false;
    struct sg_object_put *put = x->put;
    x->put = NULL;
    int rc = sg_object_commit(put, &info, &x->e);
    if (!rc && info.bytes != x->u.bytes)
        rc = sg_fail(&x->e, SG_EIO, "the object store kept %lld bytes", (long long)info.bytes);
    if (!rc)
        rc = upload_accept(x->s, x->q, &x->u, x->q->arena, &known, &x->e);
    if (rc == SG_ERATE || (!rc && known))
        sg_objects_delete(x->s->objects, x->u.key, &at); /* else the sweep does */
    return rc;
}

static void refused(struct song *x)
{
    if (x->e.code == SG_EMEDIA && x->e.kind)
        sg_metric_add(x->s->refused, x->e.kind, 1);
    sg_problem(x->q, x->r, &x->e);
}

static void look(struct upload_task *t)
{
    struct song *x = (void *)t;
    struct sg_http_request *q = x->q;
    struct sg_http_response *r = x->r;
    struct sg_api *api = x->s->api;
    int64_t time_us = api->config->api.timeout_ms * 1000;
    q->deadline_us = sg_now_us() + time_us;
    q->body = canonical(x);
    if (sg_idempotency_begin(api, q, r)) {
        int rc = upload_check(x->s, &x->u, sg_object_fd(x->put), q->arena, &x->e);
        q->deadline_us = sg_now_us() + time_us;
        if (!rc)
            rc = store(x);
        if (rc)
            refused(x);
        else
            upload_answer(x->s, q, r, &x->u);
        sg_idempotency_end(api, q, r, r->status);
    }
    song_free(x);
    sg_route_end(q, r);
}

static void on_end(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    struct song *x = ctx;
    x->task.run = look;
    int rc = end_form(x);
    if (!rc)
        rc = upload_queue(x->s, &x->task, &x->e);
    if (!rc)
        return;
    sg_problem(q, r, &x->e);
    song_free(x);
    sg_route_end(q, r);
}

/* A header's digest is the body's, the form around the file included: RFC 9530. */
static int read_digest(struct song *x)
{
    static const char *const names[] = {"Content-Digest", "Repr-Digest"};
    int rc = 0;
    for (int i = 0; !rc && !x->digest.algorithm && i < 2; i++)
        rc = upload_digest_header(names[i], sg_http_request_header(x->q, names[i]), &x->digest,
                                  &x->e);
    if (!rc && x->digest.algorithm && !(x->whole_hash = upload_hash_new(x->digest.algorithm)))
        rc = sg_fail(&x->e, SG_ENOMEM, "digest");
    return rc;
}

bool sg_upload_song(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                    struct sg_http_sink *out)
{
    struct song *x = calloc(1, sizeof *x);
    struct sg_error e = SG_ERROR_INIT;
    if (!x) {
        sg_fail(&e, SG_ENOMEM, "upload");
        sg_problem(q, r, &e);
        return false;
    }
    x->s = api->uploads;
    x->q = q;
    x->r = r;
    upload_name(&x->u);
    /* With a key it may be one that has been accepted. */
    int rc = sg_http_request_header(q, "Idempotency-Key").p ? 0 : upload_has_room(x->s, q, &x->e);
    if (!rc)
        rc = sg_multipart_open(&x->form, q, on_piece, x, &x->e);
    if (!rc)
        rc = read_digest(x);
    if (!rc)
        rc = upload_seal(x->s, &x->u, &x->e);
    if (!rc && !(x->hash = upload_hash_new("SHA256")))
        rc = sg_fail(&x->e, SG_ENOMEM, "upload");
    if (rc) {
        sg_problem(q, r, &x->e);
        song_free(x);
        return false;
    }
    *out = (struct sg_http_sink){.ctx = x, .write = on_write, .end = on_end, .gone = on_gone};
    return true;
}
