/* lines.h - lyrics between their forms: lines of the API and the database (schemas/lyrics.h), and
 * LRC (lrc.h). */
#pragma once
#include "api/lyrics/lrc.h"
#include "schemas/lyrics.h"

/* Settled (sg_lrc_settle): texts cleaned, lines in order. SG_EINVAL names the field. */
int sg_lines_to_lrc(const struct sg_list *lines, struct sg_arena *a, struct sg_lrc *out,
                    struct sg_error *e);
int sg_lines_of_lrc(const struct sg_lrc *l, struct sg_arena *a, struct sg_list *out,
                    struct sg_error *e);
/* The column lyrics.lines, and back. */
struct sg_str sg_lines_json(const struct sg_list *lines,
                            struct sg_arena *a); /* p NULL: no memory */
int sg_lines_parse(struct sg_str json, struct sg_arena *a, struct sg_list *out, struct sg_error *e);
/* Gives each of lines the text of the line of `other` that begins at its time, or of its place
 * when there are no times and as many lines. */
void sg_lines_translate(const struct sg_list *lines, const struct sg_list *other);
/* "plain", "lines", "words". */
struct sg_str sg_lines_kind(const struct sg_lrc *l);
