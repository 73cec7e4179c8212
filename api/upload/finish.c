/* finish.c - all of an upload by tus has come: put together, looked at, accepted or refused. */
#include "api/catalogue/rows.h"
#include "api/problem.h"
#include "api/route.h"
#include "api/upload/parts.h"
#include "api/upload/tus.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct finish {
    struct upload_task task; /* first */
    struct sg_uploads *s;
    struct sg_http_request *q; /* NULL: nobody waits */
    struct sg_http_response *r;
    char id[SG_OBJECT_KEY_MAX];
    struct sg_arena arena;
    struct tus_upload t;
    int fd;
};

static const struct sg_pg_statement parts = {
    "tus_parts", "SELECT object_key, bytes FROM upload_parts WHERE upload_id = $1 ORDER BY at", 1};

static int open_scratch(const struct sg_config *c, int *fd, struct sg_error *e)
{
    char path[SG_CONFIG_TEXT + 40];
    snprintf(path, sizeof path, "%s/upload-XXXXXX", c->var_dir);
    *fd = mkostemp(path, O_CLOEXEC);
    if (*fd < 0)
        return sg_fail_errno(e, "%s", path);
    unlink(path);
    return 0;
}

static int put_together(struct finish *x, struct sg_error *e)
{
    PGresult *r = NULL;
    struct sg_object_info info;
    const char *id = x->t.u.id;
    int rc = open_scratch(x->s->api->config, &x->fd, e);
    if (!rc)
        rc = sg_db_write(x->s->api->db, NULL, &parts, &id, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        rc = sg_objects_fetch(x->s->objects, PQgetvalue(r, i, 0), upload_seal_of(&x->t.u), x->fd,
                              &info, e);
        if (!rc && info.bytes != (int64_t)sg_row_u64(r, i, 1))
            rc = sg_fail(e, SG_ECORRUPT, "a part of upload %s is not as it was stored", id);
        x->t.u.bytes += rc ? 0 : info.bytes;
    }
    PQclear(r);
    if (!rc && x->t.u.bytes != x->t.declared)
        rc = sg_fail(e, SG_ECORRUPT, "upload %s is not whole", id);
    return rc;
}

static int hash_all(struct finish *x, struct sg_error *e)
{
    enum { STEP = 1 << 18 };
    size_t n;
    ssize_t got = 0;
    unsigned char made[UPLOAD_DIGEST_MAX];
    char *buf = malloc(STEP);
    struct upload_hash *h = upload_hash_new("SHA256");
    const struct upload_digest *told = &x->t.u.fields.checksum;
    for (off_t at = 0; buf && h && (got = pread(x->fd, buf, STEP, at)) > 0; at += got)
        upload_hash_put(h, (struct sg_str){buf, (size_t)got});
    free(buf);
    if (!h || !buf || got < 0 || !upload_hash_end(h, made, &n))
        return sg_fail(e, SG_EIO, "upload %s cannot be read again", x->t.u.id);
    memcpy(x->t.u.sha256, made, UPLOAD_SHA256);
    if (told->algorithm && memcmp(told->bytes, made, UPLOAD_SHA256) != 0)
        return sg_fail_kind(e, SG_EINVAL, "wrong-checksum",
                            "checksum: the file that came has another");
    return 0;
}

/* The file's fault: it is of no use to come again. */
static bool is_refusal(const struct sg_error *e)
{
    return e->code == SG_EMEDIA || e->code == SG_EINVAL;
}

/* By the keeper, of whichever API. */
static bool is_accepted(const struct tus_upload *t)
{
    return strcmp(t->status, "received") == 0 || strcmp(t->status, "processing") == 0 ||
           strcmp(t->status, "ready") == 0;
}

static int look(struct finish *x, struct sg_error *e)
{
    struct sg_error at = SG_ERROR_INIT;
    int rc = tus_find(x->s, NULL, &x->arena, sg_str(x->id), &x->t, e);
    if (!rc && is_accepted(&x->t))
        return 0;
    if (!rc)
        rc = tus_is_open(&x->t, e);
    if (!rc)
        rc = put_together(x, e);
    if (!rc)
        rc = hash_all(x, e);
    if (!rc)
        rc = upload_check(x->s, &x->t.u, x->fd, &x->arena, e);
    if (!rc)
        return upload_accept_parts(x->s, &x->t.u, &x->arena, e);
    if (!is_refusal(e))
        return rc;
    sg_metric_add(x->s->refused, e->kind ? e->kind : "field", 1);
    if (upload_end(x->s, x->t.u.id, "refused", e->kind ? e->kind : "invalid-request", e->text, &at))
        sg_log(SG_LOG_WARN, "a refused upload is not written down", "why=%s", at.text);
    return rc;
}

static void run(struct upload_task *task)
{
    struct finish *x = (void *)task;
    struct sg_error e = SG_ERROR_INIT;
    int rc = look(x, &e);
    if (x->q) {
        x->q->deadline_us = sg_now_us() + x->s->api->config->api.timeout_ms * 1000;
        if (rc)
            tus_refuse(x->q, x->r, &e);
        else
            x->r->status = x->r->status ? x->r->status : 204;
        sg_route_end(x->q, x->r);
    } else if (rc) {
        sg_log(SG_LOG_INFO, "an upload that was complete is not accepted", "upload=%s why=%s",
               x->id, e.text);
    }
    if (x->fd >= 0)
        close(x->fd);
    sg_arena_free(&x->arena);
    free(x);
}

int tus_finish(struct sg_uploads *s, struct sg_http_request *q, struct sg_http_response *r,
               const char *id, struct sg_error *e)
{
    struct finish *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "upload");
    *x = (struct finish){.task.run = run, .s = s, .q = q, .r = r, .fd = -1};
    snprintf(x->id, sizeof x->id, "%s", id);
    int rc = upload_queue(s, &x->task, e);
    if (rc)
        free(x);
    return rc;
}
