/* lyrics.h - lyrics as they are stored, sent and answered. */
#pragma once
#include "core/record.h"

#define SG_LYRICS_LINES_MAX 10000
#define SG_LYRIC_TEXT_MAX   2000 /* bytes of a line */
#define SG_LANGUAGE_MAX     35   /* bytes of a BCP 47 tag (RFC 5646 section 4.4.1) */

struct sg_lyric_word {
    double start_time, end_time; /* seconds; -1: unknown */
    struct sg_str text;          /* with the space that follows */
};
struct sg_lyric_line {
    double start_time, end_time; /* seconds; -1: unknown */
    struct sg_str text;
    struct sg_list words;      /* sg_lyric_word; joined they are text */
    struct sg_str translation; /* in the language asked for; absent: none */
};
/* The column lyrics.lines, as {"lines": ...}. */
struct sg_lyric_lines {
    struct sg_list lines; /* sg_lyric_line */
};

extern const struct sg_record sg_lyric_line_record, sg_lyric_lines_record;
