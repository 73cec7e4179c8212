/* plays.c - opening, closing, and into the journal: see plays.h. */
#include "api/plays/parts.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/uuid.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAIN_US   500000
#define WORD_BYTES 1024 /* more than any word takes */

int plays_add(struct sg_plays *p, const struct sg_play_event *event, sg_journal_done done,
              void *ctx, struct sg_error *e)
{
    char space[WORD_BYTES];
    struct sg_buf b = {0};
    if (!event->listens.n)
        b = (struct sg_buf){space, 0, sizeof space, false};
    sg_record_freeze(&sg_play_event_record, event, &b);
    int rc = sg_buf_failed(&b) ? sg_fail(e, SG_ENOMEM, "a play")
             : done            ? sg_journal_add(p->journal, sg_buf_str(&b), done, ctx, e)
                               : sg_journal_add_wait(p->journal, sg_buf_str(&b), e);
    if (rc == SG_EBUSY)
        rc = sg_fail(e, SG_EUNAVAIL, "too many plays wait for the database");
    if (event->listens.n)
        sg_buf_free(&b);
    return rc;
}

void plays_drain(struct sg_plays *p, const struct sg_http_request *q)
{
    int64_t until = sg_now_us() + DRAIN_US;
    sg_mover_drain(p->mover, until < q->deadline_us ? until : q->deadline_us);
}

static void journal_dir(const struct sg_plays *p, char out[SG_CONFIG_TEXT + 48])
{
    snprintf(out, SG_CONFIG_TEXT + 48, "%s/plays/journal", p->config->var_dir);
}

int plays_rename_journal(struct sg_plays *p, struct sg_error *e)
{
    char dir[SG_CONFIG_TEXT + 48], path[SG_CONFIG_TEXT + 64];
    journal_dir(p, dir);
    snprintf(path, sizeof path, "%s/id", dir);
    sg_uuid_make(p->journal_id);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, p->journal_id, 16) == 16 && fsync(fd) == 0;
    int rc = ok ? 0 : sg_fail_errno(e, "%s", path);
    if (fd >= 0)
        close(fd);
    return rc;
}

/* The name by which the database knows this journal. It lies within the folder, so that who
 * loses the one loses the other. */
static int read_journal_id(struct sg_plays *p, const char *dir, struct sg_error *e)
{
    char path[SG_CONFIG_TEXT + 64];
    snprintf(path, sizeof path, "%s/id", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, p->journal_id, 16) == 16;
    if (fd >= 0)
        close(fd);
    return whole ? 0 : plays_rename_journal(p, e);
}

static int open_journal(struct sg_plays *p, struct sg_error *e)
{
    char dir[SG_CONFIG_TEXT + 32], journal[SG_CONFIG_TEXT + 48];
    snprintf(dir, sizeof dir, "%s/plays", p->config->var_dir);
    journal_dir(p, journal);
    if (mkdir(dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", dir);
    struct sg_journal_options o = {.dir = journal,
                                   .max_bytes = (uint64_t)p->config->plays.journal_mb << 20};
    int rc = sg_journal_open(&p->journal, &o, e);
    if (rc)
        return rc;
    struct sg_journal_state state;
    sg_journal_state(p->journal, &state);
    p->opened_at = state.added;
    return read_journal_id(p, journal, e);
}

static void make_metrics(struct sg_plays *p)
{
    p->told = sg_metric_new(SG_COUNTER, "segue_plays_told_total",
                            "What players told and was kept in the journal", "what");
    p->kept = sg_metric_new(SG_COUNTER, "segue_plays_total", "Plays new in the database", NULL);
    p->unknown =
        sg_metric_new(SG_COUNTER, "segue_plays_unknown_total",
                      "Words left out because there is no such song or user (any more)", NULL);
    p->held_back = sg_metric_new(SG_COUNTER, "segue_plays_not_counted_total",
                                 "Plays kept in history but not counted, for their rate", NULL);
    p->moved = sg_metric_new(SG_COUNTER, "segue_plays_moved_total",
                             "Records of the journal taken by the database", NULL);
    p->refused = sg_metric_new(SG_COUNTER, "segue_plays_refused_total",
                               "Records of the journal that the database refused", NULL);
    p->backlog =
        sg_metric_new(SG_GAUGE, "segue_plays_journal_bytes", "Bytes of the journal of plays", NULL);
    p->matched = sg_metric_new(SG_COUNTER, "segue_plays_listens_total",
                               "Submitted listens looked up, by what came of it", "found");
}

int sg_plays_open(struct sg_plays **out, const struct sg_config *config,
                  struct sg_rpc_client *query, struct sg_now *now, struct sg_pg_guard *guard,
                  struct sg_error *e)
{
    struct sg_plays *p = calloc(1, sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "plays");
    p->config = config;
    p->query = query;
    p->now = now;
    p->guard = guard;
    sg_pause_init(&p->keeper_pause);
    make_metrics(p);
    p->tokens = token_cache_open();
    int rc = p->tokens ? open_journal(p, e) : sg_fail(e, SG_ENOMEM, "plays");
    if (!rc)
        rc = plays_mover_start(p, e);
    if (!rc && pthread_create(&p->keeper, NULL, keeper_main, p))
        rc = sg_fail(e, SG_EIO, "plays: no thread");
    p->has_keeper = !rc;
    if (rc)
        sg_plays_close(p);
    else
        *out = p;
    return rc;
}

void sg_plays_close(struct sg_plays *p)
{
    if (!p)
        return;
    if (p->has_keeper) {
        sg_pause_end(&p->keeper_pause);
        pthread_join(p->keeper, NULL);
    }
    sg_mover_stop(p->mover);
    sg_journal_close(p->journal);
    batch_free(p->batch);
    token_cache_close(p->tokens);
    sg_pause_destroy(&p->keeper_pause);
    free(p);
}
