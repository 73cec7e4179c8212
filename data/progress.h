/* progress.h - how far a long command is, on one line of a terminal (or lines
 * of a log with --progress). Quiet otherwise. Thread-compatible. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sg_progress {
    const char *what;
    uint64_t done, total; /* total 0: unknown */
    int64_t started_us, shown_us;
    bool terminal, enabled;
};

/* forced: also when stderr is no terminal. */
void sg_progress_init(struct sg_progress *p, bool forced);
void sg_progress_start(struct sg_progress *p, const char *what, uint64_t total);
void sg_progress_add(struct sg_progress *p, uint64_t n);
void sg_progress_end(struct sg_progress *p);
