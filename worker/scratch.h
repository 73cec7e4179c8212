/* scratch.h - folders for the time of a job, below var_dir/scratch.
 *
 *   var_dir/scratch/<worker>/          locked (flock) for as long as its worker lives
 *   var_dir/scratch/<worker>/<job>/    removed at the job's end
 *
 * Opening removes those of workers that are gone, however they went. Thread-safe after open.
 */
#pragma once
#include "core/err.h"
#include <stddef.h>

struct sg_scratch;
int sg_scratch_open(struct sg_scratch **out, const char *var_dir, struct sg_error *e);
void sg_scratch_close(struct sg_scratch *s); /* and removes its own */
/* A new empty folder, mode 0700; path: its absolute name. */
int sg_scratch_make(struct sg_scratch *s, char *path, size_t n, struct sg_error *e);
void sg_scratch_remove(const char *path); /* with all that is in it; failures are logged */
