/* gather.h - where candidates come from. Each adds to the pool what the filter allows. */
#pragma once
#include "recsys/candidates/pool.h"

struct sg_gather {
    const struct sg_occasion *o;
    const struct sg_leaning *taste;
    struct sg_pool *pool;
};
/* The k songs nearest to the folded-in vector (index/vectors.h), exact scores by the ranker. */
int sg_gather_vector(const struct sg_gather *g, size_t k, struct sg_error *e);
/* Neighbours (near.h) of the taste's recent songs, newer ones' counting more. */
void sg_gather_played(const struct sg_gather *g);
/* The k songs described most alike. */
int sg_gather_content(const struct sg_gather *g, size_t k, struct sg_error *e);
/* New songs of followed artists and of those most played. */
void sg_gather_new(const struct sg_gather *g, size_t per_artist);
/* The most played songs of the taste's artists, the heaviest first. */
void sg_gather_artists(const struct sg_gather *g, size_t artists, size_t per_artist);
void sg_gather_genres(const struct sg_gather *g, size_t genres, size_t per_genre);
/* The charts of the region, then of all. genre_id 0: all genres. */
void sg_gather_trends(const struct sg_gather *g, uint64_t genre_id, size_t k);
/* The chart of one region alone (0: all); returns how many of it are in the pool. */
size_t sg_gather_chart(const struct sg_gather *g, unsigned region, uint64_t genre_id, size_t most);
/* The most played songs until `more` were new to the pool. */
void sg_gather_popular(const struct sg_gather *g, uint64_t genre_id, size_t more);
