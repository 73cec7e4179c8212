/* folder.h - the index folder: its locks, its identity, what may be swept.
 *
 *   ID              8 hex digits; part of the slots' names, so that two index
 *                   folders on one database never touch each other's slots
 *   RUN.lock        held by `run`      REBUILD.lock   held by a rebuild; its second
 *                   byte by whoever removes what rebuilds that were killed left
 *   building-*      a rebuild's work, moved to gen-* when it is published
 *   refused-*       what the gate did not let through; REFUSED says why
 */
#pragma once
#include "index/generation.h"
#include <limits.h>
#include <sys/types.h>

#define SG_BUILDING "building-"
#define SG_REFUSED  "refused-"

/* Makes the folder and those above it. */
int sg_folder_make(const char *dir, struct sg_error *e);
/* Makes the folder (and those above) when missing, and its ID. */
int sg_folder_prepare(const char *dir, char id[9], struct sg_error *e);
/* Takes dir/name exclusively: SG_EBUSY says which process holds it. Ends with close(*fd). */
int sg_folder_lock(const char *dir, const char *name, int *fd, struct sg_error *e);
/* True when somebody holds dir/name. */
bool sg_folder_locked(const char *dir, const char *name);
/* For who holds dir/name by lock: waits until nobody sweeps there any more. */
int sg_folder_await_sweep(int lock, struct sg_error *e);
/* False: somebody holds dir/name, or sweeps. Until close(*fd) who takes it waits. */
bool sg_folder_sweep(const char *dir, const char *name, int *fd);
int sg_folder_path(char out[PATH_MAX], const char *dir, const char *name, struct sg_error *e);
int sg_folder_remove(const char *dir, const char *name, struct sg_error *e);
/* rename within dir, then fsync of dir. */
int sg_folder_rename(const char *dir, const char *from, const char *to, struct sg_error *e);
/* Names in dir that start with prefix, ascending; returns how many (<= cap). */
size_t sg_folder_list(const char *dir, const char *prefix, char (*out)[SG_GENERATION_NAME],
                      size_t cap);
/* Small text file of dir/sub, written whole and synced. */
int sg_folder_write(const char *dir, const char *sub, const char *name, struct sg_str text,
                    struct sg_error *e);
/* Its text, cut to cap - 1 bytes, zero-terminated. SG_ENOENT. */
int sg_folder_read(const char *dir, const char *sub, const char *name, char *out, size_t cap,
                   struct sg_error *e);
