/* list.c - ListObjectsV2 and ListMultipartUploads, page by page. Keys of others in the bucket
 * that could be none of ours are passed over.
 */
#include "core/clock.h"
#include "core/objects/s3/answer.h"
#include "core/objects/s3/s3.h"
#include <stdio.h>
#include <stdlib.h>

struct walk {
    struct s3 *s;
    sg_object_seen *fn;
    void *ctx;
    char last[S3_TEXT_MAX]; /* key, without the prefix */
};

static const char *without_prefix(const struct s3 *s, const char *key)
{
    size_t n = strlen(s->prefix);
    return strncmp(key, s->prefix, n) == 0 && sg_object_key_ok(sg_str(key + n)) ? key + n : NULL;
}

static int see(void *ctx, const struct s3_entry *entry, struct sg_error *e)
{
    struct walk *w = ctx;
    const char *key = without_prefix(w->s, entry->key);
    struct sg_object_info info = {.bytes = entry->bytes, .modified_us = entry->when_us};
    if (!key || strcmp(key, w->last) <= 0) /* each once, whatever the server says */
        return 0;
    snprintf(w->last, sizeof w->last, "%s", key);
    return w->fn(w->ctx, key, &info, e);
}

static int ask(struct s3 *s, struct sg_buf *query, struct s3_answer *said, s3_on_entry *fn,
               void *ctx, struct sg_error *e)
{
    sg_buf_putc(query, '\0');
    struct s3_request q = {.method = "GET", .query = query->p};
    int rc = sg_buf_failed(query) ? sg_fail(e, SG_ENOMEM, "objects") : s3_run(s, &q, e);
    if (!rc)
        rc = s3_answer_read(sg_buf_str(&q.answer), said, fn, ctx, e);
    sg_buf_free(&q.answer);
    return rc;
}

/* Parameters in the order of their names, as the signature wants them. */
static void put_list(const struct s3 *s, const struct s3_answer *said, const char *prefix,
                     const char *after, struct sg_buf *query)
{
    char full[SG_CONFIG_TEXT + S3_TEXT_MAX];
    sg_buf_reset(query);
    if (said->token[0])
        s3_query_put(query, "continuation-token", sg_str(said->token));
    s3_query_put(query, "encoding-type", SG_STR("url"));
    s3_query_put(query, "list-type", SG_STR("2"));
    s3_query_put(query, "max-keys", SG_STR("1000"));
    snprintf(full, sizeof full, "%s%s", s->prefix, prefix);
    s3_query_put(query, "prefix", sg_str(full));
    snprintf(full, sizeof full, "%s%s", s->prefix, after);
    if (*after && !said->token[0])
        s3_query_put(query, "start-after", sg_str(full));
}

int s3_list(void *store, const char *prefix, const char *after, sg_object_seen *fn, void *ctx,
            struct sg_error *e)
{
    struct sg_buf query = {0};
    struct walk *w = calloc(1, sizeof *w);
    struct s3_answer *said = calloc(1, sizeof *said);
    char before[S3_TEXT_MAX];
    int rc = w && said ? 0 : sg_fail(e, SG_ENOMEM, "objects");
    bool more = !rc;
    if (!rc) {
        *w = (struct walk){.s = store, .fn = fn, .ctx = ctx};
        snprintf(w->last, sizeof w->last, "%s", after ? after : "");
    }
    while (!rc && more) {
        snprintf(before, sizeof before, "%s", said->token);
        put_list(store, said, prefix, after ? after : "", &query);
        rc = ask(store, &query, said, see, w, e);
        more = !rc && said->truncated;
        if (more && (!said->token[0] || !strcmp(before, said->token)))
            rc = sg_fail(e, SG_EIO, "objects: the server's list does not go on");
    }
    free(w);
    free(said);
    sg_buf_free(&query);
    return rc;
}

struct old {
    struct s3 *s;
    int64_t before_us, n;
};

static int abort_old(void *ctx, const struct s3_entry *entry, struct sg_error *e)
{
    struct old *x = ctx;
    struct sg_buf query = {0};
    const char *key = without_prefix(x->s, entry->key);
    if (!key || !entry->upload_id[0] || entry->when_us > x->before_us)
        return 0;
    s3_query_put(&query, "uploadId", sg_str(entry->upload_id));
    sg_buf_putc(&query, '\0');
    struct s3_request q = {.method = "DELETE", .key = key, .query = query.p};
    int rc = sg_buf_failed(&query) ? sg_fail(e, SG_ENOMEM, "objects") : s3_run(x->s, &q, e);
    x->n += !rc;
    sg_buf_free(&q.answer);
    sg_buf_free(&query);
    return rc == SG_ENOENT ? 0 : rc;
}

static void put_uploads(const struct s3 *s, const struct s3_answer *said, struct sg_buf *query)
{
    sg_buf_reset(query);
    s3_query_put(query, "encoding-type", SG_STR("url"));
    if (said->token[0]) {
        s3_query_put(query, "key-marker", sg_str(said->token));
    }
    s3_query_put(query, "prefix", sg_str(s->prefix));
    if (said->token[0] && said->token_upload[0])
        s3_query_put(query, "upload-id-marker", sg_str(said->token_upload));
    s3_query_put(query, "uploads", SG_STR(""));
}

int s3_sweep(void *store, int64_t older_s, int64_t *n, struct sg_error *e)
{
    struct sg_buf query = {0};
    struct old x = {.s = store, .before_us = sg_wall_us() - older_s * 1000000};
    struct s3_answer *said = calloc(1, sizeof *said);
    char before[2 * S3_TEXT_MAX] = "", now[2 * S3_TEXT_MAX] = "";
    int rc = said ? 0 : sg_fail(e, SG_ENOMEM, "objects");
    bool more = !rc;
    while (!rc && more) {
        memcpy(before, now, sizeof before);
        put_uploads(store, said, &query);
        rc = ask(store, &query, said, abort_old, &x, e);
        more = !rc && said->truncated;
        if (more) {
            snprintf(now, sizeof now, "%s\n%s", said->token, said->token_upload);
            if (!said->token[0] || !strcmp(before, now))
                rc = sg_fail(e, SG_EIO, "objects: the server's list does not go on");
        }
    }
    *n = x.n;
    free(said);
    sg_buf_free(&query);
    return rc;
}
