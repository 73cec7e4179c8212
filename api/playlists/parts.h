/* parts.h - private to api/playlists: a playlist as somebody sees it, and what is done with it. */
#pragma once
#include "api/api.h"
#include "api/db/db.h"
#include "schemas/playlists.h"

#define MEMBERS_MAX "1000" /* collaborators of one playlist */

enum playlist_role { PLAYLIST_STRANGER, PLAYLIST_VIEWER, PLAYLIST_EDITOR, PLAYLIST_OWNER };

struct playlist {
    char id[24], owner[24];  /* as parameters */
    enum playlist_role role; /* the caller's */
    bool is_smart;
    struct sg_playlist_view view; /* without mosaic and songs; rules also to strangers */
    char covers[4][65];           /* names of the first albums' that are kept here; "": no more */
};

/* The caller's id, and whether she is an admin, as parameters. */
struct playlist_caller {
    char user_id[24];
    const char *is_admin;
};
struct playlist_caller playlist_caller(const struct sg_http_request *q);

/* SG_ENOENT when it is not there or the caller may not see it. store.c */
int playlist_find(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                  struct playlist *out, struct sg_error *e);
/* Whoever asks: the link said so. */
int playlist_find_any(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                      struct playlist *out, struct sg_error *e);
/* As playlist_find by the path's first hole; SG_EPERM for who sees it and has less than this role.
 */
int playlist_of_path(struct sg_api *api, struct sg_http_request *q, enum playlist_role least,
                     struct playlist *out, struct sg_error *e);
/* SG_ENOENT for who may not know of it, SG_EPERM for less than this role. */
int playlist_judge(const struct playlist *p, enum playlist_role least, struct sg_error *e);
enum playlist_role playlist_role_of(struct sg_str name);
/* After a commit: what is kept of it is old. */
void playlist_forget(struct sg_api *api, uint64_t playlist_id);
/* Row `row` of playlist_columns. */
int playlist_read_row(struct sg_http_request *q, PGresult *rows, int row, struct playlist *out,
                      struct sg_error *e);
/* Columns for playlist_read_row of playlists p; $1: the caller, $2: whether an admin. */
#define PLAYLIST_COLUMNS                                                                           \
    "p.playlist_id, p.user_id, p.name, p.description, p.is_public, p.followers, "                  \
    "to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), "              \
    "to_char(greatest(p.updated_at, s.edited_at) AT TIME ZONE 'UTC', "                             \
    "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), coalesce(s.snapshot_id, 0), s.rules::text, "            \
    "u.display_name, "                                                                             \
    "CASE WHEN p.user_id = $1::bigint OR $2::boolean THEN 'owner' ELSE c.role END, "               \
    "EXISTS (SELECT FROM follows f WHERE f.user_id = $1::bigint AND f.target_kind = 'playlist' "   \
    "AND f.target_id = p.playlist_id), "                                                           \
    "CASE WHEN s.rules IS NULL THEN (SELECT count(*) FROM playlist_songs i WHERE "                 \
    "i.user_id = p.user_id AND i.playlist_id = p.playlist_id) ELSE -1 END"
#define PLAYLIST_JOINS                                                                             \
    " JOIN users u ON u.user_id = p.user_id LEFT JOIN playlist_state s ON s.user_id = p.user_id "  \
    "AND s.playlist_id = p.playlist_id LEFT JOIN playlist_collaborators c ON "                     \
    "c.user_id = p.user_id AND c.playlist_id = p.playlist_id AND c.collaborator_id = $1::bigint "

/* A time column as RFC 3339. */
#define PLAYLIST_TIME(column)                                                                      \
    "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

struct sg_str playlist_text(struct sg_arena *a, PGresult *rows, int row, int column);
uint64_t playlist_number(PGresult *rows, int row, int column);
/* "{1,2,3}" in the arena; NULL: no memory. */
const char *playlist_array(struct sg_arena *a, const uint64_t *ids, size_t n);

/* A page of items behind cursor (absent: the first), songs joined; what of it is smart is asked
 * of the rules. songs.c */
int playlist_songs(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                   int64_t limit, struct sg_str cursor, struct sg_playlist_songs *out,
                   struct sg_error *e);
/* The same of an ordinary playlist, without their songs. */
int playlist_items(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                   int64_t limit, struct sg_str cursor, struct sg_playlist_songs *out,
                   struct sg_error *e);
/* Gives every item its song as the caller may see it. */
int playlist_join_songs(struct sg_api *api, struct sg_http_request *q, struct sg_list *items,
                        struct sg_error *e);
/* The covers of n playlists, into their views and names. covers.c */
int playlist_mosaics(struct sg_api *api, struct sg_http_request *q, struct playlist *p, size_t n,
                     struct sg_error *e);
/* Song ids by the rules, best first, as the owner's. smart.c */
int playlist_smart_songs(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                         struct sg_list *ids, struct sg_error *e);

/* Does the operations and writes the answer into body (PlaylistDelta). change.c */
int playlist_change(struct sg_api *api, struct sg_http_request *q, uint64_t playlist_id,
                    const struct sg_playlist_changes *changes, struct sg_buf *body,
                    struct sg_error *e);
/* Within a transaction that has locked the playlist: the next snapshot, told to who looks on.
 * delta->snapshot_id is set. body: the delta as it was told. */
int playlist_tell(struct sg_db_tx *tx, const struct playlist *p, struct sg_playlist_delta *delta,
                  struct sg_buf *body, struct sg_error *e);
/* Locks it and finds out anew who the caller is to it: SG_ENOENT, SG_EPERM. */
int playlist_lock(struct sg_db_tx *tx, struct sg_http_request *q, uint64_t playlist_id,
                  enum playlist_role least, struct playlist *out, struct sg_error *e);
