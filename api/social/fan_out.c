/* fan_out.c - see fan_out.h. */
#include "api/social/fan_out.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/pause.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH     "50" /* acts of one transaction */
#define IDLE_MS   250
#define AGAIN_MS  1000 /* after an error */
#define TIDY_US   3600000000
#define KEPT_DAYS "90" /* acts and releases older than these are nobody's news */

struct sg_fan_out {
    struct sg_db *db;
    char reach[24]; /* followers up to whom each gets a row */
    struct sg_pause pause;
    pthread_t thread;
    struct sg_metric *moved;
};

static const struct sg_pg_statement fan_out = {"fan_out",
                                               "SELECT segue_fan_out($1::bigint, " BATCH ")", 1};
static const struct sg_pg_statement tidy = {"tidy_acts", "SELECT segue_tidy_acts(" KEPT_DAYS ")",
                                            0};

/* Acts moved, or a negative error. */
static int move(struct sg_fan_out *f, struct sg_error *e)
{
    const char *params[] = {f->reach};
    PGresult *rows = NULL;
    int64_t n = 0;
    int rc = sg_db_write(f->db, NULL, &fan_out, params, &rows, e);
    if (!rc && PQntuples(rows) == 1)
        sg_str_to_i64(sg_str(PQgetvalue(rows, 0, 0)), &n);
    PQclear(rows);
    if (n)
        sg_metric_add(f->moved, "", (double)n);
    return rc ? rc : (int)n;
}

static void *run(void *ctx)
{
    struct sg_fan_out *f = ctx;
    int64_t tidied = 0;
    bool well = true;
    for (int wait_ms = 0; !sg_pause_for(&f->pause, wait_ms, true);) {
        struct sg_error e = SG_ERROR_INIT;
        int n = move(f, &e);
        if (n >= 0 && sg_now_us() - tidied > TIDY_US) {
            int rc = sg_db_write(f->db, NULL, &tidy, NULL, NULL, &e);
            n = rc ? rc : n;
            tidied = sg_now_us();
        }
        if (n < 0 && well)
            sg_log(SG_LOG_WARN, "acts wait for their followers' feeds", "error=%s", e.text);
        well = n >= 0;
        wait_ms = n < 0 ? AGAIN_MS : n > 0 ? 0 : IDLE_MS;
    }
    return NULL;
}

int sg_fan_out_start(struct sg_fan_out **out, struct sg_db *db, const struct sg_config *config,
                     struct sg_error *e)
{
    struct sg_fan_out *f = calloc(1, sizeof *f);
    if (!f)
        return sg_fail(e, SG_ENOMEM, "feeds");
    f->db = db;
    f->moved = sg_metric_new(SG_COUNTER, "segue_acts_moved_total",
                             "Acts that left the outbox for feeds", NULL);
    snprintf(f->reach, sizeof f->reach, "%lld", (long long)config->social.fan_out);
    sg_pause_init(&f->pause);
    if (pthread_create(&f->thread, NULL, run, f)) {
        sg_pause_destroy(&f->pause);
        free(f);
        return sg_fail(e, SG_EIO, "cannot start the thread of feeds");
    }
    *out = f;
    return 0;
}

void sg_fan_out_stop(struct sg_fan_out *f)
{
    if (!f)
        return;
    sg_pause_end(&f->pause);
    pthread_join(f->thread, NULL);
    sg_pause_destroy(&f->pause);
    free(f);
}
