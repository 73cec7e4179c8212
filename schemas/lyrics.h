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

/* Answer: the source document's song_id and lyrics, and what else is known of them. */
struct sg_song_lyrics {
    uint64_t song_id;
    struct sg_str language;   /* of these lyrics; "und": not told */
    struct sg_list languages; /* sg_str: in which there are some, the first one first */
    struct sg_str kind;       /* plain, lines, words */
    struct sg_str source;     /* absent: not told */
    bool is_instrumental;     /* field "instrumental" */
    struct sg_str updated_at;
    struct sg_list lyrics; /* sg_lyric_line */
};
/* What is written: lines, or a text as LRC, enhanced LRC or plain. */
struct sg_lyrics_edit {
    struct sg_list lyrics; /* sg_lyric_line */
    struct sg_str text;
    struct sg_str source;
    bool is_instrumental;
};
struct sg_lyrics_params {
    struct sg_str language, translation, format, source, market;
};
#define SG_LYRICS_TEXT_MAX (256 << 10) /* bytes of LRC */

extern const struct sg_record sg_song_lyrics_record, sg_lyrics_edit_record, sg_lyrics_params_record;
extern const struct sg_record sg_lyric_line_record, sg_lyric_lines_record;
