/* check.c - files are decoded before they are accepted: by upload.checkers threads, each with one
 * segue-audio; others wait, and past a bound are told to come again. */
#include "api/upload/parts.h"
#include "core/audio_child/audio_child.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/title.h"
#include "schemas/edits.h"
#include <stdlib.h>

enum { WAITING_MAX = 64, WALL_S = 300, CPU_S = 240 };

static struct upload_task *dequeue(struct sg_uploads *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->first && !s->over)
        pthread_cond_wait(&s->work, &s->lock);
    struct upload_task *t = s->first;
    if (t) {
        s->first = t->next;
        s->queued--;
    }
    if (!s->first)
        s->last = NULL;
    pthread_mutex_unlock(&s->lock);
    return t;
}

static void *check_all(void *ctx)
{
    struct sg_uploads *s = ctx;
    struct upload_task *t;
    while ((t = dequeue(s))) {
        sg_metric_add(s->waiting, "", -1);
        t->run(t);
    }
    return NULL;
}

int upload_queue(struct sg_uploads *s, struct upload_task *t, struct sg_error *e)
{
    t->next = NULL;
    pthread_mutex_lock(&s->lock);
    bool room = s->queued < WAITING_MAX && !s->over;
    if (room) {
        s->queued++;
        if (s->last)
            s->last->next = t;
        else
            s->first = t;
        s->last = t;
        pthread_cond_broadcast(&s->work); /* a signal may be lost: see rpc_job_take */
        sg_metric_add(s->waiting, "", 1);
    }
    pthread_mutex_unlock(&s->lock);
    return room ? 0 : sg_fail(e, SG_EBUSY, "too many files wait to be looked at: come again");
}

int upload_checkers_start(struct sg_uploads *s, struct sg_error *e)
{
    int n = (int)s->api->config->upload.checkers;
    s->checkers = calloc((size_t)n, sizeof *s->checkers);
    for (; s->checkers && s->n_checkers < n; s->n_checkers++)
        if (pthread_create(&s->checkers[s->n_checkers], NULL, check_all, s))
            break;
    return s->n_checkers == n ? 0 : sg_fail(e, SG_EIO, "uploads: no thread");
}

void upload_checkers_stop(struct sg_uploads *s)
{
    pthread_mutex_lock(&s->lock);
    s->over = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < s->n_checkers; i++)
        pthread_join(s->checkers[i], NULL);
    free(s->checkers);
    s->n_checkers = 0;
}

static int read_facts(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *e)
{
    return sg_audio_facts_read(json, a, out, e);
}

/* The code as a static text; one that is not known is damage. */
static const char *kind_of(const char *code)
{
    static const char *const ours[] = {"crashed", "too-costly"};
    for (int i = 0; i < SG_AUDIO_WHYS; i++)
        if (strcmp(code, sg_audio_why_name((enum sg_audio_why)i)) == 0)
            return sg_audio_why_name((enum sg_audio_why)i);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(code, ours[i]) == 0)
            return ours[i];
    return sg_audio_why_name(SG_AUDIO_DAMAGED);
}

/* The field, or else the file's own tag. */
static int choose_title(struct upload *u, struct sg_arena *a, struct sg_error *e)
{
    struct sg_error unfit = SG_ERROR_INIT;
    struct sg_str tag = u->facts.tags ? u->facts.tags->title : SG_STR_NONE;
    u->title = u->fields.title;
    if (u->title.n)
        return 0;
    if (tag.n && sg_title(a, "title", tag, SG_NAME_LONGEST, &u->title, &unfit) == 0)
        return 0;
    return sg_fail_field(e, "title", "title: is needed, as the file's tags hold none");
}

int upload_check(struct sg_uploads *s, struct upload *u, int fd, struct sg_arena *a,
                 struct sg_error *e)
{
    struct sg_audio_verdict why = {"", ""};
    struct sg_error at = SG_ERROR_INIT;
    const struct sg_config *c = s->api->config;
    struct sg_audio_child child = {
        .command = "check",
        .input = fd,
        .max_seconds =
            (int)(c->upload.max_s < SG_AUDIO_SECONDS_MAX ? c->upload.max_s : SG_AUDIO_SECONDS_MAX),
        .wall_s = WALL_S,
        .cpu_s = CPU_S,
        .gentle = true,
        .cut = &s->cut};
    int rc = sg_audio_child_run(&child, read_facts, &u->facts, a, &why, &at);
    if (rc == SG_EMEDIA)
        return sg_fail_kind(e, SG_EMEDIA, kind_of(why.code), "%s", why.detail);
    if (rc == SG_ECANCELED)
        return sg_fail(e, SG_EBUSY, "the server is being restarted: come again");
    if (rc == SG_ETIMEOUT) /* the machine's fault: a file's is to take too much processor time */
        return sg_fail(e, SG_EBUSY, "the file could not be looked at within %d s: come again",
                       WALL_S);
    if (rc)
        return sg_fail(e, SG_EUNAVAIL, "the file could not be looked at: %s", at.text);
    return choose_title(u, a, e);
}
