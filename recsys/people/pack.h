/* pack.h - a person in few bytes; private to recsys/people.
 *
 *   flags | market | 5 x (n, ids by difference) | newest hour |
 *   songs: n x (id by difference, hours before the newest, plays, skips) |
 *   plays: n x (id, seconds before the one before, seconds played + 1)
 *
 * all as varints. Never leaves the process.
 */
#pragma once
#include "core/buf.h"
#include "recsys/people/people.h"

void person_pack(const struct sg_person *p, struct sg_buf *out);
/* Each array has room for one more. */
int person_unpack(struct sg_str bytes, struct sg_arena *a, struct sg_person *out,
                  struct sg_error *e);

/* change.c: p's arrays, made by person_unpack, take one change. */
void person_apply(struct sg_person *p, const struct sg_person_change *c, int64_t heard_days,
                  int64_t now_us);
/* A sorted array of plays, newest first, into p's plays and songs, in a. */
int person_take_plays(struct sg_person *p, const struct sg_person_play *v, size_t n,
                      struct sg_arena *a, struct sg_error *e);
