/* covers.h - pictures that people sent (or their songs hold), as files that never change.
 *
 *   var_dir/covers/ab/ab12..ef/{64,300,640,1200}.{webp,jpg}     ab12..ef: SHA-256 of what was sent
 *   var_dir/covers/new/XXXXXX/                                  being made
 *
 * A picture is decoded in a process of its own (segue-images), two at a time at most; its folder
 * is made aside and appears by one rename, when all of it is on disk. The same picture twice is
 * kept once. Names are made here from the hash: no path is ever made of what a request says.
 * Thread-safe.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include <stdbool.h>

#define SG_COVER_BYTES_MAX (10u << 20)

struct sg_cover {
    char name[65]; /* 64 hexadecimal digits */
    char type[8];  /* of what was sent: "jpeg", "png", "webp" */
    int width, height;
    char folder[600]; /* where it was made; "": it is kept already */
};
extern const int sg_cover_sizes[4]; /* pixels, ascending */

struct sg_covers;
/* Removes what an earlier process left half made more than ten minutes ago: APIs and workers share
 * the folder. */
int sg_covers_open(struct sg_covers **out, const char *var_dir, struct sg_error *e);
void sg_covers_close(struct sg_covers *c);

/* Decodes, aside. SG_EMEDIA (and why), SG_EBUSY: no place until the deadline, SG_ETIMEOUT. */
int sg_covers_make(struct sg_covers *c, struct sg_str bytes, int64_t deadline_us,
                   struct sg_cover *out, struct sg_error *e);
/* One square picture of the kept ones of these names (one or four), at once where it is served;
 * nothing is done when it is there. name: its own, of whoever asks. One caller makes it, others
 * wait. SG_ENOENT: one of them is not kept; SG_EBUSY: too many wait already, or no place until the
 * deadline; SG_EMEDIA, SG_ETIMEOUT. */
int sg_covers_join(struct sg_covers *c, const char *const *names, size_t n, const char *name,
                   int64_t deadline_us, struct sg_error *e);
bool sg_covers_has(const struct sg_covers *c, const char *name);
/* From aside to where it is served. SG_ENOENT: nothing was made and it is not kept any more. */
int sg_covers_publish(struct sg_covers *c, struct sg_cover *cover, struct sg_error *e);
/* What was made and not published goes. */
void sg_covers_drop(struct sg_cover *cover);
/* Appends the file. size: one of the sizes; SG_ENOENT. */
int sg_covers_read(struct sg_covers *c, const char *name, int size, bool webp, struct sg_buf *out,
                   struct sg_error *e);
int sg_covers_remove(struct sg_covers *c, const char *name, struct sg_error *e);
/* 64 hexadecimal digits in small letters. */
bool sg_cover_is_name(struct sg_str s);
