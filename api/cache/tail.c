/* tail.c - see tail.h. */
#include "api/cache/tail.h"
#include "core/change_tail.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/uuid.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAIT_MS = 200, RETRY_MIN_US = 250000, RETRY_MAX_US = 2000000 };
enum { UNSEEN_MAX_US = 30000000, LOOK_AGAIN_US = 20000 };

struct sg_cache_tail {
    struct sg_cache *cache;
    struct sg_db *db;
    const struct sg_config *config;
    pthread_t thread;
    atomic_bool stop;
    bool told; /* that it is not connected */
    struct sg_metric *connected, *changes;
};

/* A change of the table's row makes these keys old: format of a column's value. kind NULL, or
 * what the column "kind" must say. */
static const struct {
    const char *table, *kind, *column, *format;
} rules[] = {
    {"songs", NULL, "song_id", "song:%.*s:metadata"},
    {"song_artists", NULL, "song_id", "song:%.*s:metadata"},
    {"song_audio", NULL, "song_id", "song:%.*s:audio"},
    {"song_audio", NULL, "asset_id", "asset:%.*s"},
    {"availability", "song", "id", "song:%.*s:metadata"},
    {"availability", "album", "id", "album:%.*s"},
    {"artists", NULL, "artist_id", "artist:%.*s"},
    {"albums", NULL, "album_id", "album:%.*s"},
    {"genres", NULL, "genre_id", "genre:%.*s"},
    {"users", NULL, "user_id", "user:%.*s:profile"},
    {"playlists", NULL, "playlist_id", "playlist:%.*s"},
    {"playlist_songs", NULL, "playlist_id", "playlist:%.*s"},
    {"playlist_collaborators", NULL, "playlist_id", "playlist:%.*s"},
};

static struct sg_str cell(const struct sg_change *c, const struct sg_tuple *t, const char *column)
{
    const struct sg_cell *x = sg_tuple_get(c->relation, t, column);
    return x && x->kind == SG_CELL_TEXT ? x->text : SG_STR_NONE;
}

static void forget_tuple(struct sg_cache_tail *t, const struct sg_change *c,
                         const struct sg_tuple *tuple)
{
    for (size_t i = 0; tuple && i < sizeof rules / sizeof *rules; i++) {
        char key[SG_CACHE_KEY_MAX];
        if (!sg_str_eq(c->relation->name, sg_str(rules[i].table)) ||
            (rules[i].kind && !sg_str_eq(cell(c, tuple, "kind"), sg_str(rules[i].kind))))
            continue;
        struct sg_str value = cell(c, tuple, rules[i].column);
        int n = value.n <= SG_UUID_CHARS ? snprintf(key, sizeof key, rules[i].format, SG_FMT(value))
                                         : 0;
        if (value.n && n > 0)
            sg_cache_forget(t->cache, (struct sg_str){key, (size_t)n});
    }
}

static int apply(struct sg_cache_tail *t, struct sg_tail *tail, struct sg_error *e)
{
    struct sg_change c;
    double n = 0;
    int rc;
    while ((rc = sg_tail_change(tail, &c, e)) == 1) {
        n++;
        if (c.kind == SG_CHANGE_TRUNCATE) {
            sg_cache_forget_all(t->cache);
            continue;
        }
        forget_tuple(t, &c, c.old_tuple);
        forget_tuple(t, &c, c.new_tuple);
    }
    sg_metric_add(t->changes, "", n);
    return rc;
}

/* Of the transaction's number the log has 32 bits. */
static const struct sg_pg_statement can_be_read = {
    "transaction_can_be_read",
    "SELECT (pg_snapshot_xmax(s)::text::bigint - $1::bigint) & 4294967295 BETWEEN 1 AND 2147483647 "
    "AND NOT EXISTS (SELECT FROM pg_snapshot_xip(s) x WHERE x::text::bigint & 4294967295 = "
    "$1::bigint) FROM pg_current_snapshot() s",
    1};

/* The log tells of a transaction a moment before others can read what it wrote, or, where its
 * commit waits for a synchronous replica, as long before as that takes. What is forgotten sooner
 * may be read as it was and kept. A database that does not say, or that takes very long, is not
 * waited for. */
static void await_readers(struct sg_cache_tail *t, uint32_t xid)
{
    char number[16];
    const char *params[] = {number};
    bool unseen = true;
    snprintf(number, sizeof number, "%u", xid);
    for (int64_t until = sg_now_us() + UNSEEN_MAX_US; unseen && !t->stop && sg_now_us() < until;) {
        PGresult *rows = NULL;
        int rc = sg_db_write(t->db, NULL, &can_be_read, params, &rows, NULL);
        unseen = !rc && PQntuples(rows) == 1 && *PQgetvalue(rows, 0, 0) == 'f';
        PQclear(rows);
        if (unseen)
            sg_sleep_us(LOOK_AGAIN_US);
    }
}

static void follow(struct sg_cache_tail *t, struct sg_tail *tail, struct sg_error *e)
{
    int rc = 0;
    while (!t->stop && rc >= 0) {
        struct sg_txn txn;
        sg_cache_set_blind(t->cache, !sg_db_is_there(t->db));
        rc = sg_tail_next(tail, &txn, WAIT_MS, e);
        if (rc == 1) {
            sg_cache_will_follow(t->cache, txn.end_lsn);
            if (txn.n_changes)
                await_readers(t, txn.xid);
            rc = apply(t, tail, e);
            if (rc >= 0)
                rc = sg_tail_confirm(tail, txn.end_lsn, e);
            if (rc >= 0)
                sg_cache_follows(t->cache, txn.end_lsn);
        } else if (rc == 0) {
            sg_cache_follows(t->cache, sg_tail_server_lsn(tail));
        }
    }
}

/* Once followed, how long until it is tried again starts anew. */
static void connect_and_follow(struct sg_cache_tail *t, int64_t *wait_us)
{
    static atomic_uint number;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_tail *tail;
    char slot[64];
    snprintf(slot, sizeof slot, "segue_cache_%ld_%lld_%u", (long)getpid(),
             (long long)(sg_wall_us() % 1000000000), number++);
    if (!sg_tail_open_temporary(&tail, t->config->pg.dsn, slot, "segue_cache", t->config->var_dir,
                                &t->stop, &e)) {
        sg_cache_forget_all(t->cache);
        sg_metric_set(t->connected, "", 1);
        sg_log(SG_LOG_INFO, "cache follows the database", "slot=%s", slot);
        t->told = false;
        *wait_us = RETRY_MIN_US;
        follow(t, tail, &e);
        sg_tail_close(tail);
    }
    sg_metric_set(t->connected, "", 0);
    sg_cache_set_blind(t->cache, true);
    if (!t->stop && !t->told)
        sg_log(SG_LOG_WARN, "cache does not follow the database: nothing is fresh past 5 s",
               "error=\"%s\"", e.text);
    t->told = true;
}

static void *run(void *ctx)
{
    struct sg_cache_tail *t = ctx;
    int64_t wait_us = RETRY_MIN_US;
    while (!t->stop) {
        connect_and_follow(t, &wait_us);
        for (int64_t slept = 0; slept < wait_us && !t->stop; slept += 50000)
            sg_sleep_us(50000);
        wait_us = wait_us * 2 < RETRY_MAX_US ? wait_us * 2 : RETRY_MAX_US;
    }
    return NULL;
}

int sg_cache_tail_open(struct sg_cache_tail **out, struct sg_cache *cache, struct sg_db *db,
                       const struct sg_config *config, struct sg_error *e)
{
    struct sg_cache_tail *t = calloc(1, sizeof *t);
    if (!t)
        return sg_fail(e, SG_ENOMEM, "cache tail");
    *t = (struct sg_cache_tail){.cache = cache, .db = db, .config = config};
    t->connected = sg_metric_new(SG_GAUGE, "segue_cache_following",
                                 "1: the cache is told what others write", NULL);
    t->changes =
        sg_metric_new(SG_COUNTER, "segue_cache_changes_total", "Rows that others changed", NULL);
    sg_cache_set_blind(cache, true);
    if (pthread_create(&t->thread, NULL, run, t)) {
        free(t);
        return sg_fail(e, SG_EIO, "cannot start the thread that follows the database");
    }
    *out = t;
    return 0;
}

void sg_cache_tail_close(struct sg_cache_tail *t)
{
    if (!t)
        return;
    t->stop = true;
    pthread_join(t->thread, NULL);
    free(t);
}
