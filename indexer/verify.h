/* verify.h - the live generation against the database, record by record. */
#pragma once
#include "core/config.h"
#include "core/pg.h"
#include "index/searcher.h"
#include "indexer/row.h"

int sg_cmd_verify(const struct sg_config *config, int argc, char **argv);

/* Whether the row is found by each of its own terms and the ranker's facts are
 * those of the row: the derived state. NULL, or what is wrong (static text). */
const char *sg_verify_search(struct sg_searcher *s, enum sg_kind kind, const struct sg_row *row,
                             struct sg_arena *a);

/* verify_lyrics.c: every row of the table lyrics as the snapshot has it, against the searcher's
 * present state. Lyrics of songs without any row are not looked for. */
typedef void (*sg_verify_lyrics_fn)(void *ctx, uint64_t song_id, const char *what);
int sg_verify_lyrics(PGconn *reader, struct sg_searcher *s, sg_verify_lyrics_fn differs, void *ctx,
                     uint64_t *compared, struct sg_error *e);
