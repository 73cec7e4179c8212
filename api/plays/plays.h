/* plays.h - plays, from players to the database.
 *
 *   player --word--> journal, safe --202--> player
 *                      |
 *              move.c -+-> play_events, listening_history --> history, recommender
 *                      |            |
 *                      |            +-> play_deltas --keep.c--> song_plays_daily, play_count
 *                      +-> listens --match.c, by the query server--> as above
 *
 * What was answered with 202 is in the database once, whatever is killed; while the
 * database is away the journal takes plays up to plays.journal_mb, then they are refused
 * with 503. Rules and guarantees: docs/plays.md. Thread-safe.
 */
#pragma once
#include "api/plays/now.h"
#include "core/config.h"
#include "core/err.h"

struct sg_rpc_client;
struct sg_plays;
struct sg_pg_guard;
/* Its files lie below var_dir/plays. SG_EBUSY: another API has them. query finds the songs of
 * submitted listens; query, now and guard (core/pg.h; may be NULL) outlive it. */
int sg_plays_open(struct sg_plays **out, const struct sg_config *config,
                  struct sg_rpc_client *query, struct sg_now *now, struct sg_pg_guard *guard,
                  struct sg_error *e);
void sg_plays_close(struct sg_plays *p);
