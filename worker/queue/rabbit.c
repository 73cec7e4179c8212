/* rabbit.c - the thread that speaks to RabbitMQ: tickets come in, acknowledgements and the rows
 * that it is to be told of go out. Its connection comes back by itself; tickets of a former one are
 * worth nothing (the broker gives them to others), the jobs taken by them go on. */
#include "core/clock.h"
#include "core/log.h"
#include "worker/queue/broker.h"
#include "worker/queue/inside.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TICK_US = 1000000, CONFIRM_US = 5000000, IDLE_US = 5000000, TICKETS_MAX = 512 };
#define TAG_BITS 40 /* of a ticket; above: the connection's number */

struct returned {
    uint64_t ticket;
    bool dead;
};

struct rabbit {
    struct sg_queue *q;
    pthread_t thread;
    bool started;
    int wake; /* eventfd */
    atomic_bool ended, to_tell;
    struct broker *a;
    uint64_t epoch; /* of the connection, from 1 */
    int64_t ticked_us, busy_us, looked_us;
    int wait_s;             /* until the next attempt to connect */
    struct telling telling; /* what is being published */
    uint64_t tags[TELL_MAX];
    bool confirmed[TELL_MAX], answered[TELL_MAX];
    size_t waiting;                /* for confirms */
    pthread_mutex_t lock;          /* guards the rest */
    uint64_t tickets[TICKETS_MAX]; /* as they came */
    size_t n_tickets;
    struct returned returned[TICKETS_MAX];
    size_t n_returned;
};

static void wake(struct rabbit *r)
{
    uint64_t one = 1;
    if (write(r->wake, &one, sizeof one) < 0)
        return; /* full: awake already */
}

void rabbit_wake(struct sg_queue *q)
{
    atomic_store(&q->rabbit->to_tell, true);
    wake(q->rabbit);
}

bool rabbit_ticket(struct sg_queue *q, uint64_t *ticket)
{
    struct rabbit *r = q->rabbit;
    pthread_mutex_lock(&r->lock);
    bool some = r->n_tickets > 0;
    if (some) {
        *ticket = r->tickets[0];
        memmove(r->tickets, r->tickets + 1, --r->n_tickets * sizeof *r->tickets);
    }
    pthread_mutex_unlock(&r->lock);
    return some;
}

/* The broker has given out no more than prefetch, so there is room. */
void rabbit_return(struct sg_queue *q, uint64_t ticket, bool dead)
{
    struct rabbit *r = q->rabbit;
    pthread_mutex_lock(&r->lock);
    if (r->n_returned < TICKETS_MAX)
        r->returned[r->n_returned++] = (struct returned){ticket, dead};
    pthread_mutex_unlock(&r->lock);
    wake(r);
}

static void take_ticket(struct rabbit *r, uint64_t tag)
{
    pthread_mutex_lock(&r->lock);
    if (r->n_tickets < TICKETS_MAX)
        r->tickets[r->n_tickets++] = r->epoch << TAG_BITS | tag;
    pthread_mutex_unlock(&r->lock);
    r->busy_us = sg_now_us();
    queue_news(r->q);
}

static void take_confirm(struct rabbit *r, const struct broker_heard *h)
{
    for (size_t i = 0; i < r->telling.n; i++)
        if (!r->answered[i] && (r->tags[i] == h->tag || (h->multiple && r->tags[i] < h->tag))) {
            r->answered[i] = true;
            r->confirmed[i] = h->what == HEARD_CONFIRM;
            r->waiting--;
        }
}

static void heard(void *ctx, const struct broker_heard *h)
{
    struct rabbit *r = ctx;
    if (h->what == HEARD_TICKET)
        take_ticket(r, h->tag);
    else
        take_confirm(r, h);
}

static int give_back(struct rabbit *r, struct sg_error *e)
{
    struct returned v[TICKETS_MAX];
    int rc = 0;
    pthread_mutex_lock(&r->lock);
    size_t n = r->n_returned;
    memcpy(v, r->returned, n * sizeof *v);
    r->n_returned = 0;
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; !rc && i < n; i++)
        if (v[i].ticket >> TAG_BITS == r->epoch)
            rc = broker_settle(r->a, v[i].ticket & ((UINT64_C(1) << TAG_BITS) - 1), v[i].dead, e);
    return rc;
}

static int publish_all(struct rabbit *r, struct sg_error *e)
{
    int rc = 0;
    r->waiting = 0;
    memset(r->confirmed, 0, sizeof r->confirmed);
    memset(r->answered, 0, sizeof r->answered);
    memset(r->tags, 0xff, sizeof r->tags);
    for (size_t i = 0; !rc && i < r->telling.n; i++) {
        char body[48];
        int n = snprintf(body, sizeof body, "{\"job_id\":%lld}", (long long)r->telling.id[i]);
        rc = broker_publish(r->a, (struct sg_str){body, (size_t)n}, &r->tags[i], e);
        r->waiting += rc == 0;
    }
    return rc;
}

static void wait_readable(struct rabbit *r, int64_t until_us)
{
    int64_t left_us = until_us - sg_now_us();
    struct pollfd f[2] = {{r->wake, POLLIN, 0}, {r->a ? broker_socket(r->a) : -1, POLLIN, 0}};
    uint64_t n;
    poll(f, 2, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
    if (f[0].revents && read(r->wake, &n, sizeof n) < 0)
        return;
}

/* Waits for what was published. */
static int hear_confirms(struct rabbit *r, struct sg_error *e)
{
    int64_t until_us = sg_now_us() + CONFIRM_US;
    int rc = 0;
    while (!rc && r->waiting && sg_now_us() < until_us && !r->ended) {
        wait_readable(r, until_us);
        rc = broker_hear(r->a, heard, r, e);
    }
    return rc || !r->waiting || r->ended
               ? rc
               : sg_fail(e, SG_EUNAVAIL, "RabbitMQ: no confirmation within 5 s");
}

/* All rows that there are: whatever happens, what was not confirmed is told again later. An error
 * is the connection's. */
static int tell(struct rabbit *r, struct sg_error *e)
{
    struct sg_error away = SG_ERROR_INIT; /* the database */
    int rc = 0;
    do {
        if (rows_tell(r->q, &r->telling, &away)) {
            sg_log(SG_LOG_WARN, "RabbitMQ is not told of new jobs", "error=%s", away.text);
            return 0;
        }
        if (!r->telling.n)
            return 0;
        rc = publish_all(r, e);
        if (!rc)
            rc = hear_confirms(r, e);
        if (rows_told(r->q, &r->telling, r->confirmed, &away))
            sg_log(SG_LOG_WARN, "RabbitMQ is told of some jobs twice", "error=%s", away.text);
    } while (!rc && r->telling.n == TELL_MAX && !r->ended);
    r->telling.n = 0;
    return rc;
}

/* Rows wait, and this worker does too: what carried them is lost. */
static void look_for_forgotten(struct rabbit *r)
{
    struct sg_error e = SG_ERROR_INIT;
    int64_t now = sg_now_us();
    if (!queue_idle(r->q))
        r->busy_us = now;
    if (now - r->busy_us < IDLE_US || now - r->looked_us < IDLE_US)
        return;
    r->looked_us = now;
    if (rows_tell_again(r->q, &e))
        sg_log(SG_LOG_WARN, "jobs are not looked after", "error=%s", e.text);
}

static int turn(struct rabbit *r, struct sg_error *e)
{
    int rc = broker_hear(r->a, heard, r, e);
    if (!rc)
        rc = give_back(r, e);
    bool time = sg_now_us() - r->ticked_us >= TICK_US;
    if (!rc && (atomic_exchange(&r->to_tell, false) || time))
        rc = tell(r, e);
    if (time) {
        look_for_forgotten(r);
        r->ticked_us = sg_now_us();
    }
    return rc;
}

static void begin(struct rabbit *r)
{
    struct sg_error e = SG_ERROR_INIT;
    bool first = r->wait_s == 0;
    if (broker_open(&r->a, r->q->config->worker.amqp, r->q->name, r->q->slots, &e)) {
        r->a = NULL;
        if (first)
            sg_log(SG_LOG_WARN, "no RabbitMQ: no jobs are taken", "error=%s", e.text);
        r->wait_s = first ? 1 : r->wait_s < 8 ? r->wait_s * 2 : 15;
        wait_readable(r, sg_now_us() + r->wait_s * INT64_C(1000000));
        return;
    }
    r->wait_s = 0;
    r->epoch++;
    r->busy_us = sg_now_us();
    atomic_store(&r->q->there, true);
    sg_log(SG_LOG_INFO, "RabbitMQ is there", NULL);
}

static void lose(struct rabbit *r, const struct sg_error *e)
{
    broker_close(r->a);
    r->a = NULL;
    atomic_store(&r->q->there, false);
    pthread_mutex_lock(&r->lock);
    r->n_tickets = r->n_returned = 0;
    pthread_mutex_unlock(&r->lock);
    if (e)
        sg_log(SG_LOG_WARN, "the connection is lost", "error=%s", e->text);
}

static void *speak(void *ctx)
{
    struct rabbit *r = ctx;
    struct sg_error e = SG_ERROR_INIT;
    while (!r->ended) {
        if (!r->a)
            begin(r);
        else if (turn(r, &e))
            lose(r, &e);
        else
            wait_readable(r, r->ticked_us + TICK_US);
    }
    if (r->a && give_back(r, &e))
        sg_log(SG_LOG_WARN, "acknowledgements are lost", "error=%s", e.text);
    lose(r, NULL);
    return NULL;
}

int rabbit_start(struct sg_queue *q, struct sg_error *e)
{
    struct rabbit *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "RabbitMQ");
    r->q = q;
    q->rabbit = r;
    pthread_mutex_init(&r->lock, NULL);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r->wake < 0)
        return sg_fail_errno(e, "eventfd");
    if (pthread_create(&r->thread, NULL, speak, r))
        return sg_fail(e, SG_ENOMEM, "a thread");
    r->started = true;
    return 0;
}

void rabbit_stop(struct sg_queue *q)
{
    struct rabbit *r = q->rabbit;
    if (!r)
        return;
    atomic_store(&r->ended, true);
    if (r->wake >= 0)
        wake(r);
    if (r->started)
        pthread_join(r->thread, NULL);
    if (r->wake >= 0)
        close(r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
    q->rabbit = NULL;
}
