/* contexts.h - who put which songs together, for what words mean (index/meaning.h): the
 * public playlists with their names and descriptions, tags, and days of listening. */
#pragma once
#include "core/pg.h"
#include "index/builder.h"

/* Of the reader's snapshot. At most the 100,000 playlists with the most followers, 20,000
 * tags (of the half million uses that most people agree on, with 1,000 songs each), and 200,000
 * days of the last 90, from two million plays. */
int sg_contexts_feed(PGconn *reader, struct sg_builder *b, struct sg_error *e);
