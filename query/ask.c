/* ask.c - see ask.h. */
#include "query/ask.h"
#include "core/clock.h"
#include "core/rpc.h"
#include "query/embedder.h"
#include "query/serve.h"
#include "query/suggest.h"
#include <stdlib.h>

#define PATIENCE_US 5000000 /* for a server that is there */

struct sg_ask {
    const struct sg_config *config;
    bool local;
    struct sg_arena arena;
    struct sg_rpc_client *client;
    struct sg_index *index;
    struct sg_searcher *searcher;
    struct sg_search *search;
    struct sg_embedder *embedder;
};

static int open_local(struct sg_ask *a, struct sg_error *e)
{
    struct sg_search_options options;
    struct sg_index_options o = {.dir = a->config->index.dir};
    int rc = sg_serve_options(&options, a->config, e);
    if (!rc)
        sg_serve_embedder(&options, a->config);
    a->embedder = options.embedder;
    if (!rc)
        rc = sg_index_open(&a->index, &o, e);
    if (!rc)
        rc = sg_searcher_open(&a->searcher, a->index, e);
    if (!rc)
        rc = sg_search_open(&a->search, &options, e);
    if (!rc)
        rc = sg_searcher_begin(a->searcher, e);
    if (rc == SG_ENOENT)
        return sg_fail(e, SG_EUNAVAIL, "no generation published in %s", o.dir);
    a->local = true;
    return rc;
}

int sg_ask_open(struct sg_ask **out, const struct sg_config *c, bool local, struct sg_error *e)
{
    struct sg_ask *a = calloc(1, sizeof *a);
    if (!a)
        return sg_fail(e, SG_ENOMEM, "query");
    a->config = c;
    int rc = local ? open_local(a, e) : sg_rpc_client_open(&a->client, c->query.listen, e);
    if (rc)
        sg_ask_close(a);
    else
        *out = a;
    return rc;
}

void sg_ask_close(struct sg_ask *a)
{
    if (a->client)
        sg_rpc_client_close(a->client);
    if (a->search)
        sg_search_close(a->search);
    sg_embedder_close(a->embedder);
    if (a->searcher)
        sg_searcher_close(a->searcher);
    if (a->index)
        sg_index_close(a->index);
    sg_arena_free(&a->arena);
    free(a);
}

void sg_ask_forget(struct sg_ask *a)
{
    sg_arena_reset(&a->arena);
}

const char *sg_ask_answered_by(const struct sg_ask *a)
{
    return a->local ? "index" : "server";
}

static int call(struct sg_ask *a, const char *method, const struct sg_record *in_record,
                const void *in, const struct sg_record *out_record, void *out, struct sg_error *e)
{
    int rc = sg_rpc_call(a->client, method, in_record, in, out_record, out, &a->arena,
                         sg_now_us() + PATIENCE_US, SG_STR_NONE, e);
    return rc == SG_EUNAVAIL ? open_local(a, e) : rc;
}

int sg_ask_search(struct sg_ask *a, const struct sg_search_request *r, struct sg_search_reply *out,
                  struct sg_error *e)
{
    int rc = 0;
    if (!a->local)
        rc = call(a, SG_METHOD_SEARCH, &sg_search_request_record, r, &sg_search_reply_record, out,
                  e);
    if (rc || !a->local)
        return rc;
    sg_record_init(&sg_search_reply_record, out);
    return sg_search_run(a->search, a->searcher, r, 0, &a->arena, out, e);
}

int sg_ask_suggest(struct sg_ask *a, const struct sg_suggest_request *r,
                   struct sg_suggest_reply *out, struct sg_error *e)
{
    int rc = 0;
    if (!a->local)
        rc = call(a, SG_METHOD_SUGGEST, &sg_suggest_request_record, r, &sg_suggest_reply_record,
                  out, e);
    if (rc || !a->local)
        return rc;
    sg_record_init(&sg_suggest_reply_record, out);
    rc = sg_complete(a->searcher, r, &a->arena, out, e);
    return rc ? rc : sg_search_hide_completions(a->search, a->searcher, r, out, e);
}
