/* lyrics.h - rows of the table lyrics, from snapshot and tail into the index. */
#pragma once
#include "core/change_tail.h"
#include "core/pg.h"
#include "index/builder.h"
#include "index/delta.h"
#include "indexer/progress.h"

/* The column `lines` as a body (index/lyrics.h) appended to out. SG_EINVAL: no lines. */
int sg_lyrics_body(struct sg_str json, struct sg_arena *a, struct sg_buf *out, struct sg_error *e);
/* SG_EINVAL: a row to be skipped. */
int sg_lyrics_apply(struct sg_delta *d, const struct sg_change *c, struct sg_arena *a,
                    struct sg_error *e);
/* All of a snapshot's, by COPY. */
int sg_lyrics_feed(PGconn *reader, struct sg_builder *b, struct sg_progress *p, struct sg_error *e);
