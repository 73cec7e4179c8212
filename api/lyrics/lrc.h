/* lrc.h - lyrics as LRC, enhanced LRC and plain text.
 *
 *   [ti:Song]                                tags; offset is heeded
 *   [00:12.50][01:40.00]A line sung twice    minutes, seconds, hundredths or thousandths
 *   [01:02:03.40]Past the hour               hours when there is a point; 00:12:34 is 12.34 s
 *   [00:15.00]<00:15.00>Word <00:15.40>by word<00:16.20>
 *   [00:20.00]                               silence: what was sung before ends here
 *
 * Reading: UTF-8 with or without a mark, any line ends. A file without times is plain text; in one
 * with times, lines that have none are comments. Lines are put in order, a line said twice at one
 * time is one, times below zero are zero, words of a line never run backwards. A line
 * ends where the next begins; the last one's end is not known unless something tells.
 * What was read, written and read again is the same. Thread-safe.
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_LRC_BYTES      (256u << 10) /* of a file */
#define SG_LRC_LINES      10000
#define SG_LRC_WORDS      50000 /* with times, of all lines */
#define SG_LRC_LINE_BYTES 2000  /* of one line's text */
#define SG_LRC_MS_MAX     (24u * 3600 * 1000)
#define SG_LRC_UNTIMED    UINT32_MAX

enum sg_lrc_kind { SG_LRC_PLAIN, SG_LRC_TIMED, SG_LRC_WORDWISE };

struct sg_lrc_word {
    uint32_t start_ms, end_ms; /* end: SG_LRC_UNTIMED when unknown */
    struct sg_str text;        /* with the space that follows; words joined are the line's text */
};
struct sg_lrc_line {
    uint32_t start_ms, end_ms; /* SG_LRC_UNTIMED: unknown; start: of plain lines alone */
    struct sg_str text;        /* one line; empty in plain text only: between stanzas */
    const struct sg_lrc_word *words;
    size_t n_words; /* 0: the line has no times within */
};
struct sg_lrc {
    enum sg_lrc_kind kind; /* WORDWISE: some line has words */
    struct sg_lrc_line *lines;
    size_t n;
    struct sg_str title, artist, album, language; /* tags; absent: none */
};

/* All in a. SG_EINVAL: no UTF-8, a zero byte, a line too long; SG_ELIMIT: too large. */
int sg_lrc_read(struct sg_lrc *out, struct sg_str text, struct sg_arena *a, struct sg_error *e);
/* In the richest form that `as` allows and the lyrics have. */
void sg_lrc_write(const struct sg_lrc *l, enum sg_lrc_kind as, struct sg_buf *out);

/* What came another way (JSON): puts lines in order, fills ends of lines that begin before
 * another, cleans texts (sg_lrc_clean), sets kind. Times are at most SG_LRC_MS_MAX. */
int sg_lrc_settle(struct sg_lrc *l, struct sg_arena *a, struct sg_error *e);
/* One line of text: control characters and runs of spaces become one space, none at the ends;
 * what would be read as a word's time is broken by a space. p NULL: out of memory. */
struct sg_str sg_lrc_clean(struct sg_str text, struct sg_arena *a);

/* Private to lrc_*.c: the time at the front of s ("mm:ss.xx" up to `close`, which is taken
 * too) and how many bytes it takes; 0: none. Negative times are 0. */
size_t sg_lrc_time(struct sg_str s, char close, uint32_t *ms);
