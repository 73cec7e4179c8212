/* generate.h - a world written out: into PostgreSQL, or as JSONL. */
#pragma once
#include "data/generate/world.h"
#include "data/progress.h"
#include <libpq-fe.h>
#include <stdio.h>

/* Loads the world by COPY in one transaction. The catalogue must be empty
 * (SG_EEXIST) unless append; the first ids of o are set from the database.
 * While tables are empty, indexes that are not unique wait until the rows are
 * in; foreign keys are not checked row by row when the role may say so
 * (session_replication_role), the data being consistent by construction. */
int sg_generate_load(PGconn *c, struct sg_world_options *o, bool append, struct sg_progress *p,
                     struct sg_error *e);

/* Writes genres, artists, albums, songs and public playlists, one record a
 * line, as `segue-data import jsonl` reads them. Users and plays have no JSONL
 * form and are left out. */
int sg_generate_jsonl(FILE *to, const struct sg_world_options *o, struct sg_progress *p,
                      struct sg_error *e);
