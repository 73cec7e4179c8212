/* scratch.h - folders for a test's files, removed when the program ends. */
#pragma once

/* A new empty folder below $TMPDIR or /tmp; the caller's for the whole run.
 * Failing to make one ends the program. */
const char *test_scratch(void);
/* dir/name in one of a few rotating static buffers. */
const char *test_path(const char *dir, const char *name);
/* As test_scratch, but a file system of its own of this many bytes; NULL when
 * it cannot be mounted (not root), which is told to stderr. */
const char *test_scratch_small(unsigned long bytes);
