/* row.h - a row of a catalogue table as a record.
 *
 * A table's columns carry the names of the record's fields, so the record
 * description is the mapping. Beside the record a row has what only the indexer
 * needs: the lead artist of a song, whether a playlist is public. What the
 * record's bounds do not admit is cut (names, descriptions) or left out (links).
 */
#pragma once
#include "core/change_tail.h"
#include "schemas/catalogue.h"

enum sg_table {
    SG_TABLE_SONGS = SG_SONG,
    SG_TABLE_ARTISTS = SG_ARTIST,
    SG_TABLE_ALBUMS = SG_ALBUM,
    SG_TABLE_PLAYLISTS = SG_PLAYLIST,
    SG_TABLE_GENRES,
    SG_TABLE_CREDITS, /* song_artists: no record of its own */
    SG_TABLE_ALIASES, /* in the records of their owners */
    SG_TABLE_POPULAR, /* popular_queries: among the delta's notes */
    SG_TABLE_LYRICS,  /* beside the songs (index/lyrics.h) */
    SG_TABLES
};

struct sg_row {
    union {
        struct sg_song song;
        struct sg_artist artist;
        struct sg_album album;
        struct sg_playlist playlist;
        struct sg_genre genre;
    } v;
    uint64_t lead;  /* songs.artist_id */
    bool is_public; /* playlists */
};

#define SG_ROW_COLUMNS 16 /* at most, of any table with a record */

const char *sg_table_name(enum sg_table t);
/* SG_TABLES when it is none of ours. */
enum sg_table sg_table_of(const struct sg_relation *r);
const struct sg_record *sg_table_record(enum sg_table t);

/* The id a record of the table is known by. */
uint64_t sg_row_id(enum sg_table t, const struct sg_row *row);
/* Names of the columns that rows are read from, in sg_row_read's order. */
size_t sg_row_columns(enum sg_table t, const char *names[SG_ROW_COLUMNS]);
/* Appends "alias.column, alias.column ..." in the same order. */
void sg_row_select(enum sg_table t, const char *alias, struct sg_buf *sql);
/* cells: text of the columns in order, p NULL for SQL NULL. Strings are views
 * into them. SG_EINVAL: a value the record cannot hold, the row is to be skipped. */
int sg_row_read(enum sg_table t, const struct sg_str *cells, struct sg_row *row,
                struct sg_error *e);
/* Patches *row with what the tuple carries; strings are copied into a. Sets
 * *complete to false when a column was not sent (unchanged TOAST). */
int sg_row_patch(enum sg_table t, const struct sg_relation *r, const struct sg_tuple *tuple,
                 struct sg_row *row, bool *complete, struct sg_arena *a, struct sg_error *e);
/* The number in a named column: SG_EINVAL when absent or not in 1..INT64_MAX. */
int sg_row_key(const struct sg_relation *r, const struct sg_tuple *t, const char *column,
               uint64_t *out, struct sg_error *e);

/* The first field at or after `from` in which a and b differ; NULL: none. Lists
 * must be of numbers or strings. */
const struct sg_field *sg_record_differs(const struct sg_record *r, const void *a, const void *b,
                                         const struct sg_field *from);
/* Copies strings and lists of the record at v into a, in place. */
int sg_record_own(const struct sg_record *r, void *v, struct sg_arena *a, struct sg_error *e);
