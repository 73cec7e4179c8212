/* mail.c - see mail.h. */
#include "api/accounts/mail.h"
#include "api/accounts/mail_send.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define WAITING_MAX 1000
#define ATTEMPTS    3

struct waiting {
    struct waiting *next;
    size_t n;
    char bytes[];
};
struct sg_mailer {
    const struct sg_config *config;
    struct sg_metric *sent;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t change;
    struct waiting *first, **last;
    size_t n;
    bool closing;
};

static struct waiting *take(struct sg_mailer *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->first && !m->closing)
        pthread_cond_wait(&m->change, &m->lock);
    struct waiting *w = m->first;
    if (w) {
        m->first = w->next;
        m->last = m->first ? m->last : &m->first;
        m->n--;
    }
    pthread_mutex_unlock(&m->lock);
    return w;
}

static void send(struct sg_mailer *m, const struct waiting *w)
{
    struct sg_error e = SG_ERROR_INIT;
    int rc = -1;
    for (int i = 0; rc && i < ATTEMPTS; i++)
        rc = sg_mail_send(m->config, (struct sg_str){w->bytes, w->n}, &e);
    if (rc)
        sg_log(SG_LOG_ERROR, "a mail could not be sent", "why=%s", e.text);
    sg_metric_add(m->sent, rc ? "failed" : "sent", 1);
}

static void *run(void *mailer)
{
    struct sg_mailer *m = mailer;
    for (struct waiting *w; (w = take(m));) {
        send(m, w);
        explicit_bzero(w->bytes, w->n);
        free(w);
    }
    return NULL;
}

int sg_mailer_open(struct sg_mailer **out, const struct sg_config *config, struct sg_error *e)
{
    struct sg_mailer *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "mails");
    m->config = config;
    m->last = &m->first;
    m->sent =
        sg_metric_new(SG_COUNTER, "segue_mails_total", "Mails by what became of them", "what");
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->change, NULL);
    if (pthread_create(&m->thread, NULL, run, m)) {
        free(m);
        return sg_fail(e, SG_EIO, "mails: no thread");
    }
    *out = m;
    return 0;
}

void sg_mailer_close(struct sg_mailer *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->closing = true;
    pthread_cond_signal(&m->change);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    pthread_cond_destroy(&m->change);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static void write_mail(struct sg_buf *b, const char *to, const char *subject, struct sg_str text)
{
    char date[64];
    struct tm tm;
    time_t now = (time_t)(sg_wall_us() / 1000000);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&now, &tm));
    sg_buf_printf(b,
                  "To: %s\nSubject: %s\nDate: %s\nMIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
                  "Auto-Submitted: auto-generated\n\n",
                  to, subject, date);
    sg_buf_str_put(b, text);
}

int sg_mail(struct sg_mailer *m, const char *to, const char *subject, struct sg_str text,
            struct sg_error *e)
{
    struct sg_buf b = {0};
    write_mail(&b, to, subject, text);
    struct waiting *w = sg_buf_failed(&b) ? NULL : malloc(sizeof *w + b.n);
    if (w) {
        w->next = NULL;
        w->n = b.n;
        memcpy(w->bytes, b.p, b.n);
    }
    if (b.p)
        explicit_bzero(b.p, b.n);
    sg_buf_free(&b);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "mail");
    pthread_mutex_lock(&m->lock);
    bool room = m->n < WAITING_MAX && !m->closing;
    if (room) {
        *m->last = w;
        m->last = &w->next;
        m->n++;
        pthread_cond_signal(&m->change);
    }
    pthread_mutex_unlock(&m->lock);
    if (!room)
        free(w);
    return room ? 0 : sg_fail(e, SG_EBUSY, "too many mails wait to be sent");
}
