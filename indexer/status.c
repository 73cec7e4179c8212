/* status.c - see status.h. Facts are gathered into one struct, then printed as
 * text or JSON.
 */
#include "indexer/status.h"
#include "core/clock.h"
#include "core/rpc.h"
#include "index/searcher.h"
#include "indexer/folder.h"
#include "indexer/health.h"
#include "indexer/retire.h"
#include "indexer/source_pg.h"
#include "schemas/service.h"
#include <stdlib.h>

#define KEPT_MAX    32
#define PATIENCE_US 2000000

struct status {
    const struct sg_config *config;
    char current[SG_GENERATION_NAME], id[16];
    struct sg_manifest *kept; /* KEPT_MAX, newest first */
    size_t n_kept;
    uint64_t lsn, server_lsn, sequence;
    uint64_t counts[SG_KINDS]; /* live */
    bool searchable, running, database, rebuilding;
    double lag_s, delta_documents;
    char trouble[256], refused_why[256];
    char served[SG_GENERATION_NAME], query[16], query_detail[256]; /* by the query server */
    struct sg_slot_info slots[SG_SLOTS_MAX];
    size_t n_slots;
    char refused[8][SG_GENERATION_NAME];
    size_t n_refused;
};

static void look_at_index(struct status *s)
{
    struct sg_index *x = NULL;
    struct sg_searcher *r = NULL;
    struct sg_index_options o = {.dir = s->config->index.dir, .verify_bytes = 1};
    char name[SG_GENERATION_NAME];
    if (sg_index_open(&x, &o, NULL))
        return;
    sg_index_status(x, name, s->refused_why);
    if (!sg_searcher_open(&r, x, NULL) && !sg_searcher_begin(r, NULL)) {
        s->searchable = true;
        s->lsn = sg_searcher_lsn(r);
        for (int k = 0; k < SG_KINDS; k++)
            s->counts[k] = sg_searcher_count(r, (enum sg_kind)k);
        sg_searcher_end(r);
    }
    if (r)
        sg_searcher_close(r);
    sg_index_close(x);
}

static double metric(struct sg_str text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = text.p; p && (p = memmem(p, (size_t)(text.p + text.n - p), name, n));
         p += n) {
        if ((p == text.p || p[-1] == '\n') && p[n] == ' ')
            return strtod(p + n + 1, NULL);
    }
    return 0;
}

/* Its health: true when it answers. h's texts live in a. */
static bool ask_health(struct sg_rpc_client *c, struct sg_arena *a, struct sg_health_reply *h)
{
    return !sg_rpc_call(c, SG_METHOD_HEALTH, NULL, NULL, &sg_health_reply_record, h, a,
                        sg_now_us() + PATIENCE_US, SG_STR_NONE, NULL);
}

static void read_metrics(struct status *s, struct sg_rpc_client *c, struct sg_arena *a)
{
    struct sg_metrics_reply m;
    if (sg_rpc_call(c, SG_METHOD_METRICS, NULL, NULL, &sg_metrics_reply_record, &m, a,
                    sg_now_us() + PATIENCE_US, SG_STR_NONE, NULL))
        return;
    struct sg_str text = sg_arena_copy(a, m.text); /* ends in a zero */
    s->lag_s = metric(text, "segue_indexer_lag_seconds");
    s->delta_documents = metric(text, "segue_indexer_delta_documents");
}

static void ask_indexer(struct status *s, struct sg_arena *a)
{
    char url[SG_CONFIG_TEXT + 32];
    struct sg_rpc_client *c = NULL;
    struct sg_health_reply h;
    sg_health_url(s->config, url);
    if (!sg_folder_locked(s->config->index.dir, "RUN.lock") || sg_rpc_client_open(&c, url, NULL))
        return;
    s->running = ask_health(c, a, &h);
    if (s->running) {
        snprintf(s->trouble, sizeof s->trouble, "%.*s", SG_FMT(h.detail));
        read_metrics(s, c, a);
    }
    sg_rpc_client_close(c);
}

/* What is searched in may differ from CURRENT: a generation it found damaged. */
static void ask_query_server(struct status *s, struct sg_arena *a)
{
    struct sg_rpc_client *c = NULL;
    struct sg_health_reply h;
    if (sg_rpc_client_open(&c, s->config->query.listen, NULL))
        return;
    if (ask_health(c, a, &h)) {
        snprintf(s->query, sizeof s->query, "%.*s", SG_FMT(h.status));
        snprintf(s->query_detail, sizeof s->query_detail, "%.*s", SG_FMT(h.detail));
        snprintf(s->served, sizeof s->served, "%.*s", SG_FMT(h.generation));
    }
    sg_rpc_client_close(c);
}

static void ask_services(struct status *s)
{
    struct sg_arena a = {0};
    ask_indexer(s, &a);
    ask_query_server(s, &a);
    sg_arena_free(&a);
}

static void ask_database(struct status *s)
{
    PGconn *c = NULL;
    if (!sg_source_is_postgres(s->config) || sg_pg_connect(&c, s->config->pg.dsn, NULL))
        return;
    s->database = !sg_source_pg_lsn(c, &s->server_lsn, NULL) &&
                  !sg_slot_list(c, s->id, s->slots, &s->n_slots, NULL);
    PQfinish(c);
}

/* What libpq says has lines. */
static void one_line(char *text)
{
    for (char *p = text; *p; p++)
        *p = *p == '\n' || *p == '\t' ? ' ' : *p;
}

static void gather(struct status *s)
{
    const char *dir = s->config->index.dir;
    if (sg_current_read(dir, s->current, NULL))
        s->current[0] = '\0';
    if (sg_folder_read(dir, ".", "ID", s->id, sizeof s->id, NULL))
        s->id[0] = '\0';
    s->n_kept = sg_generation_list(dir, s->kept, KEPT_MAX);
    s->n_refused = sg_folder_list(dir, SG_REFUSED, s->refused, 8);
    s->rebuilding = sg_folder_locked(dir, "REBUILD.lock");
    look_at_index(s);
    ask_services(s);
    one_line(s->trouble);
    ask_database(s);
}

static int64_t lag_bytes(const struct status *s)
{
    if (!s->database || !s->searchable)
        return -1;
    return s->server_lsn > s->lsn ? (int64_t)(s->server_lsn - s->lsn) : 0;
}

static const struct sg_slot_info *slot_of(const struct status *s, const char *name)
{
    for (size_t i = 0; i < s->n_slots; i++) {
        if (!strcmp(s->slots[i].name, name))
            return &s->slots[i];
    }
    return NULL;
}

static void refusal(const struct status *s, size_t i, char why[256])
{
    if (sg_folder_read(s->config->index.dir, s->refused[i], "REFUSED", why, 256, NULL))
        snprintf(why, 256, "unknown");
    why[strcspn(why, "\n")] = '\0';
}

static void print_generation(const struct status *s, const struct sg_manifest *m)
{
    const struct sg_slot_info *slot = slot_of(s, m->slot);
    printf("%c %-44s %10llu songs  mrr %.3f", strcmp(m->name, s->current) ? ' ' : '*', m->name,
           (unsigned long long)m->counts[SG_SONG], m->canary_mrr);
    if (slot && slot->lost)
        printf("  slot lost: can serve, cannot catch up");
    else if (slot)
        printf("  holds %.1f MB of log%s", (double)slot->retained_bytes / 1e6,
               slot->active ? "" : ", not read");
    else if (m->slot[0] && s->database)
        printf("  no slot");
    printf("\n");
}

static void print_text(const struct status *s)
{
    char lsn[24], why[256];
    sg_lsn_format(s->lsn, lsn);
    printf("generation   %s\n", s->current[0] ? s->current : "none published yet");
    if (s->searchable)
        printf("holds        %llu songs, %llu artists, %llu albums, %llu playlists\n",
               (unsigned long long)s->counts[SG_SONG], (unsigned long long)s->counts[SG_ARTIST],
               (unsigned long long)s->counts[SG_ALBUM], (unsigned long long)s->counts[SG_PLAYLIST]);
    printf("applied      %s\n", lsn);
    if (lag_bytes(s) >= 0)
        printf("lag          %lld bytes, %.3f s\n", (long long)lag_bytes(s), s->lag_s);
    else if (sg_source_is_postgres(s->config))
        printf("lag          unknown: the database does not answer\n");
    printf("indexer      %s%s%s\n", s->running ? "running" : "not running",
           s->trouble[0] ? ": " : "", s->trouble);
    if (s->running)
        printf("delta        %.0f documents\n", s->delta_documents);
    if (s->query[0])
        printf("query        %s%s%s\n", s->query, s->served[0] ? ", serves " : "", s->served);
    else
        printf("query        not running\n");
    if (s->rebuilding)
        printf("rebuild      under way\n");
    if (s->query_detail[0])
        printf("ALERT        query server: %s\n", s->query_detail);
    else if (s->refused_why[0])
        printf("ALERT        not served: %s\n", s->refused_why);
    printf("\ngenerations (* serves)\n");
    for (size_t i = 0; i < s->n_kept; i++)
        print_generation(s, &s->kept[i]);
    for (size_t i = 0; i < s->n_refused; i++) {
        refusal(s, i, why);
        printf("! %-44s refused: %s\n", s->refused[i], why);
    }
}

static void json_member(struct sg_buf *b, const char *name, const char *text)
{
    sg_buf_printf(b, ",\"%s\":", name);
    if (text[0])
        sg_buf_json_str(b, sg_str(text));
    else
        sg_buf_puts(b, "null");
}

static void json_generation(const struct status *s, const struct sg_manifest *m, struct sg_buf *b)
{
    const struct sg_slot_info *slot = slot_of(s, m->slot);
    char lsn[24];
    sg_lsn_format(m->lsn, lsn);
    sg_buf_puts(b, "{\"name\":");
    sg_buf_json_str(b, sg_str(m->name));
    json_member(b, "slot", m->slot);
    sg_buf_printf(b, ",\"lsn\":\"%s\",\"songs\":%llu,\"canary_mrr\":%.4f,\"current\":%s", lsn,
                  (unsigned long long)m->counts[SG_SONG], m->canary_mrr,
                  strcmp(m->name, s->current) ? "false" : "true");
    if (slot)
        sg_buf_printf(b, ",\"slot_active\":%s,\"slot_lost\":%s,\"slot_retained_bytes\":%lld",
                      slot->active ? "true" : "false", slot->lost ? "true" : "false",
                      (long long)slot->retained_bytes);
    sg_buf_puts(b, "}");
}

static void json_lists(const struct status *s, struct sg_buf *b)
{
    char why[256];
    sg_buf_puts(b, ",\"generations\":[");
    for (size_t i = 0; i < s->n_kept; i++) {
        sg_buf_puts(b, i ? "," : "");
        json_generation(s, &s->kept[i], b);
    }
    sg_buf_puts(b, "],\"refused\":[");
    for (size_t i = 0; i < s->n_refused; i++) {
        refusal(s, i, why);
        sg_buf_printf(b, "%s{\"name\":", i ? "," : "");
        sg_buf_json_str(b, sg_str(s->refused[i]));
        json_member(b, "why", why);
        sg_buf_puts(b, "}");
    }
    sg_buf_puts(b, "]}\n");
}

static void print_json(const struct status *s)
{
    struct sg_buf b = {0};
    char lsn[24];
    sg_lsn_format(s->lsn, lsn);
    sg_buf_printf(&b, "{\"running\":%s,\"rebuilding\":%s,\"database\":%s",
                  s->running ? "true" : "false", s->rebuilding ? "true" : "false",
                  s->database ? "true" : "false");
    json_member(&b, "generation", s->current);
    json_member(&b, "trouble", s->trouble);
    json_member(&b, "not_served", s->refused_why);
    json_member(&b, "query", s->query);
    json_member(&b, "query_detail", s->query_detail);
    json_member(&b, "served", s->served);
    sg_buf_printf(&b, ",\"lsn\":\"%s\",\"lag_bytes\":%lld,\"lag_s\":%.3f,\"delta_documents\":%.0f",
                  lsn, (long long)lag_bytes(s), s->lag_s, s->delta_documents);
    for (int k = 0; k < SG_KINDS; k++)
        sg_buf_printf(&b, ",\"%ss\":%llu", sg_kind_names[k], (unsigned long long)s->counts[k]);
    json_lists(s, &b);
    if (!sg_buf_failed(&b))
        fwrite(b.p, 1, b.n, stdout);
    sg_buf_free(&b);
}

int sg_cmd_status(const struct sg_config *config, int argc, char **argv)
{
    bool json = argc == 2 && !strcmp(argv[1], "--json");
    if (argc > 1 && !json) {
        fprintf(stderr, "segue-indexer status: unexpected argument '%s'\n", argv[1]);
        return 2;
    }
    struct status *s = calloc(1, sizeof *s);
    struct sg_manifest *kept = calloc(KEPT_MAX, sizeof *kept);
    if (s && kept) {
        s->config = config;
        s->kept = kept;
        gather(s);
        if (json)
            print_json(s);
        else
            print_text(s);
    }
    bool ok = s && kept && s->current[0];
    free(kept);
    free(s);
    return ok ? 0 : 1;
}
