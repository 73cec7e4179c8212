/* progress.c - see progress.h. */
#include "data/progress.h"
#include "core/clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

void sg_progress_init(struct sg_progress *p, bool forced)
{
    *p = (struct sg_progress){.terminal = isatty(STDERR_FILENO)};
    p->enabled = p->terminal || forced;
}

static void show(struct sg_progress *p, int64_t now, bool last)
{
    double seconds = (double)(now - p->started_us) / 1e6;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;
    fprintf(stderr, "%s%-22s %12" PRIu64, p->terminal ? "\r\033[K" : "", p->what, p->done);
    if (p->total)
        fprintf(stderr, " of %" PRIu64, p->total);
    fprintf(stderr, "  %.0f/s", rate);
    if (last)
        fprintf(stderr, "  in %.1f s", seconds);
    else if (p->total > p->done && rate > 0)
        fprintf(stderr, "  %.0f s left", (double)(p->total - p->done) / rate);
    if (!p->terminal || last)
        fputc('\n', stderr);
    fflush(stderr);
    p->shown_us = now;
}

void sg_progress_start(struct sg_progress *p, const char *what, uint64_t total)
{
    p->what = what;
    p->done = 0;
    p->total = total;
    p->started_us = p->shown_us = sg_now_us();
}

void sg_progress_add(struct sg_progress *p, uint64_t n)
{
    p->done += n;
    if (!p->enabled || (p->done & 1023) >= n)
        return;
    int64_t now = sg_now_us();
    if (now - p->shown_us > (p->terminal ? 200000 : 5000000))
        show(p, now, false);
}

void sg_progress_end(struct sg_progress *p)
{
    if (p->enabled)
        show(p, sg_now_us(), true);
}
