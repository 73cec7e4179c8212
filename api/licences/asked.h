/* asked.h - what a player asks a licence for: the request of Clear Key, from outside. */
#pragma once
#include "schemas/licences.h"

enum sg_licence_kind { SG_LICENCE_TEMPORARY, SG_LICENCE_PERSISTENT };
const char *sg_licence_kind_name(enum sg_licence_kind kind); /* "persistent-license" */

struct sg_licence_asked {
    enum sg_licence_kind kind;
    size_t n;
    unsigned char kids[SG_KIDS_MAX][16]; /* each once, in the order asked; asset ids */
};
/* From the JSON that a content decryption module made. a: for the while. SG_EINVAL. */
int sg_licence_asked_read(struct sg_str json, struct sg_arena *a, struct sg_licence_asked *out,
                          struct sg_error *e);
/* A key id as it is told: base64url, 22 characters. */
#define SG_KID_CHARS 22
void sg_kid_text(const unsigned char kid[16], char out[SG_KID_CHARS + 1]);
