/* check.h - reads a generation's base files once, beside the tail, and compares
 * their checksums: a disk that has gone bad is noticed before somebody asks for
 * just that page.
 */
#pragma once
#include "index/generation.h"

struct sg_check;
/* Starts reading index_dir/name on a thread of its own. SG_ENOMEM, SG_EIO. */
int sg_check_start(struct sg_check **out, const char *index_dir, const char *name,
                   struct sg_error *e);
/* 1: whole; 0: still reading; SG_ECORRUPT and others: e names the file. */
int sg_check_result(struct sg_check *c, struct sg_error *e);
/* Stops at the next file, waits for the thread, frees c. c may be NULL. */
void sg_check_stop(struct sg_check *c);
