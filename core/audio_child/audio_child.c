/* audio_child.c - see audio_child.h: hears the process out, and judges. */
#include "core/audio_child/audio_child.h"
#include "core/audio_child/spawn.h"
#include "core/clock.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REFUSED = 3, TICK_MS = 50, LINE_MAX_BYTES = 400 };

struct hearing {
    const struct sg_audio_child *o;
    struct sg_buf answer;
    char line[LINE_MAX_BYTES + 1]; /* of its progress, as far as it has come */
    size_t line_n;
    char last[LINE_MAX_BYTES + 1]; /* line that was no progress: for the log */
    bool too_long;
};

/* "progress 37 encode" */
static bool is_progress(struct hearing *h, struct sg_str line)
{
    uint64_t percent;
    struct sg_str head = SG_STR("progress ");
    if (!sg_str_starts(line, head))
        return false;
    struct sg_str rest = {line.p + head.n, line.n - head.n};
    const char *space = memchr(rest.p, ' ', rest.n);
    struct sg_str number = {rest.p, space ? (size_t)(space - rest.p) : rest.n};
    struct sg_str stage = {space ? space + 1 : "", space ? rest.n - number.n - 1 : 0};
    if (!sg_str_to_u64(number, &percent) || percent > 100 || stage.n > 40)
        return false;
    for (size_t i = 0; i < stage.n; i++)
        if (!(stage.p[i] >= 'a' && stage.p[i] <= 'z') && stage.p[i] != '-')
            return false;
    if (h->o->progress)
        h->o->progress(h->o->ctx, (int)percent, stage);
    return true;
}

static void end_line(struct hearing *h)
{
    struct sg_str line = {h->line, h->line_n};
    if (line.n && !is_progress(h, line)) {
        memcpy(h->last, line.p, line.n);
        h->last[line.n] = '\0';
    }
    h->line_n = 0;
}

static void hear_progress(struct hearing *h, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\n')
            end_line(h);
        else if (h->line_n < LINE_MAX_BYTES)
            h->line[h->line_n++] = p[i] >= ' ' && p[i] < 127 ? p[i] : '?';
}

static void hear_answer(struct hearing *h, const char *p, size_t n)
{
    if (h->answer.n + n > SG_AUDIO_ANSWER_MAX)
        h->too_long = true;
    else
        sg_buf_put(&h->answer, p, n);
}

/* What there is; false at the end. */
static bool hear(struct hearing *h, int fd, bool answer)
{
    char some[16384];
    ssize_t n = read(fd, some, sizeof some);
    if (n > 0)
        (answer ? hear_answer : hear_progress)(h, some, (size_t)n);
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Until it has ended: a pipe may stay open no longer than that, for nobody else has its end. */
static int attend(struct hearing *h, struct audio_process *p, struct sg_error *e)
{
    int64_t until = h->o->wall_s > 0 ? sg_now_us() + h->o->wall_s * INT64_C(1000000) : INT64_MAX;
    struct pollfd f[3] = {{p->out, POLLIN, 0}, {p->err, POLLIN, 0}, {p->pidfd, POLLIN, 0}};
    for (;;) {
        if (h->o->cut && atomic_load(h->o->cut))
            return sg_fail(e, SG_ECANCELED, "it is not wanted any more");
        if (sg_now_us() >= until)
            return sg_fail(e, SG_ETIMEOUT, "not done within %d s", h->o->wall_s);
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

static int refused(struct sg_audio_verdict *why, const char *code, const char *detail,
                   struct sg_error *e)
{
    snprintf(why->code, sizeof why->code, "%s", code);
    snprintf(why->detail, sizeof why->detail, "%s", detail);
    return sg_fail(e, SG_EMEDIA, "%s", why->detail);
}

struct told {
    struct sg_str code, detail;
};
static const struct sg_field told_fields[] = {
    SG_FIELD_STR(struct told, code, 1, 40, SG_REQUIRED),
    SG_FIELD_STR(struct told, detail, 0, 500, SG_OPTIONAL),
};
static const struct sg_record told_record = SG_RECORD("Refusal", struct told, told_fields);

static bool is_slug(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return s.n > 0;
}

static int read_refusal(struct hearing *h, struct sg_arena *a, struct sg_audio_verdict *why,
                        struct sg_error *e)
{
    struct told told;
    char code[48], detail[512];
    if (sg_record_from_json(&told_record, sg_buf_str(&h->answer), a, &told, e) ||
        !is_slug(told.code))
        return sg_fail(e, SG_ECORRUPT, "segue-audio refused, and did not say why");
    snprintf(code, sizeof code, "%.*s", SG_FMT(told.code));
    snprintf(detail, sizeof detail, "%.*s", SG_FMT(told.detail.n ? told.detail : told.code));
    return refused(why, code, detail, e);
}

/* SIGKILL that is not ours is the kernel's, for want of memory, or the hard limit of processor
 * time after SIGXCPU was of no avail. */
static int judge_signal(int signal, struct sg_audio_verdict *why, struct sg_error *e)
{
    if (signal == SIGXCPU || signal == SIGXFSZ)
        return refused(why, "too-costly", "it takes more work than a recording of its length may",
                       e);
    if (signal == SIGKILL || signal == SIGTERM || signal == SIGHUP || signal == SIGINT)
        return sg_fail(e, SG_EIO, "segue-audio was killed (signal %d)", signal);
    return refused(why, "crashed", "the file cannot be decoded", e);
}

static int judge(struct hearing *h, int status, sg_audio_read_fn read_it, void *out,
                 struct sg_arena *a, struct sg_audio_verdict *why, struct sg_error *e)
{
    if (status != -1 && WIFSIGNALED(status))
        return judge_signal(WTERMSIG(status), why, e);
    int code = status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (sg_buf_failed(&h->answer))
        return sg_fail(e, SG_ENOMEM, "the answer of segue-audio");
    if (code == REFUSED)
        return read_refusal(h, a, why, e);
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
    struct hearing h = {.o = o};
    struct audio_process p;
    int rc = audio_spawn(&p, o, e);
    if (rc)
        return rc;
    rc = attend(&h, &p, e);
    int status = audio_end(&p, rc != 0);
    end_line(&h);
    if (!rc)
        rc = judge(&h, status, read_it, out, a, why, e);
    sg_buf_free(&h.answer);
    return rc;
}
