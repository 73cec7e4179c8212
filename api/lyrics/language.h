/* language.h - tags of languages (BCP 47), and which of several suits best. */
#pragma once
#include "core/arena.h"
#include "core/err.h"
#include "core/record.h"

/* A tag as it is written: pt-BR, zh-Hant; SG_EINVAL naming the field when it is none. In a. */
int sg_language_read(struct sg_str text, const char *field, struct sg_arena *a, struct sg_str *out,
                     struct sg_error *e);
/* The index among tags (n of them) of what suits `wanted`: itself, what it is a part of (RFC 4647
 * section 3.4: zh-Hant-TW, zh-Hant, zh), else one that is a part of it (pt: pt-BR); n: none. */
size_t sg_language_lookup(struct sg_str wanted, const struct sg_str *tags, size_t n);
/* The same for a header Accept-Language, the most wanted first. */
size_t sg_language_accept(struct sg_str header, const struct sg_str *tags, size_t n);
