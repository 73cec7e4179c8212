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
    SG_FIELD_(SG_T_RECORD, struct sg_lyric_line, words, 0, SG_LYRIC_TEXT_MAX,
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

#define LANGUAGES_MAX 100
#define SOURCE_MAX    800 /* 200 characters */

static const char *const kinds[] = {"plain", "lines", "words", NULL};
static const char *const formats[] = {"lrc", "enhanced", "plain", NULL};

/* The member is_instrumental as "instrumental". */
#define INSTRUMENTAL(S, f)                                                                         \
    {                                                                                              \
        .name = "instrumental", .type = SG_T_BOOL, .flags = f, .since = 1,                         \
        .offset = offsetof(S, is_instrumental), .max = 1, .help = "Nothing is sung."               \
    }

static const struct sg_field song_lyrics[] = {
    SG_FIELD_U64(struct sg_song_lyrics, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_song_lyrics, language, 1, SG_LANGUAGE_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_song_lyrics, languages, SG_T_STR, NULL, LANGUAGES_MAX),
    SG_FIELD_CHOICE(struct sg_song_lyrics, kind, kinds, SG_REQUIRED),
    SG_FIELD_STR(struct sg_song_lyrics, source, 1, SOURCE_MAX, SG_OPTIONAL),
    INSTRUMENTAL(struct sg_song_lyrics, SG_REQUIRED),
    SG_FIELD_TIME(struct sg_song_lyrics, updated_at, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_song_lyrics, lyrics, SG_T_RECORD, &sg_lyric_line_record,
                  SG_LYRICS_LINES_MAX),
};
const struct sg_record sg_song_lyrics_record =
    SG_RECORD("SongLyrics", struct sg_song_lyrics, song_lyrics);

static const struct sg_field edit[] = {
    SG_FIELD_LIST(struct sg_lyrics_edit, lyrics, SG_T_RECORD, &sg_lyric_line_record,
                  SG_LYRICS_LINES_MAX),
    {.name = "text",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(struct sg_lyrics_edit, text),
     .max = SG_LYRICS_TEXT_MAX,
     .help = "Instead of lyrics: LRC, enhanced LRC or plain text."},
    SG_FIELD_STR(struct sg_lyrics_edit, source, 1, SOURCE_MAX, SG_OPTIONAL),
    INSTRUMENTAL(struct sg_lyrics_edit, SG_OPTIONAL),
};
const struct sg_record sg_lyrics_edit_record = SG_RECORD("LyricsEdit", struct sg_lyrics_edit, edit);

static const struct sg_field params[] = {
    SG_FIELD_STR(struct sg_lyrics_params, language, 2, SG_LANGUAGE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_lyrics_params, translation, 2, SG_LANGUAGE_MAX, SG_OPTIONAL),
    SG_FIELD_CHOICE(struct sg_lyrics_params, format, formats, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_lyrics_params, source, 1, SOURCE_MAX, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_lyrics_params, market, 2, 2, SG_OPTIONAL),
};
const struct sg_record sg_lyrics_params_record =
    SG_RECORD("LyricsParams", struct sg_lyrics_params, params);
