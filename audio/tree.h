/* tree.h - the folder that prepare fills, and the list of what lies in it.
 *
 * Names are those of schemas/audio.h: one at the root, or below f/ or p/. Whoever writes is
 * confined (confine.h): a file can be made, but no path be opened again, so the descriptors of
 * files that are not in the list yet are kept. Thread-compatible.
 */
#pragma once
#include "schemas/audio.h"

struct sg_tree {
    int dir; /* the folder; the caller's */
    struct sg_arena *arena;
    struct {
        char path[SG_AUDIO_PATH_MAX + 1];
        int fd;
    } open[SG_AUDIO_FILES_MAX]; /* made and not in the list yet */
    size_t n_open;
    struct sg_audio_file files[SG_AUDIO_FILES_MAX];
    size_t n;
};

/* Makes f/ and p/, unless they are there. The arena outlives the tree; it holds the texts of the
 * list. */
int sg_tree_init(struct sg_tree *t, int dir, struct sg_arena *arena, struct sg_error *e);
void sg_tree_close(struct sg_tree *t);
/* A new file, read and write; the caller closes it. SG_EEXIST, SG_ELIMIT. */
int sg_tree_create(struct sg_tree *t, const char *path, int *fd, struct sg_error *e);
/* Puts a finished file into the list, with its size and checksum as they are on disk. codec "" and
 * bitrate 0: not a rendition. SG_ENOENT, SG_ELIMIT. */
int sg_tree_add(struct sg_tree *t, const char *path, const char *content_type, bool sealed,
                const char *codec, uint64_t bitrate, struct sg_error *e);
/* Both at once, of bytes at hand. */
int sg_tree_put(struct sg_tree *t, const char *path, const char *content_type, struct sg_str bytes,
                struct sg_error *e);
