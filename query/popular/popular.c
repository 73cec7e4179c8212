/* popular.c - following the index, completing, trending: see query/popular.h. */
#include "query/popular.h"
#include "core/log.h"
#include "core/pause.h"
#include "core/text.h"
#include "query/popular/set.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define POLL_MS 500
#define BEHIND  3  /* so many other completions come before popular queries */
#define SHARE   4  /* a fourth of the completions at most */
#define LIMIT   20 /* of a suggest request */

struct sg_popular {
    struct sg_index *index;
    pthread_t follower;
    bool has_follower;
    struct sg_pause pause;
    pthread_rwlock_t set_lock;
    struct popular_set *set; /* NULL: none yet */
};

struct seen { /* the follower's: what set was read from */
    char generation[SG_GENERATION_NAME];
    uint64_t version;
};

static int read_anew(struct sg_popular *p, struct sg_searcher *s, struct seen *seen,
                     struct sg_error *e)
{
    uint64_t version = sg_popular_version(s);
    const char *name = sg_searcher_generation(s);
    struct popular_set *set;
    if (version == seen->version && strcmp(name, seen->generation) == 0)
        return 0;
    int rc = popular_set_read(&set, s, e);
    if (rc)
        return rc;
    pthread_rwlock_wrlock(&p->set_lock);
    struct popular_set *old = p->set;
    p->set = set;
    pthread_rwlock_unlock(&p->set_lock);
    popular_set_free(old);
    seen->version = version;
    snprintf(seen->generation, sizeof seen->generation, "%s", name);
    return 0;
}

static void *follow(void *ctx)
{
    struct sg_popular *p = ctx;
    struct seen seen = {"", 0};
    struct sg_searcher *s = NULL;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_searcher_open(&s, p->index, &e)) {
        sg_log(SG_LOG_ERROR, "no popular queries", "error=%s", e.text);
        return NULL;
    }
    do {
        if (sg_searcher_begin(s, NULL))
            continue;
        if (read_anew(p, s, &seen, &e))
            sg_log(SG_LOG_WARN, "popular queries not read", "error=%s", e.text);
        sg_searcher_end(s);
    } while (!sg_pause_for(&p->pause, POLL_MS, false));
    sg_searcher_close(s);
    return NULL;
}

int sg_popular_open(struct sg_popular **out, struct sg_index *x, struct sg_error *e)
{
    struct sg_popular *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "popular queries");
    p->index = x;
    sg_pause_init(&p->pause);
    pthread_rwlock_init(&p->set_lock, NULL);
    p->has_follower = !pthread_create(&p->follower, NULL, follow, p);
    if (!p->has_follower) {
        sg_popular_close(p);
        return sg_fail(e, SG_EIO, "popular queries: no thread");
    }
    *out = p;
    return 0;
}

void sg_popular_close(struct sg_popular *p)
{
    if (!p)
        return;
    if (p->has_follower) {
        sg_pause_end(&p->pause);
        pthread_join(p->follower, NULL);
    }
    popular_set_free(p->set);
    pthread_rwlock_destroy(&p->set_lock);
    sg_pause_destroy(&p->pause);
    free(p);
}

/* Completions being put together. */
struct joining {
    struct sg_suggestion *v;
    size_t n, limit;
    struct sg_str typed; /* folded */
    struct sg_arena *a;
};

static struct sg_str fold(struct sg_str text, struct sg_arena *a)
{
    char out[SG_TEXT_MAX];
    return sg_arena_copy(a, (struct sg_str){out, sg_text_fold(out, sizeof out, text)});
}

/* The same text, however it is written. */
static bool is_same(struct sg_str text, struct sg_str folded)
{
    char out[SG_TEXT_MAX];
    return sg_str_eq((struct sg_str){out, sg_text_fold(out, sizeof out, text)}, folded);
}

/* The bytes of text whose words were typed, when it begins with them letter by letter. */
static int64_t typed_bytes(struct sg_str text, struct sg_str typed)
{
    char out[SG_TEXT_MAX];
    size_t low = 0;
    for (size_t k = 1; k <= sg_utf8_count(text) && low < text.n; k++) {
        low = sg_utf8_prefix(text, k);
        struct sg_str start = {out, sg_text_fold(out, sizeof out, (struct sg_str){text.p, low})};
        if (sg_str_eq(start, typed))
            return (int64_t)low;
        if (start.n > typed.n)
            break;
    }
    return 0;
}

static void put_query(struct joining *j, struct sg_str q, bool recent)
{
    if (j->n == j->limit)
        return;
    j->v[j->n++] = (struct sg_suggestion){
        .text = q, .type = SG_STR("query"), .to = typed_bytes(q, j->typed), .recent = recent};
}

static bool is_there(const struct sg_suggestion *v, size_t n, struct sg_str folded)
{
    for (size_t i = 0; i < n; i++)
        if (is_same(v[i].text, folded))
            return true;
    return false;
}

/* Of one market, up to `most` more into *n. */
static void find(const struct popular_set *set, struct sg_str market, struct joining *j,
                 const struct sg_list *others, struct sg_str *out, size_t *n, size_t most)
{
    uint32_t at[LIMIT];
    size_t found = set ? popular_set_find(set, market, j->typed, at, LIMIT) : 0;
    for (size_t i = 0; i < found && *n < most; i++) {
        const struct sg_popular_row *r = &set->v[at[i]];
        bool known = sg_str_eq(r->folded, j->typed) || is_there(j->v, j->n, r->folded) ||
                     is_there(others->v, others->n, r->folded);
        for (size_t k = 0; k < *n && !known; k++)
            known = is_same(out[k], r->folded);
        struct sg_str copy = known ? SG_STR_NONE : sg_arena_copy(j->a, r->query);
        if (copy.p)
            out[(*n)++] = copy;
    }
}

static size_t popular_for(struct sg_popular *p, const struct sg_suggest_request *q,
                          struct joining *j, const struct sg_list *others, struct sg_str *out)
{
    size_t n = 0, most = j->limit / SHARE ? j->limit / SHARE : 1;
    if (others->n + j->n < j->limit && j->limit - others->n - j->n > most)
        most = j->limit - others->n - j->n;
    most = most > LIMIT ? LIMIT : most;
    pthread_rwlock_rdlock(&p->set_lock);
    if (q->market.n)
        find(p->set, q->market, j, others, out, &n, most);
    find(p->set, SG_STR(""), j, others, out, &n, most);
    pthread_rwlock_unlock(&p->set_lock);
    return n;
}

static bool has_none(struct sg_popular *p)
{
    pthread_rwlock_rdlock(&p->set_lock);
    bool none = !p->set || !p->set->n;
    pthread_rwlock_unlock(&p->set_lock);
    return none;
}

int sg_popular_complete(struct sg_popular *p, const struct sg_suggest_request *q,
                        struct sg_suggest_reply *reply, struct sg_arena *a, struct sg_error *e)
{
    const struct sg_str *recent = q->recent.v;
    const struct sg_suggestion *others = reply->suggestions.v;
    struct sg_str popular[LIMIT];
    if (!q->recent.n && has_none(p))
        return 0;
    struct joining j = {.v = sg_arena_array(a, (size_t)q->limit, sizeof *j.v),
                        .limit = (size_t)q->limit,
                        .typed = fold(q->q, a),
                        .a = a};
    if (!j.v || !j.typed.p)
        return sg_fail(e, SG_ENOMEM, "completions");
    for (size_t i = 0; i < q->recent.n && i < SG_RECENT_MAX; i++)
        put_query(&j, recent[i], true);
    size_t n = j.typed.n ? popular_for(p, q, &j, &reply->suggestions, popular) : 0;
    size_t room = j.limit - j.n, before = room > n ? room - n : 0;
    before = before > BEHIND ? BEHIND : before;
    size_t i = 0;
    for (; i < reply->suggestions.n && i < before; i++)
        j.v[j.n++] = others[i];
    for (size_t k = 0; k < n; k++)
        put_query(&j, popular[k], false);
    for (; i < reply->suggestions.n && j.n < j.limit; i++)
        j.v[j.n++] = others[i];
    reply->suggestions = (struct sg_list){j.v, j.n};
    return 0;
}

static bool fits(const struct sg_popular_row *r, struct sg_str market, struct sg_str lang)
{
    return sg_str_eq(r->market, market) && (!lang.n || sg_str_eq(r->lang, lang));
}

static bool is_listed(const struct sg_popular_query *v, size_t n, struct sg_str folded)
{
    for (size_t i = 0; i < n; i++)
        if (is_same(v[i].q, folded))
            return true;
    return false;
}

static size_t rise(const struct popular_set *set, struct sg_str market,
                   const struct sg_popular_request *q, struct sg_popular_query *out, size_t n,
                   struct sg_arena *a)
{
    for (size_t i = 0; i < set->n && n < (size_t)q->limit; i++) {
        const struct sg_popular_row *r = &set->v[set->rising[i]];
        if (!fits(r, market, q->lang) || is_listed(out, n, r->folded))
            continue;
        struct sg_str copy = sg_arena_copy(a, r->query);
        if (copy.p)
            out[n++] = (struct sg_popular_query){copy, r->trend, r->weight};
    }
    return n;
}

int sg_popular_trending(struct sg_popular *p, const struct sg_popular_request *q,
                        struct sg_popular_reply *reply, struct sg_arena *a, struct sg_error *e)
{
    size_t n = 0;
    struct sg_popular_query *v = sg_arena_array(a, (size_t)q->limit, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "popular queries");
    pthread_rwlock_rdlock(&p->set_lock);
    if (p->set && q->market.n)
        n = rise(p->set, q->market, q, v, n, a);
    if (p->set)
        n = rise(p->set, SG_STR(""), q, v, n, a);
    pthread_rwlock_unlock(&p->set_lock);
    reply->queries = (struct sg_list){v, n};
    return 0;
}
