/* log.c - searches and their answers into the journal: see search_log.h. */
#include "core/log.h"
#include "api/search_log/parts.h"
#include "core/clock.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

struct log_params {
    uint64_t user_id;
    struct sg_str market, lang;
    bool log, personal;
};
static const struct sg_field log_fields[] = {
    SG_FIELD_U64(struct log_params, user_id, 1, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct log_params, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(struct log_params, lang, 2, 3, SG_OPTIONAL),
    SG_FIELD_(SG_T_BOOL, struct log_params, log, 0, 1, SG_OPTIONAL, 1, NULL),
    SG_FIELD_(SG_T_BOOL, struct log_params, personal, 0, 1, SG_OPTIONAL, 1, NULL),
};
static const struct sg_record log_record = SG_RECORD("LogParams", struct log_params, log_fields);
static const struct sg_param log_params[] = {
    {"user_id", "user_id", NULL, NULL, NULL},   {"market", "market", NULL, NULL, NULL},
    {"lang", "lang", NULL, NULL, NULL},         {"log", "log", NULL, NULL, NULL},
    {"personal", "personal", NULL, NULL, NULL}, {0},
};

static bool all_between(struct sg_str s, char from, char to)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < from || s.p[i] > to)
            return false;
    return true;
}

static int read_params(const struct sg_http_request *q, struct log_params *p, struct sg_error *e)
{
    int rc = sg_params_read(q, log_params, &log_record, p, e);
    if (!rc && !all_between(p->market, 'A', 'Z'))
        rc = sg_fail_field(e, "market", "market: expected two capitals, as US");
    if (!rc && !all_between(p->lang, 'a', 'z'))
        rc = sg_fail_field(e, "lang", "lang: expected two or three small letters, as en");
    return rc;
}

/* At most so many a second. */
static bool within_rate(struct sg_search_log *l)
{
    int64_t second = sg_now_us() / 1000000, was = l->window;
    for (;;) {
        int64_t used = was >> 32 == second ? was & 0xffffffff : 0;
        if (used >= l->config->searchlog.per_second) {
            sg_metric_add(l->dropped, "rate", 1);
            return false;
        }
        if (atomic_compare_exchange_weak(&l->window, &was, second << 32 | (used + 1)))
            return true;
    }
}

int sg_search_log_begin(struct sg_search_log *l, const struct sg_http_request *q,
                        enum sg_search_event_kind what, struct sg_str text,
                        struct sg_search_seen **out, struct sg_error *e)
{
    struct log_params p;
    int rc = read_params(q, &p, e);
    if (rc || !l || !p.log || search_log_is_off(q) || !within_rate(l))
        return rc;
    struct sg_search_seen *s = sg_arena_alloc(q->arena, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "search log");
    *s = (struct sg_search_seen){
        .what = what, .q = text, .market = p.market, .lang = p.lang, .user_id = p.user_id};
    sg_uuid_make(s->id);
    *out = s;
    return 0;
}

/* A number of the answer; text within strings has its quotes escaped and cannot look so. */
static int64_t number_after(const struct sg_buf *json, const char *key)
{
    size_t n = strlen(key);
    const char *at = memmem(json->p, json->n, key, n), *end = json->p + json->n;
    int64_t v = 0;
    for (at = at ? at + n : end; at < end && *at >= '0' && *at <= '9' && v < INT32_MAX; at++)
        v = 10 * v + (*at - '0');
    return v;
}

static int64_t count_of(const struct sg_buf *json, const char *key)
{
    const char *at = json->p, *end = json->p + json->n;
    int64_t n = 0;
    while ((at = memmem(at, (size_t)(end - at), key, strlen(key)))) {
        at += strlen(key);
        n++;
    }
    return n;
}

static void put_id(struct sg_buf *json, const unsigned char id[16])
{
    char text[SG_SEARCH_ID_CHARS + 1];
    if (!json->n || json->p[json->n - 1] != '}' || !sg_buf_reserve(json, 64))
        return;
    sg_uuid_text(id, text);
    json->n--;
    sg_buf_puts(json, ",\"search_id\":\"");
    sg_buf_puts(json, text);
    sg_buf_puts(json, "\"}");
}

void search_log_person(struct sg_search_log *l, char what, uint64_t id, unsigned char out[8],
                       int64_t *period)
{
    pthread_rwlock_rdlock(&l->key_lock);
    uint64_t hash = person_hash(&l->key, what, id);
    *period = l->key.period;
    pthread_rwlock_unlock(&l->key_lock);
    memcpy(out, &hash, 8);
}

int search_log_add(struct sg_search_log *l, const struct sg_search_event *event,
                   sg_journal_done done, void *ctx, struct sg_error *e)
{
    static _Thread_local char space[SG_QUERY_MAX + 256];
    struct sg_buf b = {space, 0, sizeof space, false};
    sg_record_freeze(&sg_search_event_record, event, &b);
    int rc = sg_buf_failed(&b) ? sg_fail(e, SG_ENOMEM, "search log")
                               : sg_journal_add(l->journal, sg_buf_str(&b), done, ctx, e);
    return rc;
}

void sg_search_log_answered(struct sg_search_log *l, const struct sg_http_request *q,
                            const struct sg_search_seen *s, struct sg_buf *json)
{
    bool search = s->what == SG_EVENT_SEARCH;
    unsigned char person[8];
    struct sg_search_event event = {.what = s->what,
                                    .id = {(const char *)s->id, 16},
                                    .at_us = 1000 * sg_uuid_ms(s->id),
                                    .person = {(const char *)person, 8},
                                    .market = s->market,
                                    .lang = s->lang};
    event.total = search ? number_after(json, "],\"total\":") : count_of(json, "{\"text\":");
    event.shown = search && event.total > s->limit ? s->limit : event.total;
    event.first = s->offset + 1;
    if (search && !looks_personal(s->q))
        event.q = s->q;
    if (event.q.p && event.total && s->offset == 0 && !s->again)
        event.user_id = s->user_id;
    search_log_person(l, s->user_id ? 'u' : 'c', s->user_id ? s->user_id : q->client, person,
                      &event.period);
    put_id(json, s->id);
    if (event.user_id)
        recent_add(l->recent, event.user_id, event.q, event.at_us);
    bool added = !search_log_add(l, &event, NULL, NULL, NULL);
    sg_metric_add(added ? l->logged : l->dropped, added ? "search" : "full", 1);
}

int sg_search_log_recent(struct sg_search_log *l, const struct sg_http_request *q,
                         struct sg_str text, struct sg_list *out, struct sg_error *e)
{
    struct log_params p;
    char folded[SG_QUERY_MAX];
    struct sg_recent_search found[SG_RECENT_MAX];
    size_t n = 0;
    int rc = read_params(q, &p, e);
    if (rc || !l || !p.user_id)
        return rc;
    struct sg_str start = {folded, sg_text_fold(folded, sizeof folded, text)};
    struct sg_str *v = sg_arena_array(q->arena, SG_RECENT_MAX, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "recent searches");
    if (!recent_find(l->recent, p.user_id, start, found, SG_RECENT_MAX, &n, q->arena))
        move_want(l, p.user_id);
    for (size_t i = 0; i < n; i++)
        v[i] = found[i].q;
    *out = (struct sg_list){v, n};
    return 0;
}

int sg_search_log_person(const struct sg_http_request *q, uint64_t *user_id, struct sg_error *e)
{
    struct log_params p;
    int rc = read_params(q, &p, e);
    *user_id = rc || !p.personal ? 0 : p.user_id;
    return rc;
}

static void make_metrics(struct sg_search_log *l)
{
    l->logged = sg_metric_new(SG_COUNTER, "segue_searchlog_logged_total",
                              "Entries put into the journal", "what");
    l->dropped = sg_metric_new(SG_COUNTER, "segue_searchlog_dropped_total",
                               "Searches not logged: beyond the rate, or the journal full", "why");
    l->moved = sg_metric_new(SG_COUNTER, "segue_searchlog_moved_total",
                             "Entries moved to the database", NULL);
    l->backlog = sg_metric_new(SG_GAUGE, "segue_searchlog_journal_bytes",
                               "Bytes of the journal not moved yet", NULL);
}

static int open_files(struct sg_search_log *l, struct sg_error *e)
{
    char journal[SG_CONFIG_TEXT + 48];
    if (mkdir(l->dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", l->dir);
    snprintf(journal, sizeof journal, "%s/journal", l->dir);
    int rc = person_key_load(&l->key, l->dir, l->config->searchlog.key_days, e);
    struct sg_journal_options o = {.dir = journal};
    return rc ? rc : sg_journal_open(&l->journal, &o, e);
}

int sg_search_log_open(struct sg_search_log **out, const struct sg_config *config,
                       struct sg_pg_guard *guard, struct sg_error *e)
{
    struct sg_search_log *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "search log");
    l->config = config;
    l->guard = guard;
    snprintf(l->dir, sizeof l->dir, "%s/searchlog", config->var_dir);
    pthread_rwlock_init(&l->key_lock, NULL);
    pthread_mutex_init(&l->lock, NULL);
    make_metrics(l);
    l->recent = recent_open();
    int rc = l->recent ? open_files(l, e) : sg_fail(e, SG_ENOMEM, "search log");
    if (!rc)
        rc = move_start(l, e);
    if (rc)
        sg_search_log_close(l);
    else
        *out = l;
    return rc;
}

void sg_search_log_close(struct sg_search_log *l)
{
    if (!l)
        return;
    sg_mover_stop(l->mover);
    sg_journal_close(l->journal);
    recent_close(l->recent);
    search_carrier_free(l->carrier);
    pthread_mutex_destroy(&l->lock);
    pthread_rwlock_destroy(&l->key_lock);
    free(l);
}
