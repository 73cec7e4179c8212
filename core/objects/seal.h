/* seal.h - AES-256 in counter mode, from any byte of an object. Private to this folder.
 *
 * sg_content_key("seal:<object key>") gives 32 bytes of key and the first counter block, 16 bytes
 * taken as one number, big end first; block i of the object is hidden by the counter plus i
 * (NIST SP 800-38A section 6.5).
 */
#pragma once
#include "core/objects/objects.h"

struct seal; /* thread-compatible */

/* At byte `at`. SG_ENOMEM. */
int seal_open(struct seal **out, const unsigned char content_key[32], const char *object_key,
              int64_t at, struct sg_error *e);
int seal_seek(struct seal *s, int64_t at, struct sg_error *e);
/* The next n bytes, seals or opens: it is the same. out may be in. */
int seal_apply(struct seal *s, const char *in, char *out, size_t n, struct sg_error *e);
void seal_close(struct seal *s); /* NULL: nothing */
