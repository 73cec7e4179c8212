/* lyrics.c - field tables of lyrics.h. */
#include "schemas/lyrics.h"

#define DAY_S 86400
/* Seconds; left out when unknown. */
#define SECONDS(S, m, h)                                                                           \
    {                                                                                              \
        .name = #m, .type = SG_T_F64, .flags = SG_OPTIONAL | SG_OMIT_DEFAULT, .since = 1,          \
        .offset = offsetof(S, m), .min = 0, .max = DAY_S, .dflt = -1, .help = h                    \
    }

static const struct sg_field word[] = {
    SECONDS(struct sg_lyric_word, start_time, "Seconds from the beginning of the song."),
    SECONDS(struct sg_lyric_word, end_time, NULL),
    SG_FIELD_STR(struct sg_lyric_word, text, 0, SG_LYRIC_TEXT_MAX, SG_REQUIRED),
};
static const struct sg_record word_record = SG_RECORD("LyricWord", struct sg_lyric_word, word);

static const struct sg_field line[] = {
    SECONDS(struct sg_lyric_line, start_time,
            "Seconds from the beginning of the song; absent: the line has no time."),
    SECONDS(struct sg_lyric_line, end_time, "Absent: not known."),
    SG_FIELD_STR(struct sg_lyric_line, text, 0, SG_LYRIC_TEXT_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_RECORD, struct sg_lyric_line, words, 0, 1000,
              SG_OPTIONAL | SG_LIST | SG_OMIT_DEFAULT, 0, &word_record),
    SG_FIELD_STR(struct sg_lyric_line, translation, 1, SG_LYRIC_TEXT_MAX, SG_OPTIONAL),
};
const struct sg_record sg_lyric_line_record = SG_RECORD("LyricLine", struct sg_lyric_line, line);

static const struct sg_field lines[] = {
    SG_FIELD_LIST(struct sg_lyric_lines, lines, SG_T_RECORD, &sg_lyric_line_record,
                  SG_LYRICS_LINES_MAX),
};
const struct sg_record sg_lyric_lines_record =
    SG_RECORD("LyricLines", struct sg_lyric_lines, lines);
