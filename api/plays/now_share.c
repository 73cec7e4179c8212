/* now_share.c - see now_share.h. Times travel as how long ago: clocks of hosts differ. */
#include "api/plays/now_share.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/pg.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { NEWS_MAX = 1000, PEERS_MAX = 64, TICK_MS = 1000 };
#define HELLO_US  20000000
#define SILENT_US 70000000 /* of whom nothing was heard for so long is gone */
#define RETRY_US  500000
#define WRITE_US  2000000
#define AGO_MAX   INT64_C(86400000) /* milliseconds */

struct peer {
    int pid; /* of its session; 0: free */
    int64_t heard_us;
};
struct sg_now_share {
    struct sg_now *now;
    const struct sg_config *config;
    struct sg_pg_guard *guard;
    pthread_t thread;
    bool has_thread;
    int wake;
    atomic_bool stop;
    struct peer peers[PEERS_MAX];
    bool stranger;    /* somebody new was heard */
    int64_t hello_us; /* when we last said so */
    struct sg_now_news news[NEWS_MAX];
};

static const struct sg_pg_statement tell = {
    "now_tell",
    "SELECT pg_notify('segue_now', string_agg(w.word, ';')) FROM (SELECT x.word, (row_number() "
    "OVER () - 1) / 100 AS part FROM unnest($1::bigint[], $2::text[]) AS x (user_id, word) JOIN "
    "users u USING (user_id) WHERE NOT u.private_session AND "
    "segue_share_listening(u.preferences) <> 'nobody' AND EXISTS (SELECT FROM follows f WHERE "
    "f.target_kind = 'user' AND f.target_id = u.user_id)) w GROUP BY w.part",
    2};

static int64_t ago(int64_t us, int64_t now)
{
    int64_t ms = (now - us) / 1000;
    return ms < 0 ? 0 : ms < AGO_MAX ? ms : AGO_MAX;
}

static int write_news(struct sg_now_share *s, PGconn *c, size_t n, struct sg_error *e)
{
    struct sg_pg_limit limit = {.deadline_us = sg_now_us() + WRITE_US, .cut = &s->stop};
    struct sg_buf users = {0}, words = {0};
    int64_t now = sg_wall_us();
    for (size_t i = 0; i < n; i++) {
        const struct sg_now_news *x = &s->news[i];
        int64_t left = x->until_us ? (x->until_us - now) / 1000 : 0;
        sg_buf_printf(&users, "%c%" PRIu64, i ? ',' : '{', x->play.user_id);
        sg_buf_printf(&words, "%c\"%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64 "\"",
                      i ? ',' : '{', x->play.user_id, x->play.song_id, ago(x->play.began_us, now),
                      ago(x->play.heard_us, now), left > 0 ? left : 0);
    }
    sg_buf_put(&users, "}", 2);
    sg_buf_put(&words, "}", 2);
    const char *params[] = {users.p, words.p};
    int rc = sg_buf_failed(&users) || sg_buf_failed(&words)
                 ? sg_fail(e, SG_ENOMEM, "playing now")
                 : sg_pg_run_within(c, &tell, params, &limit, NULL, e);
    sg_buf_free(&users);
    sg_buf_free(&words);
    return rc;
}

/* Five numbers with a space between; false: it is not that. */
static bool read_word(struct sg_str word, int64_t v[5])
{
    for (int i = 0; i < 5; i++) {
        const char *space = word.n ? memchr(word.p, ' ', word.n) : NULL;
        size_t n = space ? (size_t)(space - word.p) : word.n;
        if ((i < 4) != (space != NULL) || !sg_str_to_i64((struct sg_str){word.p, n}, &v[i]) ||
            v[i] < 0 || (i > 1 && v[i] > 2 * AGO_MAX))
            return false;
        word = (struct sg_str){word.p + n + (i < 4), word.n - n - (i < 4)};
    }
    return true;
}

void sg_now_share_read(struct sg_now *n, struct sg_str notice)
{
    int64_t now = sg_wall_us(), v[5];
    while (notice.n) {
        const char *end = memchr(notice.p, ';', notice.n);
        size_t used = end ? (size_t)(end - notice.p) : notice.n;
        if (read_word((struct sg_str){notice.p, used}, v))
            sg_now_hear(n, &(struct sg_now_news){{(uint64_t)v[0], (uint64_t)v[1], now - v[2] * 1000,
                                                  now - v[3] * 1000},
                                                 v[4] ? now + v[4] * 1000 : 0});
        notice = (struct sg_str){notice.p + used + (end != NULL), notice.n - used - (end != NULL)};
    }
}

static void hear_of(struct sg_now_share *s, int pid)
{
    struct peer *at = s->peers;
    for (struct peer *p = s->peers; p < s->peers + PEERS_MAX; p++)
        if (p->pid == pid || (at->pid != pid && p->heard_us < at->heard_us))
            at = p;
    s->stranger = s->stranger || at->pid != pid;
    *at = (struct peer){pid, sg_now_us()};
}

static bool has_others(const struct sg_now_share *s)
{
    int64_t since = sg_now_us() - SILENT_US;
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (s->peers[i].pid && s->peers[i].heard_us > since)
            return true;
    return false;
}

static int take_notices(struct sg_now_share *s, PGconn *c, struct sg_error *e)
{
    PGnotify *notice;
    if (!PQconsumeInput(c))
        return sg_fail(e, SG_EUNAVAIL, "%s", PQerrorMessage(c));
    while ((notice = PQnotifies(c))) {
        if (notice->be_pid != PQbackendPID(c)) {
            hear_of(s, notice->be_pid);
            sg_now_share_read(s->now, sg_str(notice->extra));
        }
        PQfreemem(notice);
    }
    return 0;
}

static int say_hello(struct sg_now_share *s, PGconn *c, struct sg_error *e)
{
    static const struct sg_pg_statement hello = {"now_hello",
                                                 "SELECT pg_notify('segue_now', 'hello')", 0};
    struct sg_pg_limit limit = {.deadline_us = sg_now_us() + WRITE_US, .cut = &s->stop};
    s->hello_us = sg_now_us();
    return sg_pg_run_within(c, &hello, NULL, &limit, NULL, e);
}

/* A stranger is greeted, and knows then that there is somebody to be told. */
static int tick(struct sg_now_share *s, PGconn *c, struct sg_error *e)
{
    bool anew = s->stranger;
    int rc = 0;
    s->stranger = false;
    sg_now_share(s->now, has_others(s), anew);
    if (anew || sg_now_us() - s->hello_us > HELLO_US)
        rc = say_hello(s, c, e);
    size_t n = rc ? 0 : sg_now_take_news(s->now, s->news, NEWS_MAX);
    return n ? write_news(s, c, n, e) : rc;
}

static int wait_for_notices(struct sg_now_share *s, PGconn *c, struct sg_error *e)
{
    struct pollfd f[] = {{.fd = PQsocket(c), .events = POLLIN}, {.fd = s->wake, .events = POLLIN}};
    int64_t until = sg_now_us() + TICK_MS * 1000, now;
    int rc = 0;
    while (!rc && !s->stop && (now = sg_now_us()) < until) {
        if (poll(f, 2, (int)((until - now) / 1000) + 1) < 0 && errno != EINTR)
            return sg_fail_errno(e, "poll");
        rc = take_notices(s, c, e);
    }
    return rc;
}

/* Until the connection breaks; what could not be told is told to all when it is back. */
static int share_once(struct sg_now_share *s, struct sg_error *e)
{
    PGconn *c = NULL;
    memset(s->peers, 0, sizeof s->peers);
    int rc = sg_pg_guard_connect(s->guard, &c, s->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "LISTEN segue_now", 0, NULL, NULL, e);
    if (!rc)
        rc = say_hello(s, c, e);
    while (!rc && !s->stop) {
        rc = wait_for_notices(s, c, e);
        if (!rc && !s->stop)
            rc = tick(s, c, e);
    }
    sg_pg_guard_finish(s->guard, c);
    sg_now_share(s->now, false, false);
    return rc;
}

static void *run(void *ctx)
{
    struct sg_now_share *s = ctx;
    bool said = false;
    while (!s->stop) {
        struct sg_error e = SG_ERROR_INIT;
        if (!share_once(s, &e) || s->stop)
            break;
        if (!said)
            sg_log(SG_LOG_WARN, "what plays elsewhere is not known: the database is away",
                   "error=%s", e.text);
        said = true;
        sg_sleep_us(RETRY_US);
    }
    return NULL;
}

int sg_now_share_start(struct sg_now_share **out, struct sg_now *now,
                       const struct sg_config *config, struct sg_pg_guard *guard,
                       struct sg_error *e)
{
    struct sg_now_share *s = calloc(1, sizeof *s);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "playing now");
    s->now = now;
    s->config = config;
    s->guard = guard;
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->has_thread = s->wake >= 0 && pthread_create(&s->thread, NULL, run, s) == 0;
    if (!s->has_thread) {
        sg_now_share_stop(s);
        return sg_fail(e, SG_EIO, "playing now: no thread");
    }
    *out = s;
    return 0;
}

void sg_now_share_stop(struct sg_now_share *s)
{
    uint64_t one = 1;
    if (!s)
        return;
    s->stop = true;
    if (s->has_thread && write(s->wake, &one, sizeof one) > 0)
        pthread_join(s->thread, NULL);
    if (s->wake >= 0)
        close(s->wake);
    free(s);
}
