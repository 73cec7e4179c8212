/* progress.h - how far a long command is, on stderr: one line rewritten on a
 * terminal, a line every few seconds elsewhere. Thread-compatible.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct sg_progress {
    char phase[48];
    int64_t started_us, shown_us; /* of the phase */
    uint64_t done, total;
    bool terminal, open_line;
};
void sg_progress_init(struct sg_progress *p);
/* total 0: unknown. A new phase name ends the one before with its own line. */
void sg_progress_update(struct sg_progress *p, const char *phase, uint64_t done, uint64_t total);
void sg_progress_finish(struct sg_progress *p);
