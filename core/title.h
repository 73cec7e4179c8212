/* title.h - names that people type, made fit to be kept and shown: NFC (Unicode Standard
 * Annex 15), trimmed, of bounded length, without characters that would not show or would make
 * other text show wrongly. */
#pragma once
#include "core/arena.h"
#include "core/err.h"

/* in, any bytes, as a title of 1 to max_characters Unicode characters, counted once composed;
 * *out is in a. Refused: bad UTF-8, control characters (a zero byte too), line and paragraph
 * separators, code points that are no characters, embedded writing directions (U+202A to U+202E,
 * U+2066 to U+2069). Spaces at the ends are taken off. SG_EINVAL names the field. */
int sg_title(struct sg_arena *a, const char *field, struct sg_str in, size_t max_characters,
             struct sg_str *out, struct sg_error *e);
/* The same of several lines: line feeds are kept, "\r\n" becomes one; may be empty. */
int sg_prose(struct sg_arena *a, const char *field, struct sg_str in, size_t max_characters,
             struct sg_str *out, struct sg_error *e);
