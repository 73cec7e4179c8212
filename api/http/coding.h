/* coding.h - answers in fewer bytes: gzip and zstd, as Accept-Encoding asks. */
#pragma once
#include "core/arena.h"
#include "core/buf.h"

enum sg_coding { SG_CODING_NONE, SG_CODING_GZIP, SG_CODING_ZSTD };
extern const char *const sg_coding_names[]; /* "gzip" */

/* The coding of the highest q; zstd before gzip on a tie; none unless one is asked for. The header
 * is whatever a client said (RFC 9110 section 12.5.3). */
enum sg_coding sg_coding_choose(struct sg_str accept_encoding);
/* Text of some kind. content_type may be NULL. */
bool sg_coding_pays(const char *content_type);

/* What a thread needs to code; made at first use. Thread-compatible. */
struct sg_coder {
    void *gzip, *zstd;
};
void sg_coder_free(struct sg_coder *c);
/* Appends to out. small: take more time for fewer bytes. False: no memory, out is to be dropped. */
bool sg_coder_run(struct sg_coder *c, enum sg_coding coding, struct sg_str in, bool small,
                  struct sg_buf *out);

/* "abc" as "abc-gzip": each coding's bytes have a strong validator of their own. */
struct sg_str sg_coding_tag(struct sg_str etag, enum sg_coding coding, struct sg_arena *a);
/* A list of such (If-Match, If-None-Match) without the codings; told itself when there are none. */
struct sg_str sg_coding_untag(struct sg_str told, struct sg_arena *a);
