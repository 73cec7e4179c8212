/* hits.h - rows of artists and albums as hits, as the search tells them. */
#pragma once
#include "api/catalogue/rows.h"
#include "schemas/search.h"

/* Columns of an album's row, in order: with l albums, a artists. */
#define SG_SQL_ALBUM_HIT                                                                           \
    "l.album_id, l.title, a.artist_id, a.name, "                                                   \
    "coalesce(extract(year FROM l.release_date)::integer, 0), l.cover_art_url"
#define SG_SQL_ARTIST_HIT "a.artist_id, a.name, a.image_url"

/* n rows as sg_hit list; SG_ENOMEM. */
int sg_album_hits(const PGresult *rows, size_t n, struct sg_arena *a, struct sg_list *out,
                  struct sg_error *e);
int sg_artist_hits(const PGresult *rows, size_t n, struct sg_arena *a, struct sg_list *out,
                   struct sg_error *e);
