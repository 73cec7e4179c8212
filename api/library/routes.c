/* routes.c - routes of a listener's own library. */
#include "api/library/library.h"
#include "api/params.h"
#include "api/route.h"
#include "schemas/library.h"

#define LIMIT                                                                                      \
    {                                                                                              \
        "limit", "limit", NULL, "Entries wanted.", NULL                                            \
    }
#define CURSOR                                                                                     \
    {                                                                                              \
        "cursor", "cursor", NULL, "`next_cursor` of the page before.", NULL                        \
    }
const struct sg_param sg_place_params[] = {LIMIT, CURSOR, {0}};
const struct sg_param sg_sorted_place_params[] = {
    LIMIT, CURSOR, {"sort", "sort", NULL, "`newest` (default) or `oldest` first.", NULL}, {0}};
const struct sg_param sg_contains_params[] = {
    {"ids", "ids", NULL, "Up to 100, separated by commas.", NULL},
    {0},
};

#define TAG .tag = "Library", .access = SG_LISTENER
const struct sg_route sg_library_routes[] = {
    {.path = "/api/v1/me/library/songs",
     .name = "listLikedSongs",
     .handle = sg_library_songs,
     TAG,
     .summary = "Songs that I like",
     .help = "Songs that are no longer in the catalogue are counted, but not shown.",
     .params = sg_sorted_place_params,
     .params_of = &sg_page_request_record,
     .reply = &sg_saved_list_record},
    {.path = "/api/v1/me/library/songs/contains",
     .name = "areSongsLiked",
     .handle = sg_library_has_songs,
     TAG,
     .summary = "Which of these songs I like",
     .params = sg_contains_params,
     .params_of = &sg_contains_request_record,
     .reply = &sg_contains_reply_record},
    {.path = "/api/v1/me/library/songs/{song_id}",
     .name = "getLikedSong",
     .handle = sg_library_song,
     TAG,
     .summary = "A song that I like, and since when",
     .reply = &sg_saved_record,
     .answers = SG_ANSWERS_404},
    {.method = "PUT",
     .path = "/api/v1/me/library/songs/{song_id}",
     .name = "likeSong",
     .handle = sg_library_like,
     TAG,
     .summary = "Like a song",
     .help = "The same as feedback `like`: it takes the place of any other verdict on the song, "
             "and the next recommendations know. Repeating it changes nothing.",
     .answers = SG_ANSWERS_404},
    {.method = "DELETE",
     .path = "/api/v1/me/library/songs/{song_id}",
     .name = "unlikeSong",
     .handle = sg_library_unlike,
     TAG,
     .summary = "Like a song no more",
     .help = "A dislike is left as it is. Repeating it changes nothing."},
    {.path = "/api/v1/me/library/albums",
     .name = "listSavedAlbums",
     .handle = sg_library_albums,
     TAG,
     .summary = "Albums that I have saved",
     .params = sg_sorted_place_params,
     .params_of = &sg_page_request_record,
     .reply = &sg_saved_list_record},
    {.path = "/api/v1/me/library/albums/contains",
     .name = "areAlbumsSaved",
     .handle = sg_library_has_albums,
     TAG,
     .summary = "Which of these albums I have saved",
     .params = sg_contains_params,
     .params_of = &sg_contains_request_record,
     .reply = &sg_contains_reply_record},
    {.method = "PUT",
     .path = "/api/v1/me/library/albums/{album_id}",
     .name = "saveAlbum",
     .handle = sg_library_save_album,
     TAG,
     .summary = "Save an album",
     .answers = SG_ANSWERS_404},
    {.method = "DELETE",
     .path = "/api/v1/me/library/albums/{album_id}",
     .name = "removeSavedAlbum",
     .handle = sg_library_remove_album,
     TAG,
     .summary = "Take an album out of the library"},
    {0},
};
