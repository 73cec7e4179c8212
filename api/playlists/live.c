/* live.c - see live.h: the thread that listens, and the handler that lets viewers in. */
#include "api/accounts/accounts.h"
#include "api/playlists/handlers.h"
#include "api/playlists/live_parts.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/log.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STREAM_US   900000000 /* as long as an access token lives */
#define STREAMS_MAX 20        /* of one user */
#define RETRY_US    500000
#define LOOK_MS     1000

static void wake(struct sg_playlist_live *l)
{
    uint64_t one = 1;
    if (write(l->wake, &one, sizeof one) < 0)
        sg_log(SG_LOG_WARN, "playlists' events are late", NULL);
}

/* The next playlist after `after` that somebody looks at; fresh_only: who has heard nothing. */
static uint64_t next_playlist(struct sg_playlist_live *l, uint64_t after, bool fresh_only)
{
    uint64_t next = 0;
    pthread_mutex_lock(&l->lock);
    for (struct playlist_viewer *v = l->viewers; v; v = v->next)
        if (!v->ended && v->playlist_id > after && (!next || v->playlist_id < next) &&
            (!fresh_only || !v->told))
            next = v->playlist_id;
    pthread_mutex_unlock(&l->lock);
    return next;
}

/* What goes wrong with one list is not to keep others waiting; without the database all wait. */
static int refresh(struct sg_playlist_live *l, uint64_t id, struct sg_error *e)
{
    int rc = playlist_live_refresh(l, id, e);
    if (!rc || rc == SG_EUNAVAIL || rc == SG_ETIMEOUT || rc == SG_ECANCELED || rc == SG_EBUSY)
        return rc;
    sg_log(SG_LOG_ERROR, "a playlist's events are left out", "playlist=%llu error=%s",
           (unsigned long long)id, e->text);
    return 0;
}

static int refresh_all(struct sg_playlist_live *l, bool fresh_only, struct sg_error *e)
{
    int rc = 0;
    for (uint64_t id = 0; !rc && (id = next_playlist(l, id, fresh_only));)
        rc = refresh(l, id, e);
    return rc;
}

static void end_old(struct sg_playlist_live *l)
{
    int64_t now = sg_now_us();
    pthread_mutex_lock(&l->lock);
    for (struct playlist_viewer *v = l->viewers; v; v = v->next)
        if (!v->ended &&
            (v->until_us < now || sg_accounts_has_ended(l->api->accounts, v->login_id))) {
            sg_http_stream_close(v->stream);
            v->ended = true;
        }
    pthread_mutex_unlock(&l->lock);
}

/* What was notified: every playlist once, as long as they are the same in a row. */
static int take_notices(struct sg_playlist_live *l, PGconn *c, struct sg_error *e)
{
    PGnotify *notice;
    int rc = 0;
    if (!PQconsumeInput(c))
        return sg_fail(e, SG_EUNAVAIL, "%s", PQerrorMessage(c));
    while (!rc && (notice = PQnotifies(c))) {
        const char *colon = strchr(notice->extra, ':');
        uint64_t id = 0;
        if (colon &&
            sg_str_to_u64((struct sg_str){notice->extra, (size_t)(colon - notice->extra)}, &id))
            rc = refresh(l, id, e);
        PQfreemem(notice);
    }
    return rc;
}

static int wait_and_tell(struct sg_playlist_live *l, PGconn *c, struct sg_error *e)
{
    struct pollfd p[] = {{.fd = PQsocket(c), .events = POLLIN}, {.fd = l->wake, .events = POLLIN}};
    uint64_t count;
    if (poll(p, 2, LOOK_MS) < 0 && errno != EINTR)
        return sg_fail_errno(e, "poll");
    if (p[1].revents && read(l->wake, &count, sizeof count) < 0)
        return sg_fail_errno(e, "eventfd");
    end_old(l);
    int rc = p[1].revents ? refresh_all(l, true, e) : 0;
    return rc ? rc : take_notices(l, c, e);
}

/* Until the connection breaks. What was said while there was none is read from the tables. */
static int listen_once(struct sg_playlist_live *l, struct sg_error *e)
{
    PGconn *c = NULL;
    int rc = sg_pg_guard_connect(sg_db_guard(l->api->db), &c, l->api->config->pg.dsn, e);
    if (!rc)
        rc = sg_pg_exec(c, "LISTEN segue_playlists", 0, NULL, NULL, e);
    if (!rc)
        rc = refresh_all(l, false, e);
    while (!rc && !l->stop)
        rc = wait_and_tell(l, c, e);
    sg_pg_guard_finish(sg_db_guard(l->api->db), c);
    return rc;
}

static void *run(void *ctx)
{
    struct sg_playlist_live *l = ctx;
    bool said = false;
    while (!l->stop) {
        struct sg_error e = SG_ERROR_INIT;
        int64_t began = sg_now_us();
        if (!listen_once(l, &e))
            break;
        if (!said || sg_now_us() - began > 10000000)
            sg_log(SG_LOG_WARN, "playlists' events wait for the database", "error=%s", e.text);
        said = true;
        end_old(l);
        sg_sleep_us(RETRY_US);
    }
    return NULL;
}

int sg_playlist_live_open(struct sg_playlist_live **out, struct sg_api *api, struct sg_error *e)
{
    struct sg_playlist_live *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "playlists' events");
    l->api = api;
    l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&l->lock, NULL);
    if (l->wake < 0 || pthread_create(&l->thread, NULL, run, l)) {
        int rc = sg_fail(e, SG_EIO, "playlists' events: no thread");
        if (l->wake >= 0)
            close(l->wake);
        free(l);
        return rc;
    }
    *out = l;
    return 0;
}

void sg_playlist_live_close(struct sg_playlist_live *l)
{
    if (!l)
        return;
    l->stop = true;
    wake(l);
    pthread_join(l->thread, NULL);
    pthread_mutex_destroy(&l->lock);
    close(l->wake);
    free(l);
}

static void gone(void *ctx)
{
    struct playlist_viewer *v = ctx;
    struct sg_playlist_live *l = v->live;
    pthread_mutex_lock(&l->lock);
    struct playlist_viewer **at = &l->viewers;
    while (*at && *at != v)
        at = &(*at)->next;
    if (*at)
        *at = v->next;
    pthread_mutex_unlock(&l->lock);
    free(v);
}

/* Where the client left off: Last-Event-ID, else snapshot_id, else the list as it is. */
static int read_place(struct sg_http_request *q, const struct playlist *p, uint64_t *snapshot_id,
                      struct sg_error *e)
{
    struct sg_playlist_query in;
    struct sg_str last = sg_http_request_header(q, "Last-Event-ID");
    int rc = sg_params_read(q, sg_playlist_events_params, &sg_playlist_query_record, &in, e);
    *snapshot_id = in.snapshot_id ? in.snapshot_id : p->view.snapshot_id;
    if (!rc && last.n && (!sg_str_to_u64(last, snapshot_id) || *snapshot_id > INT64_MAX))
        rc = sg_fail_field(e, "Last-Event-ID", "Last-Event-ID: not one of these events'");
    return rc;
}

static size_t count_streams(struct sg_playlist_live *l, uint64_t user_id)
{
    size_t n = 0;
    for (struct playlist_viewer *v = l->viewers; v; v = v->next)
        n += v->user_id == user_id;
    return n;
}

static int let_in(struct sg_playlist_live *l, struct sg_http_request *q, struct sg_http_response *r,
                  const struct playlist *p, uint64_t snapshot_id, struct sg_error *e)
{
    struct playlist_viewer *v = calloc(1, sizeof *v);
    int rc = v ? 0 : sg_fail(e, SG_ENOMEM, "a stream");
    if (rc)
        return rc;
    *v = (struct playlist_viewer){.live = l,
                                  .playlist_id = p->view.playlist_id,
                                  .user_id = q->caller.user_id,
                                  .login_id = q->caller.session_id,
                                  .is_admin = sg_caller_is_admin(q),
                                  .snapshot_id = snapshot_id,
                                  .until_us = sg_now_us() + STREAM_US};
    pthread_mutex_lock(&l->lock);
    if (v->user_id && count_streams(l, v->user_id) >= STREAMS_MAX)
        rc = sg_fail(e, SG_ERATE, "at most %d streams are open for one user", STREAMS_MAX);
    if (!rc) {
        v->stream = sg_http_stream_open(q, r, "text/event-stream", gone, v);
        rc = v->stream ? 0 : sg_fail(e, SG_EBUSY, "as many streams as there may be are open");
    }
    if (!rc) {
        v->next = l->viewers;
        l->viewers = v;
    }
    pthread_mutex_unlock(&l->lock);
    if (rc)
        free(v);
    else
        wake(l);
    return rc;
}

void sg_playlist_events(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    uint64_t snapshot_id;
    int rc = playlist_of_path(api, q, PLAYLIST_STRANGER, &p, &e);
    if (!rc)
        rc = read_place(q, &p, &snapshot_id, &e);
    if (!rc && !sg_str_eq(q->method, SG_STR("HEAD")))
        rc = let_in(api->playlists, q, r, &p, snapshot_id, &e);
    if (rc)
        sg_problem(q, r, &e);
}
