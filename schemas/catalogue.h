/* catalogue.h - the catalogue's records: what the indexer reads, the store
 * keeps, the JSONL source carries and the importers write. They are kept frozen
 * (core/record.h): new fields go to the end of a table.
 */
#pragma once
#include "core/record.h"

enum sg_kind { SG_SONG, SG_ARTIST, SG_ALBUM, SG_PLAYLIST, SG_KINDS };
extern const char *const sg_kind_names[SG_KINDS]; /* "song", "artist" ... */
/* SG_KINDS when there is none. */
enum sg_kind sg_kind_of(struct sg_str name);

#define SG_TITLE_MAX   2000 /* bytes: 500 characters of up to 4 */
#define SG_ARTISTS_MAX 100  /* credited artists of one song */
#define SG_ALIASES_MAX 100  /* other names of one entity */

struct sg_song {
    uint64_t song_id;
    struct sg_str title;
    struct sg_list artist_ids;  /* uint64_t; the lead artist first */
    uint64_t album_id;          /* 0: none */
    uint64_t genre_id;          /* 0: unknown */
    int64_t duration_s;         /* 0: unknown */
    int64_t track_no;           /* 0: unknown */
    struct sg_str release_date; /* "YYYY-MM-DD" or absent */
    bool is_explicit;           /* field "explicit" */
    uint64_t play_count;
    struct sg_str external_id;   /* "source:id" or absent */
    struct sg_list aliases;      /* struct sg_str: other names */
    struct sg_list hints;        /* the same, searched but never shown: misspellings */
    struct sg_str cover_art_url; /* its own, for where its album has none; absent: none */
};
struct sg_artist {
    uint64_t artist_id;
    struct sg_str name;
    struct sg_str image_url; /* absent: none */
    struct sg_str external_id;
    struct sg_list aliases, hints; /* as of a song; they are its songs' and albums' too */
};
struct sg_album {
    uint64_t album_id;
    struct sg_str title;
    uint64_t artist_id;
    struct sg_str release_date;
    struct sg_str cover_art_url;
    struct sg_str external_id;
    struct sg_list aliases, hints; /* as of a song */
};
struct sg_playlist { /* public ones only reach the index */
    uint64_t playlist_id;
    struct sg_str name;
    struct sg_str description;
    uint64_t user_id;
    uint64_t followers;
    struct sg_str external_id;
};
struct sg_genre {
    uint64_t genre_id;
    struct sg_str name;
};

extern const struct sg_record sg_song_record, sg_artist_record, sg_album_record, sg_playlist_record,
    sg_genre_record;
/* By kind; indexes the four above. */
extern const struct sg_record *const sg_kind_records[SG_KINDS];

/* Its aliases, or its hints; NULL for a playlist, which has none. */
struct sg_list *sg_aliases_of(enum sg_kind kind, void *record, bool hints);

/* The year of "YYYY-MM-DD"; 0 when absent or out of 1..9999. */
int sg_release_year(struct sg_str date);
/* Days since 1970-01-01 of a date that is on the calendar; 0: none, or before that. */
int32_t sg_release_day(struct sg_str date);
