/* compress.c - which answers are coded, and by whom: workers, never loops.
 *
 * What is secret is not: an answer that may not be stored (tokens) keeps its length, so
 * that nothing can be learnt from it beside text an attacker chose (BREACH, 2013).
 * Bytes that outlive the server are coded once.
 */
#include "api/http/parts.h"
#include <stdlib.h>
#include <strings.h>

enum { LEAST_BYTES = 1024, KEPT_MAX = 512 };

struct kept {
    const char *p; /* of what */
    enum sg_coding coding;
    struct sg_buf coded; /* empty: it is no shorter */
};
struct http_kept {
    pthread_mutex_t lock;
    size_t n;
    struct kept v[KEPT_MAX];
};

struct http_kept *http_kept_new(void)
{
    struct http_kept *k = calloc(1, sizeof *k);
    if (k)
        pthread_mutex_init(&k->lock, NULL);
    return k;
}

void http_kept_free(struct http_kept *k)
{
    for (size_t i = 0; k && i < k->n; i++)
        sg_buf_free(&k->v[i].coded);
    if (k)
        pthread_mutex_destroy(&k->lock);
    free(k);
}

static struct sg_str header_of(const struct sg_http_response *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return SG_STR_NONE;
}

static bool may_be_coded(const struct sg_http_response *r)
{
    struct sg_str cache = header_of(r, "Cache-Control");
    size_t n = r->shared.p ? r->shared.n : r->body.n;
    return n >= LEAST_BYTES && !r->stream && r->status != 206 && sg_coding_pays(r->content_type) &&
           !header_of(r, "Content-Encoding").p &&
           !(cache.p && memmem(cache.p, cache.n, "no-store", 8)) && !header_of(r, "Set-Cookie").p;
}

/* What the answer that it stands for would say of itself, as far as its validator matters. */
static void vary_unchanged(struct sg_http_response *r)
{
    if (r->status == 304 && sg_coding_pays(r->content_type))
        sg_http_header(r, "Vary", SG_STR("Accept-Encoding"));
}

bool http_compress_wanted(struct http_exchange *x)
{
    vary_unchanged(&x->response);
    if (!may_be_coded(&x->response))
        return false;
    sg_http_header(&x->response, "Vary", SG_STR("Accept-Encoding"));
    x->coding = sg_coding_choose(http_field(&x->fields, SG_STR("Accept-Encoding")));
    return x->coding != SG_CODING_NONE;
}

static const struct kept *find(const struct http_kept *k, const char *p, enum sg_coding coding)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->v[i].p == p && k->v[i].coding == coding)
            return &k->v[i];
    return NULL;
}

/* The coded bytes of what is shared for good; empty: as it is. */
static struct sg_str keep(struct http_kept *k, struct sg_coder *coder, struct sg_str in,
                          enum sg_coding coding)
{
    pthread_mutex_lock(&k->lock);
    const struct kept *known = find(k, in.p, coding);
    if (!known && k->n < KEPT_MAX) {
        struct kept *new = &k->v[k->n];
        *new = (struct kept){.p = in.p, .coding = coding};
        if (!sg_coder_run(coder, coding, in, true, &new->coded) || new->coded.n >= in.n)
            sg_buf_free(&new->coded);
        k->n++;
        known = new;
    }
    struct sg_str coded = known ? sg_buf_str(&known->coded) : SG_STR_NONE;
    pthread_mutex_unlock(&k->lock);
    return coded;
}

void http_compress(struct http_exchange *x, struct sg_coder *coder)
{
    struct sg_http_response *r = &x->response;
    struct sg_str in = r->shared.p ? r->shared : sg_buf_str(&r->body);
    if (r->shared.p && r->lasting)
        x->coded = keep(x->server->kept, coder, in, x->coding);
    else if (sg_coder_run(coder, x->coding, in, false, &x->coded_here) && x->coded_here.n < in.n)
        x->coded = sg_buf_str(&x->coded_here);
    if (!x->coded.n)
        return;
    struct sg_str etag = header_of(r, "ETag");
    if (etag.p)
        sg_http_header(r, "ETag", sg_coding_tag(etag, x->coding, &x->arena));
    sg_http_header(r, "Content-Encoding", sg_str(sg_coding_names[x->coding]));
}
