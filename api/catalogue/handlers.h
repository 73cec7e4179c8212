/* handlers.h - the catalogue's handlers, by file. */
#pragma once
#include "api/api.h"

/* song.c */
SG_HANDLER(sg_api_song_create);
SG_HANDLER(sg_api_song_change);
SG_HANDLER(sg_api_song_delete);
/* credit.c */
SG_HANDLER(sg_api_credit_delete);
/* album.c */
SG_HANDLER(sg_api_album_create);
SG_HANDLER(sg_api_album_change);
SG_HANDLER(sg_api_album_delete);
/* artist.c */
SG_HANDLER(sg_api_artist_create);
SG_HANDLER(sg_api_artist_change);
SG_HANDLER(sg_api_artist_delete);
/* genre.c */
SG_HANDLER(sg_api_genre_create);
SG_HANDLER(sg_api_genre_change);
SG_HANDLER(sg_api_genre_delete);
/* owner.c */
SG_HANDLER(sg_api_artist_own);
SG_HANDLER(sg_api_artist_disown);
SG_HANDLER(sg_api_claim);
SG_HANDLER(sg_api_claim_withdraw);
SG_HANDLER(sg_api_claim_refuse);
SG_HANDLER(sg_api_claims);
SG_HANDLER(sg_api_my_artists);
/* pages.c */
SG_HANDLER(sg_api_artist);
SG_HANDLER(sg_api_album);
/* lists.c */
SG_HANDLER(sg_api_songs);
SG_HANDLER(sg_api_artists);
SG_HANDLER(sg_api_albums);
SG_HANDLER(sg_api_genres);
/* picture.c */
SG_HANDLER(sg_api_song_cover_put);
SG_HANDLER(sg_api_song_cover_delete);
SG_HANDLER(sg_api_cover_put);
SG_HANDLER(sg_api_cover_delete);
SG_HANDLER(sg_api_image_put);
SG_HANDLER(sg_api_image_delete);
SG_HANDLER(sg_api_cover);
