/* progress.c - see progress.h. */
#include "indexer/progress.h"
#include "core/clock.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TERMINAL_EVERY_US 200000
#define LOG_EVERY_US      5000000

void sg_progress_init(struct sg_progress *p)
{
    memset(p, 0, sizeof *p);
    p->terminal = isatty(STDERR_FILENO);
}

static void show(struct sg_progress *p, bool last)
{
    double seconds = (double)(sg_now_us() - p->started_us) / 1e6;
    double rate = seconds > 0.001 ? (double)p->done / seconds : 0;
    char of[48] = "", eta[48] = "";
    if (p->total)
        snprintf(of, sizeof of, " of %llu", (unsigned long long)p->total);
    if (!last && p->total > p->done && rate > 0)
        snprintf(eta, sizeof eta, ", %.0f s left", (double)(p->total - p->done) / rate);
    fprintf(stderr, "%s%-12s %llu%s, %.0f/s, %.1f s%s%s%s", p->terminal ? "\r" : "", p->phase,
            (unsigned long long)p->done, of, rate, seconds, eta, p->terminal ? "\033[K" : "",
            p->terminal && !last ? "" : "\n");
    p->open_line = p->terminal && !last;
    p->shown_us = sg_now_us();
}

void sg_progress_finish(struct sg_progress *p)
{
    if (p->phase[0])
        show(p, true);
    p->phase[0] = '\0';
}

void sg_progress_update(struct sg_progress *p, const char *phase, uint64_t done, uint64_t total)
{
    if (strncmp(p->phase, phase, sizeof p->phase - 1)) {
        sg_progress_finish(p);
        snprintf(p->phase, sizeof p->phase, "%s", phase);
        p->started_us = p->shown_us = sg_now_us();
    }
    p->done = done;
    p->total = total;
    if (sg_now_us() - p->shown_us > (p->terminal ? TERMINAL_EVERY_US : LOG_EVERY_US))
        show(p, false);
}
