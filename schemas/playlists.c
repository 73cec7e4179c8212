/* playlists.c - field tables of playlists.h. */
#include "schemas/playlists.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

#define TEXT(S, m, lo, hi, f, h)                                                                   \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = lo, .max = hi,  \
        .flags = f, .help = h                                                                      \
    }
#define WHOLE(S, m, lo, hi, d, f, h)                                                               \
    {                                                                                              \
        .name = #m, .type = SG_T_I64, .since = 1, .offset = offsetof(S, m), .min = lo, .max = hi,  \
        .dflt = d, .flags = f, .help = h                                                           \
    }
#define WHICH(S, m, h)                                                                             \
    {                                                                                              \
        .name = #m, .type = SG_T_U64, .since = 1, .offset = offsetof(S, m), .min = 1,              \
        .max = INT64_MAX, .flags = ABSENT, .help = h                                               \
    }
#define IDS(S, m, hi, h)                                                                           \
    {                                                                                              \
        .name = #m, .type = SG_T_U64, .since = 1, .offset = offsetof(S, m), .max = hi,             \
        .flags = SG_OPTIONAL | SG_LIST, .help = h                                                  \
    }

#define NAME_BYTES (4 * SG_PLAYLIST_NAME_MAX)
#define BEFORE     "Put before this item."
#define AFTER      "Put behind this item."
#define INDEX      "Put before what stands there now, from 0; past the end: at the end, as without any."
#define OPERATION                                                                                  \
    "The client's own name for this edit: sent again, it is answered again and not done again."
#define SNAPSHOT                                                                                   \
    "The list the client saw. The edit is made to the present one; a number not reached yet is "   \
    "refused."
#define DUPLICATE "`add` (default), `skip` songs that are there already, or `refuse` all with 409."

static const char *const operations[] = {"add", "move", "remove", NULL};
static const char *const on_duplicates[] = {"add", "skip", "refuse", NULL};
static const char *const roles[] = {"viewer", "editor", NULL};
#define ONE_OF(S, m, c, f, h)                                                                      \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = 1, .max = 64,   \
        .choices = c, .flags = f, .help = h                                                        \
    }

#define I struct sg_playlist_item
static const struct sg_field item[] = {
    SG_FIELD_U64(I, item_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(I, song_id, 1, INT64_MAX, SG_REQUIRED),
    TEXT(I, position, 0, 300, SG_OPTIONAL,
         "The list is its items in the order of these, compared byte by byte."),
    SG_FIELD_TIME(I, added_at, SG_OPTIONAL),
    WHICH(I, added_by, "Told to owner and collaborators."),
    SG_FIELD_REC(I, song, &sg_hit_record, SG_OPTIONAL),
};
static const struct sg_record item_record = SG_RECORD("PlaylistItem", I, item);

#define O struct sg_playlist_operation
static const struct sg_field operation[] = {
    SG_FIELD_CHOICE(O, op, operations, SG_REQUIRED),
    IDS(O, song_ids, SG_PLAYLIST_CHANGES_MAX,
        "What to add; or all items of these songs to remove."),
    IDS(O, item_ids, SG_PLAYLIST_CHANGES_MAX, "What to move, in this order, or to remove."),
    WHICH(O, before_item_id, BEFORE),
    WHICH(O, after_item_id, AFTER),
    WHOLE(O, index, 0, 1000000, -1, ABSENT, INDEX),
};
const struct sg_record sg_playlist_operation_record = SG_RECORD("PlaylistOperation", O, operation);

#define C struct sg_playlist_changes
static const struct sg_field changes[] = {
    TEXT(C, operation_id, 1, 100, SG_OPTIONAL, OPERATION),
    WHICH(C, snapshot_id, SNAPSHOT),
    ONE_OF(C, on_duplicate, on_duplicates, SG_OPTIONAL, DUPLICATE),
    {.name = "operations",
     .type = SG_T_RECORD,
     .since = 1,
     .offset = offsetof(C, operations),
     .min = 1,
     .max = 100,
     .flags = SG_LIST,
     .record = &sg_playlist_operation_record,
     .help = "Done in turn, all or none."},
};
const struct sg_record sg_playlist_changes_record = SG_RECORD("PlaylistChanges", C, changes);

#define A struct sg_playlist_addition
static const struct sg_field addition[] = {
    WHICH(A, song_id, "One song, or several in song_ids."),
    IDS(A, song_ids, SG_PLAYLIST_CHANGES_MAX, NULL),
    WHICH(A, before_item_id, BEFORE),
    WHICH(A, after_item_id, AFTER),
    WHOLE(A, index, 0, 1000000, -1, ABSENT, INDEX),
    TEXT(A, operation_id, 1, 100, SG_OPTIONAL, OPERATION),
    WHICH(A, snapshot_id, SNAPSHOT),
    ONE_OF(A, on_duplicate, on_duplicates, SG_OPTIONAL, DUPLICATE),
};
const struct sg_record sg_playlist_addition_record = SG_RECORD("PlaylistAddition", A, addition);

#define D struct sg_playlist_delta
static const struct sg_field delta[] = {
    SG_FIELD_U64(D, playlist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(D, snapshot_id, 0, INT64_MAX, SG_REQUIRED),
    {.name = "from_snapshot_id",
     .type = SG_T_U64,
     .since = 1,
     .offset = offsetof(D, from_snapshot_id),
     .max = INT64_MAX,
     .flags = SG_REQUIRED,
     .help = "The list to which it applies; snapshot_id itself where nothing changed."},
    WHOLE(D, song_count, 0, INT64_MAX, 0, SG_REQUIRED, NULL),
    WHICH(D, changed_by, NULL),
    SG_FIELD_STR(D, operation_id, 1, 100, SG_OPTIONAL),
    {.name = "items",
     .type = SG_T_RECORD,
     .since = 1,
     .offset = offsetof(D, items),
     .max = 20000,
     .flags = SG_OPTIONAL | SG_LIST,
     .record = &item_record,
     .help = "Added, or at another position now."},
    IDS(D, removed, 20000, "Items that are no longer there."),
    IDS(D, missing, SG_PLAYLIST_CHANGES_MAX, "Items named that were gone already."),
    IDS(D, skipped, SG_PLAYLIST_CHANGES_MAX, "Songs not added as they are there already."),
    {.name = "details",
     .type = SG_T_BOOL,
     .since = 1,
     .offset = offsetof(D, details),
     .max = 1,
     .flags = ABSENT,
     .help = "Name, description, visibility or rules changed."},
};
const struct sg_record sg_playlist_delta_record = SG_RECORD("PlaylistDelta", D, delta);

static const char *const rule_fields[] = {"genre",    "artist", "year",       "duration",
                                          "explicit", "plays",  "last_heard", "liked",
                                          "added",    "title",  NULL};
static const char *const rule_ops[] = {"is",       "is_not",      "at_least",        "at_most",
                                       "contains", "within_days", "not_within_days", "yes",
                                       "no",       NULL};
static const char *const rule_sorts[] = {"popular",    "newest",      "oldest",
                                         "title",      "added",       "most_played",
                                         "last_heard", "least_heard", NULL};
extern const struct sg_record sg_playlist_rule_record;
#define U struct sg_playlist_rule
static const struct sg_field rule[] = {
    SG_FIELD_LIST(U, all, SG_T_RECORD, &sg_playlist_rule_record, 20),
    SG_FIELD_LIST(U, any, SG_T_RECORD, &sg_playlist_rule_record, 20),
    ONE_OF(U, field, rule_fields, SG_OPTIONAL, "Plays, last_heard and liked are the owner's."),
    ONE_OF(U, op, rule_ops, SG_OPTIONAL, "As far as it fits the field."),
    TEXT(U, text, 1, 200, SG_OPTIONAL, "Of genre (its name) and title."),
    WHOLE(U, number, 0, INT64_MAX, -1, ABSENT,
          "Of artist (its id), year, duration (seconds), plays, and of days."),
};
const struct sg_record sg_playlist_rule_record = SG_RECORD("PlaylistRule", U, rule);

#define L struct sg_playlist_rules
static const struct sg_field rules[] = {
    {.name = "all",
     .type = SG_T_RECORD,
     .since = 1,
     .offset = offsetof(L, all),
     .max = 20,
     .flags = SG_OPTIONAL | SG_LIST,
     .record = &sg_playlist_rule_record,
     .help = "All must hold; nested at most 3 deep, at most 20 conditions in all."},
    SG_FIELD_LIST(L, any, SG_T_RECORD, &sg_playlist_rule_record, 20),
    ONE_OF(L, sort, rule_sorts, SG_OPTIONAL, "Default: popular."),
    WHOLE(L, limit, 1, SG_PLAYLIST_SMART_MAX, 100, SG_OPTIONAL, NULL),
};
const struct sg_record sg_playlist_rules_record = SG_RECORD("PlaylistRules", L, rules);

#define N struct sg_playlist_new
static const struct sg_field details[] = {
    SG_FIELD_STR(N, name, 1, NAME_BYTES, SG_REQUIRED),
    SG_FIELD_STR(N, description, 0, SG_PLAYLIST_TEXT_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(N, is_public, SG_OPTIONAL),
    {.name = "rules",
     .type = SG_T_RECORD,
     .since = 1,
     .offset = offsetof(N, rules),
     .flags = SG_OPTIONAL,
     .record = &sg_playlist_rules_record,
     .help = "Makes it a smart playlist: its songs are what the rules say."},
    IDS(N, song_ids, SG_PLAYLIST_CHANGES_MAX, "The first songs."),
};
const struct sg_record sg_playlist_new_record = SG_RECORD("NewPlaylist", N, details);
const struct sg_record sg_playlist_details_record = {
    .name = "PlaylistDetails", .fields = details, .n_fields = 4, .size = sizeof(N)};
static const struct sg_field patch[] = {
    SG_FIELD_STR(N, name, 1, NAME_BYTES, SG_OPTIONAL),
    SG_FIELD_STR(N, description, 0, SG_PLAYLIST_TEXT_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(N, is_public, SG_OPTIONAL),
    SG_FIELD_REC(N, rules, &sg_playlist_rules_record, SG_OPTIONAL),
};
const struct sg_record sg_playlist_patch_record = SG_RECORD("PlaylistPatch", N, patch);

#define W struct sg_playlist_owner
static const struct sg_field owner[] = {
    SG_FIELD_U64(W, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(W, display_name, 1, 800, SG_REQUIRED),
};
static const struct sg_record owner_record = SG_RECORD("PlaylistOwner", W, owner);

#define V struct sg_playlist_view
static const struct sg_field view[] = {
    SG_FIELD_U64(V, playlist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_REC(V, owner, &owner_record, SG_OPTIONAL),
    SG_FIELD_STR(V, name, 1, NAME_BYTES, SG_REQUIRED),
    SG_FIELD_STR(V, description, 0, INT32_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(V, is_public, SG_OPTIONAL),
    SG_FIELD_BOOL(V, is_smart, SG_OPTIONAL),
    SG_FIELD_BOOL(V, is_following, SG_OPTIONAL),
    WHOLE(V, followers, INT64_MIN, INT64_MAX, 0, SG_OPTIONAL, NULL),
    WHOLE(V, song_count, -1, INT64_MAX, -1, ABSENT,
          "Of a smart playlist only where songs are told."),
    TEXT(V, role, 1, 16, SG_OPTIONAL, "The caller's: owner, editor, viewer; absent: none."),
    SG_FIELD_U64(V, snapshot_id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_TIME(V, created_at, SG_OPTIONAL),
    SG_FIELD_TIME(V, updated_at, SG_OPTIONAL),
    {.name = "mosaic",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(V, mosaic),
     .max = 4,
     .flags = SG_OPTIONAL | SG_LIST,
     .help = "Covers of the first albums."},
    TEXT(V, cover_url, 1, 200, SG_OPTIONAL,
         "One square picture of the first four covers that are kept here; absent: there is none."),
    {.name = "rules",
     .type = SG_T_RECORD,
     .since = 1,
     .offset = offsetof(V, rules),
     .flags = SG_OPTIONAL,
     .record = &sg_playlist_rules_record,
     .help = "Told to owner and collaborators."},
    SG_FIELD_LIST(V, songs, SG_T_RECORD, &item_record, SG_PLAYLIST_SMART_MAX),
    SG_FIELD_STR(V, next_cursor, 1, SG_CURSOR_MAX * 4, SG_OPTIONAL),
};
const struct sg_record sg_playlist_view_record = {
    .name = "Playlist", .fields = view, .n_fields = 16, .size = sizeof(V)};
const struct sg_record sg_playlist_page_record = SG_RECORD("PlaylistPage", V, view);

static const struct sg_field list[] = {
    SG_FIELD_LIST(struct sg_playlist_list, playlists, SG_T_RECORD, &sg_playlist_view_record,
                  SG_PLAYLIST_PAGE_MAX),
    SG_FIELD_STR(struct sg_playlist_list, next_cursor, 1, SG_CURSOR_MAX * 4, SG_OPTIONAL),
};
const struct sg_record sg_playlist_list_record =
    SG_RECORD("PlaylistList", struct sg_playlist_list, list);

#define S struct sg_playlist_songs
static const struct sg_field songs[] = {
    SG_FIELD_LIST(S, songs, SG_T_RECORD, &item_record, SG_PLAYLIST_SMART_MAX),
    SG_FIELD_U64(S, snapshot_id, 0, INT64_MAX, SG_OPTIONAL),
    WHOLE(S, song_count, 0, INT64_MAX, 0, SG_OPTIONAL, NULL),
    SG_FIELD_STR(S, next_cursor, 1, SG_CURSOR_MAX * 4, SG_OPTIONAL),
};
const struct sg_record sg_playlist_songs_record = SG_RECORD("PlaylistSongs", S, songs);

#define B struct sg_playlist_collaborator
static const struct sg_field collaborator[] = {
    SG_FIELD_U64(B, collaborator_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(B, display_name, 1, 800, SG_OPTIONAL),
    TEXT(B, role, 1, 16, SG_REQUIRED, "viewer or editor."),
    SG_FIELD_TIME(B, added_at, SG_OPTIONAL),
};
const struct sg_record sg_playlist_collaborator_record =
    SG_RECORD("PlaylistCollaborator", B, collaborator);
static const struct sg_field collaborators[] = {
    SG_FIELD_LIST(struct sg_playlist_collaborators, collaborators, SG_T_RECORD,
                  &sg_playlist_collaborator_record, 1000),
};
const struct sg_record sg_playlist_collaborators_record =
    SG_RECORD("PlaylistCollaborators", struct sg_playlist_collaborators, collaborators);
static const struct sg_field role[] = {
    ONE_OF(struct sg_playlist_role, role, roles, SG_REQUIRED,
           "`viewer` sees it though it is private, `editor` changes its songs too."),
};
const struct sg_record sg_playlist_role_record =
    SG_RECORD("PlaylistRole", struct sg_playlist_role, role);

#define M struct sg_playlist_share_new
static const struct sg_field share_new[] = {
    ONE_OF(M, role, roles, SG_OPTIONAL, "`viewer` (default) or `editor`, who must log in."),
    WHOLE(M, expires_in, 60, 366 * 86400, 0, ABSENT, "Seconds; absent: it does not expire."),
    WHOLE(M, max_uses, 1, 100000, 0, ABSENT, "How many may join by it; absent: any number."),
};
const struct sg_record sg_playlist_share_new_record = SG_RECORD("NewPlaylistShare", M, share_new);

#define H struct sg_playlist_share
static const struct sg_field share[] = {
    SG_FIELD_U64(H, share_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(H, playlist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(H, role, 1, 16, SG_REQUIRED),
    TEXT(H, token, 1, 100, SG_OPTIONAL, "Told once: only a hash of it is kept."),
    WHOLE(H, uses, 0, INT64_MAX, 0, SG_OPTIONAL, NULL),
    WHOLE(H, max_uses, 0, INT64_MAX, 0, ABSENT, NULL),
    SG_FIELD_TIME(H, created_at, SG_OPTIONAL),
    SG_FIELD_TIME(H, expires_at, SG_OPTIONAL),
};
const struct sg_record sg_playlist_share_record = SG_RECORD("PlaylistShare", H, share);
static const struct sg_field shares[] = {
    SG_FIELD_LIST(struct sg_playlist_shares, shares, SG_T_RECORD, &sg_playlist_share_record, 100),
};
const struct sg_record sg_playlist_shares_record =
    SG_RECORD("PlaylistShares", struct sg_playlist_shares, shares);

static const struct sg_field duplicate[] = {
    SG_FIELD_U64(struct sg_playlist_duplicate, song_id, 1, INT64_MAX, SG_REQUIRED),
    IDS(struct sg_playlist_duplicate, item_ids, 20000, "In the order of the list."),
};
static const struct sg_record duplicate_record =
    SG_RECORD("PlaylistDuplicate", struct sg_playlist_duplicate, duplicate);
static const struct sg_field duplicates[] = {
    SG_FIELD_LIST(struct sg_playlist_duplicates, duplicates, SG_T_RECORD, &duplicate_record, 10000),
    SG_FIELD_U64(struct sg_playlist_duplicates, snapshot_id, 0, INT64_MAX, SG_OPTIONAL),
};
const struct sg_record sg_playlist_duplicates_record =
    SG_RECORD("PlaylistDuplicates", struct sg_playlist_duplicates, duplicates);

#define X struct sg_playlist_match
static const struct sg_field match[] = {
    SG_FIELD_I64(X, entry, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_U64(X, song_id, 1, INT64_MAX, SG_REQUIRED),
    TEXT(X, how, 1, 32, SG_REQUIRED, "What it was found by."),
    SG_FIELD_F64(X, confidence, SG_REQUIRED),
};
static const struct sg_record match_record = SG_RECORD("PlaylistMatch", X, match);
#define Y struct sg_playlist_unmatched
static const struct sg_field unmatched[] = {
    SG_FIELD_I64(Y, entry, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(Y, title, 0, 4000, SG_OPTIONAL),
    SG_FIELD_STR(Y, artist, 0, 4000, SG_OPTIONAL),
    SG_FIELD_STR(Y, reason, 1, 200, SG_REQUIRED),
};
static const struct sg_record unmatched_record = SG_RECORD("PlaylistUnmatched", Y, unmatched);
#define Z struct sg_playlist_import
static const struct sg_field import[] = {
    SG_FIELD_U64(Z, playlist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(Z, name, 1, NAME_BYTES, SG_REQUIRED),
    SG_FIELD_I64(Z, entries, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_I64(Z, imported, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_LIST(Z, uncertain, SG_T_RECORD, &match_record, 10000),
    SG_FIELD_LIST(Z, unmatched, SG_T_RECORD, &unmatched_record, 10000),
};
const struct sg_record sg_playlist_import_record = SG_RECORD("PlaylistImport", Z, import);

static const char *const ofs[] = {"own", "shared", "all", NULL};
#define Q struct sg_playlist_query
static const struct sg_field query[] = {
    WHOLE(Q, limit, 1, SG_PLAYLIST_PAGE_MAX, 50, SG_OPTIONAL, NULL),
    SG_FIELD_STR(Q, cursor, 1, SG_CURSOR_MAX * 4, SG_OPTIONAL),
    SG_FIELD_CHOICE(Q, of, ofs, SG_OPTIONAL),
    WHICH(Q, item_id, NULL),
    WHICH(Q, snapshot_id, NULL),
    SG_FIELD_STR(Q, operation_id, 1, 100, SG_OPTIONAL),
    SG_FIELD_BOOL(Q, is_public, SG_OPTIONAL),
    SG_FIELD_STR(Q, name, 1, NAME_BYTES, SG_OPTIONAL),
};
const struct sg_record sg_playlist_query_record = SG_RECORD("PlaylistQuery", Q, query);

static const char *const sizes[] = {"64", "300", "640", "1200", NULL};
static const char *const formats[] = {"jpg", "webp", NULL};
static const struct sg_field cover_query[] = {
    SG_FIELD_CHOICE(struct sg_playlist_cover_query, size, sizes, SG_OPTIONAL),
    SG_FIELD_CHOICE(struct sg_playlist_cover_query, format, formats, SG_OPTIONAL),
};
const struct sg_record sg_playlist_cover_query_record =
    SG_RECORD("PlaylistCoverQuery", struct sg_playlist_cover_query, cover_query);
