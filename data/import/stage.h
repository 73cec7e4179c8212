/* stage.h - records on their way into the catalogue: kept in memory up to a
 * bound, copied into temporary tables, then merged by set-based statements in
 * one transaction with the progress of the file they came from.
 *
 * Records are named by keys ("source:id"), which become external ids. Merging
 * is idempotent: what is there already and equal is not written at all, so
 * the change tail stays quiet. The last of several records with one key wins.
 * Thread-compatible.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include <libpq-fe.h>
#include <stdio.h>

enum sg_stage_table {
    SG_STAGE_KEY,      /* kind, key, external_id */
    SG_STAGE_GENRE,    /* name */
    SG_STAGE_ARTIST,   /* key, name, image_url */
    SG_STAGE_ALBUM,    /* key, title, artist_key, release_date, cover_art_url, keep_artist:
                          an album there keeps its artist and date */
    SG_STAGE_SONG,     /* key, title, album_key, genre, duration_s, track_no, release_date,
                          explicit, play_count */
    SG_STAGE_CREDIT,   /* song_key, position from 1 without gaps, artist_key, role */
    SG_STAGE_ALIAS,    /* kind, key, alias, hint: added to what is there */
    SG_STAGE_TAG,      /* kind (song or artist), key, tag, uses: added to what is there */
    SG_STAGE_USER,     /* email, display_name */
    SG_STAGE_PLAYLIST, /* key, email, name, description, followers */
    SG_STAGE_ENTRY,    /* playlist_key, position, song_key, added_at; whole playlists only */
    SG_STAGE_FOLLOW,   /* email, target_email */
    SG_STAGE_DELETE,   /* kind, key */
    SG_STAGE_TABLES
};
#define SG_STAGE_CELLS 9

struct sg_import_count {
    uint64_t inserted, updated, deleted, unchanged, rejected;
};
enum sg_import_kind {
    SG_I_GENRES,
    SG_I_ARTISTS,
    SG_I_ALBUMS,
    SG_I_SONGS,
    SG_I_CREDITS,
    SG_I_ALIASES,
    SG_I_TAGS,
    SG_I_USERS,
    SG_I_PLAYLISTS,
    SG_I_ENTRIES,
    SG_I_FOLLOWS,
    SG_I_KINDS
};
extern const char *const sg_import_kind_names[SG_I_KINDS];

/* Rows that cannot be taken: "file:line<TAB>reason" a line. */
struct sg_rejects {
    FILE *to; /* NULL: only counted */
    uint64_t n;
    char first[256]; /* the first one, for the summary */
};
void sg_reject(struct sg_rejects *r, const char *path, uint64_t line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

struct sg_stage {
    PGconn *c; /* NULL: rows are checked and dropped */
    struct sg_buf cells[SG_STAGE_TABLES];
    size_t rows[SG_STAGE_TABLES], n_rows, n_bytes;
    struct sg_import_count counts[SG_I_KINDS];
    struct sg_rejects *rejects;
    const char *path; /* of the file being read, for rejects */
};

/* Makes the temporary tables. c and rejects stay the caller's. c NULL: nothing is
 * merged, a flush only makes sure that every cell is text. */
int sg_stage_init(struct sg_stage *s, PGconn *c, struct sg_rejects *rejects, struct sg_error *e);
void sg_stage_fini(struct sg_stage *s);

/* Cells are copied; p == NULL is SQL NULL. Missing cells are NULL. */
void sg_stage_put(struct sg_stage *s, enum sg_stage_table table, uint64_t line,
                  const struct sg_str *cells, size_t n);
bool sg_stage_full(const struct sg_stage *s);

/* Where a file stands; committed with the rows. */
struct sg_checkpoint {
    const char *source, *path;
    int64_t size_bytes, modified_us;
    uint64_t line;
    bool finished;
};
/* Merges everything staged, and empties the stage. Nothing is changed on error. */
int sg_stage_flush(struct sg_stage *s, const struct sg_checkpoint *at, struct sg_error *e);
/* The line up to which an unchanged file was taken before; 0: from its start. */
int sg_checkpoint_read(PGconn *c, struct sg_checkpoint *at, struct sg_error *e);
