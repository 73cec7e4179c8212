/* engine.c - see engine.h. */
#include "tests/relevance/engine.h"
#include "core/clock.h"
#include "core/text.h"
#include "query/serve.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "relevance: %s: %s\n", what, why);
    exit(1);
}

const char *engine_datasets(void)
{
    const char *d = getenv("SEGUE_DATASETS");
    return d ? d : "../shared/datasets";
}

bool engine_has_datasets(void)
{
    static const char *const files[] = {"spotify-playlist-archive/tracks.tsv.gz",
                                        "billboard-hot-100/songs.tsv.gz",
                                        "lastfm-hetrec-2k/artists.dat.gz"};
    char path[1024];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", engine_datasets(), files[i]);
        if (access(path, R_OK) == 0)
            continue;
        fprintf(stderr, "SKIPPED: no %s (set SEGUE_DATASETS)\n", path);
        return false;
    }
    return true;
}

static void must_run(const struct engine *x, const char *fmt, ...)
{
    char command[3072], log[128];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    snprintf(log, sizeof log, "tail -n 20 '%s/log' >&2", x->var);
    if (system(command) == 0)
        return;
    if (system(log))
        fprintf(stderr, "no log\n");
    give_up(command, "failed");
}

void engine_init(struct engine *x)
{
    if (!getenv("SEGUE_BIN"))
        give_up("SEGUE_BIN", "not set");
    *x = (struct engine){.pg = test_pg_start_migrated("fsync = off\nfull_page_writes = off\n")};
    snprintf(x->var, sizeof x->var, "%s/var", x->pg->dir);
    setenv("SEGUE_VAR_DIR", x->var, 1);
    setenv("SEGUE_PG_DSN", x->pg->dsn, 1);
    setenv("SEGUE_LOG_LEVEL", "error", 0);
    must_run(x, "mkdir -p '%s'", x->var);
    x->c = test_pg_connect(x->pg);
}

void engine_import(struct engine *x, const char *format, const char *arguments)
{
    must_run(x, "'%s/segue-data' import %s %s --rejects '%s/rejects' >>'%s/log' 2>&1",
             getenv("SEGUE_BIN"), format, arguments, x->var, x->var);
}

void engine_import_names(struct engine *x)
{
    static const struct {
        const char *format, *folder;
    } sets[] = {{"playlist-archive", "spotify-playlist-archive"},
                {"billboard", "billboard-hot-100"},
                {"lastfm", "lastfm-hetrec-2k"}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "'%s/%s'", engine_datasets(), sets[i].folder);
        engine_import(x, sets[i].format, folder);
    }
}

/* A search may read and loosen for a set time; sanitizers take about ten times as long. */
static void allow_for_sanitizers(struct sg_search_options *o)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    o->budget_us *= 10;
    o->relax_us = 10 * (o->relax_us ? o->relax_us : SG_RELAX_US);
#else
    (void)o;
#endif
}

void engine_index(struct engine *x)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_search_options o;
    must_run(x, "'%s/segue-indexer' rebuild >>'%s/log' 2>&1", getenv("SEGUE_BIN"), x->var);
    int rc = sg_config_load(&x->config, NULL, &e);
    if (!rc)
        rc = sg_serve_options(&o, &x->config, &e);
    struct sg_index_options io = {.dir = x->config.index.dir};
    if (!rc)
        rc = sg_index_open(&x->index, &io, &e);
    if (!rc)
        rc = sg_searcher_open(&x->searcher, x->index, &e);
    if (!rc)
        allow_for_sanitizers(&o);
    if (!rc)
        rc = sg_search_open(&x->search, &o, &e);
    if (!rc)
        rc = sg_searcher_begin(x->searcher, &e);
    if (rc)
        give_up("index", e.text);
}

void engine_fini(struct engine *x)
{
    if (x->search)
        sg_search_close(x->search);
    if (x->searcher)
        sg_searcher_close(x->searcher);
    if (x->index)
        sg_index_close(x->index);
    sg_arena_free(&x->arena);
    PQfinish(x->c);
}

static struct sg_str within(struct sg_str q)
{
    q.n = sg_utf8_floor(q, q.n < SG_QUERY_MAX ? q.n : SG_QUERY_MAX);
    return q;
}

static size_t split_types(const char *types, struct sg_str *out)
{
    size_t n = 0;
    for (const char *p = types; *p && n < SG_KINDS;) {
        size_t len = strcspn(p, ",");
        out[n++] = (struct sg_str){p, len};
        p += len + (p[len] == ',');
    }
    return n;
}

const struct sg_search_reply *engine_search(struct engine *x, struct sg_str q, const char *types,
                                            int64_t limit)
{
    static struct sg_search_reply reply;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str kinds[SG_KINDS];
    struct sg_search_request r;
    sg_record_init(&sg_search_request_record, &r);
    sg_record_init(&sg_search_reply_record, &reply);
    sg_arena_reset(&x->arena);
    r.q = within(q);
    r.types = (struct sg_list){kinds, split_types(types, kinds)};
    r.limit = limit;
    int64_t from = sg_now_us();
    if (sg_search_run(x->search, x->searcher, &r, 0, &x->arena, &reply, &e))
        reply.results.n = 0; /* a query that is refused finds nothing */
    x->took_us = sg_now_us() - from;
    return &reply;
}

const struct sg_suggest_reply *engine_suggest(struct engine *x, struct sg_str q, int64_t limit)
{
    static struct sg_suggest_reply reply;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest_request r;
    sg_record_init(&sg_suggest_request_record, &r);
    sg_record_init(&sg_suggest_reply_record, &reply);
    sg_arena_reset(&x->arena);
    r.q = within(q);
    r.limit = limit;
    int64_t from = sg_now_us();
    if (sg_complete(x->searcher, &r, &x->arena, &reply, &e))
        reply.suggestions.n = 0;
    x->took_us = sg_now_us() - from;
    return &reply;
}

uint64_t engine_key(struct sg_str title, struct sg_str artist)
{
    char text[2 * SG_TEXT_MAX + 1];
    size_t n = sg_text_fold(text, SG_TEXT_MAX, title);
    text[n++] = '\n';
    n += sg_text_fold(text + n, SG_TEXT_MAX, artist);
    return XXH3_64bits(text, n);
}

uint64_t engine_hit_key(const struct sg_hit *h)
{
    return engine_key(h->title.n ? h->title : h->name, h->artist ? h->artist->name : SG_STR_NONE);
}

uint64_t engine_suggestion_key(const struct sg_suggestion *s)
{
    return engine_key(s->text, s->detail);
}
