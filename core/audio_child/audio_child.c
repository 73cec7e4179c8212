/* audio_child.c - see audio_child.h: hears the process out, and judges. */
#include "core/audio_child/audio_child.h"
#include "core/audio_child/hearing.h"
#include "core/audio_child/spawn.h"
#include "core/clock.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED = 3, TICK_MS = 50 };

/* What there is; false at the end. */
static bool hear(struct audio_hearing *h, int fd, bool answer)
{
    char some[16384];
    ssize_t n = read(fd, some, sizeof some);
    if (n > 0)
        (answer ? audio_hear_answer : audio_hear_progress)(h, some, (size_t)n);
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Until it has ended: a pipe may stay open no longer than that, for nobody else has its end. */
static int attend(const struct sg_audio_child *o, struct audio_hearing *h, struct audio_process *p,
                  struct sg_error *e)
{
    int64_t until = o->wall_s > 0 ? sg_now_us() + o->wall_s * INT64_C(1000000) : INT64_MAX;
    struct pollfd f[3] = {{p->out, POLLIN, 0}, {p->err, POLLIN, 0}, {p->pidfd, POLLIN, 0}};
    for (;;) {
        if (o->cut && atomic_load(o->cut))
            return sg_fail(e, SG_ECANCELED, "it is not wanted any more");
        if (sg_now_us() >= until)
            return sg_fail(e, SG_ETIMEOUT, "not done within %d s", o->wall_s);
        if (h->too_long)
            return sg_fail(e, SG_ECORRUPT, "segue-audio answers without end");
        if (poll(f, 3, TICK_MS) <= 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (f[i].revents && !hear(h, f[i].fd, i == 0))
                f[i].fd = -1;
        if (f[2].revents && f[0].fd < 0 && f[1].fd < 0)
            return 0;
    }
}

/* SIGKILL that is not ours is the kernel's, for want of memory, or the hard limit of processor
 * time after SIGXCPU was of no avail. */
static int judge_signal(int signal, struct sg_audio_verdict *why, struct sg_error *e)
{
    if (signal == SIGXCPU || signal == SIGXFSZ)
        return audio_refused(why, "too-costly",
                             "it takes more work than a recording of its length may", e);
    if (signal == SIGKILL || signal == SIGTERM || signal == SIGHUP || signal == SIGINT)
        return sg_fail(e, SG_EIO, "segue-audio was killed (signal %d)", signal);
    return audio_refused(why, "crashed", "the file cannot be decoded", e);
}

static int judge(struct audio_hearing *h, int status, sg_audio_read_fn read_it, void *out,
                 struct sg_arena *a, struct sg_audio_verdict *why, struct sg_error *e)
{
    if (status != -1 && WIFSIGNALED(status))
        return judge_signal(WTERMSIG(status), why, e);
    int code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (sg_buf_failed(&h->answer))
        return sg_fail(e, SG_ENOMEM, "the answer of segue-audio");
    if (code == REFUSED)
        return audio_read_refusal(sg_buf_str(&h->answer), a, why, e);
    if (code != 0)
        return sg_fail(e, SG_EIO, "segue-audio ended with %d: %s", code, h->last);
    struct sg_str answer = sg_arena_copy(a, sg_buf_str(&h->answer));
    if (h->answer.n && !answer.p)
        return sg_fail(e, SG_ENOMEM, "the answer of segue-audio");
    if (read_it(answer, a, out, e)) {
        sg_wrap(e, "what segue-audio answered");
        return e->code = SG_ECORRUPT;
    }
    return 0;
}

int sg_audio_child_run(const struct sg_audio_child *o, sg_audio_read_fn read_it, void *out,
                       struct sg_arena *a, struct sg_audio_verdict *why, struct sg_error *e)
{
    struct audio_hearing h = {.progress = o->progress, .ctx = o->ctx};
    struct audio_process p;
    int rc = audio_spawn(&p, o, e);
    if (rc)
        return rc;
    rc = attend(o, &h, &p, e);
    int status = audio_end(&p, rc != 0);
    audio_hear_end(&h);
    if (!rc)
        rc = judge(&h, status, read_it, out, a, why, e);
    sg_buf_free(&h.answer);
    return rc;
}
