/* confine.h - a process that reads strangers' files gives up all else, for good.
 *
 *   bounds      of processor time, memory, files' size, open files; no core dump
 *   Landlock    no file but below the output folder, no TCP, no signal outside (what the kernel
 * has) seccomp     a list of the system calls that decoding and encoding need; any other kills the
 *               process: sockets, exec, fork, ptrace, signals to others, executable memory
 *
 * Opening a path that is not below the folder fails with EACCES (libraries look for many things and
 * go on without). Where the kernel has no Landlock, paths cannot be told apart, so the filter then
 * lets through only the making of a new file (O_CREAT | O_EXCL) and no other change of folders.
 * What is written for that case works in both: files are made by openat, and read again through
 * their descriptor. Libraries must be loaded before.
 *
 * What remains: reading descriptors that are open (the file, the job with its keys), writing into
 * the folder, using the processor to its bound, threads.
 */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stdint.h>

struct sg_confine_bounds {
    uint64_t cpu_s;        /* of all threads */
    uint64_t memory_bytes; /* address space; not under sanitizers, which map far more */
    uint64_t file_bytes;   /* of one file, in memory too */
};

/* In the first thread, before there are others. out_dir: an empty folder, in which f/ and p/ are
 * made; NULL: nothing is written at all. *dir: its descriptor, the caller's; -1 without. SG_EIO: it
 * is not confined, and must read nothing. */
int sg_confine(const char *out_dir, const struct sg_confine_bounds *b, int *dir,
               struct sg_error *e);
