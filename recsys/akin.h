/* akin.h - artists and albums that are like one: whose songs are neighbours of its songs, by
 * the people who play them and by what is said of them.
 */
#pragma once
#include "recsys/compose.h"

enum sg_akin_kind { SG_AKIN_ARTISTS, SG_AKIN_ALBUMS };
/* Of the artist or album id, which is left out itself, as are those without any song that
 * the filter allows. out: room for limit, most alike first. Returns how many, or a negative
 * error. */
int sg_akin_to(const struct sg_occasion *o, enum sg_akin_kind kind, uint64_t id, size_t limit,
               struct sg_share *out, struct sg_error *e);
