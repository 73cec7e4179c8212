/* routes.c - the routes of lyrics, and their parameters. */
#include "api/lyrics/handlers.h"
#include "api/route.h"
#include "schemas/lyrics.h"

#define LANGUAGE_HELP                                                                              \
    "The language, as BCP 47 has it; the nearest there is, else the first one. Without it, "       \
    "Accept-Language decides."
#define OF_HELP     "The language, as BCP 47 has it; without it \"und\"."
#define MARKET_HELP "Where the listener is: ISO 3166-1, two capitals."

const struct sg_param sg_lyrics_params[] = {
    {"language", "language", NULL, LANGUAGE_HELP, NULL},
    {"translation", "translation", NULL,
     "Gives each line its counterpart in this language too, where there is one.", NULL},
    {"market", "market", NULL, MARKET_HELP, NULL},
    {0},
};
const struct sg_param sg_lyrics_file_params[] = {
    {"language", "language", NULL, LANGUAGE_HELP, NULL},
    {"format", "format", NULL,
     "lrc (default); enhanced: with times of words; plain: without times.", NULL},
    {"market", "market", NULL, MARKET_HELP, NULL},
    {0},
};
const struct sg_param sg_lyrics_edit_params[] = {
    {"language", "language", NULL, OF_HELP, NULL},
    {0},
};
const struct sg_param sg_lyrics_upload_params[] = {
    {"language", "language", NULL, OF_HELP " A file's own tag [la:] counts before that.", NULL},
    {"source", "source", NULL, "Who says so.", NULL},
    {0},
};

#define LYRICS "/api/v1/songs/{song_id}/lyrics"

const struct sg_route sg_lyrics_routes[] = {
    {.path = LYRICS,
     .name = "getLyrics",
     .handle = sg_lyrics_read,
     .tag = "Lyrics",
     .summary = "A song's lyrics, line by line",
     .help = "With the second that each line begins and ends, and that of each word where it is "
             "known. languages lists all there are.",
     .params = sg_lyrics_params,
     .params_of = &sg_lyrics_params_record,
     .reply = &sg_song_lyrics_record,
     .answers = SG_ANSWERS_404},
    {.path = LYRICS "/file",
     .name = "getLyricsFile",
     .handle = sg_lyrics_read_file,
     .tag = "Lyrics",
     .summary = "A song's lyrics as LRC or plain text",
     .params = sg_lyrics_file_params,
     .params_of = &sg_lyrics_params_record,
     .content_type = "text/plain; charset=utf-8",
     .answers = SG_ANSWERS_404},
    {.method = "PUT",
     .path = LYRICS,
     .name = "putLyrics",
     .handle = sg_lyrics_write,
     .access = SG_ARTIST_ROLE,
     .tag = "Lyrics",
     .summary = "Write a song's lyrics in one language",
     .help = "By the song's artist or an admin. As lines, or as a text (LRC, enhanced LRC, plain). "
             "Lines are put in order; words, where told, make up their line. To replace lyrics, "
             "send the ETag of those as If-Match. They are searchable within a second.",
     .params = sg_lyrics_edit_params,
     .params_of = &sg_lyrics_params_record,
     .body = &sg_lyrics_edit_record,
     .body_max = 4 << 20,
     .reply = &sg_song_lyrics_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_412 | SG_ANSWERS_413},
    {.method = "PUT",
     .path = LYRICS "/file",
     .name = "putLyricsFile",
     .handle = sg_lyrics_write_file,
     .access = SG_ARTIST_ROLE,
     .tag = "Lyrics",
     .summary = "Write a song's lyrics from an LRC or text file",
     .help = "LRC, enhanced LRC or plain text in UTF-8, 256 KiB and 10,000 lines at most.",
     .params = sg_lyrics_upload_params,
     .params_of = &sg_lyrics_params_record,
     .body_type = "text/plain",
     .body_max = 512 << 10,
     .reply = &sg_song_lyrics_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_412 | SG_ANSWERS_413},
    {.method = "DELETE",
     .path = LYRICS,
     .name = "deleteLyrics",
     .handle = sg_lyrics_remove,
     .access = SG_ARTIST_ROLE,
     .tag = "Lyrics",
     .summary = "Remove a song's lyrics in one language",
     .params = sg_lyrics_edit_params,
     .params_of = &sg_lyrics_params_record,
     .answers = SG_ANSWERS_403 | SG_ANSWERS_404 | SG_ANSWERS_412},
    {0},
};
