/* duplicate.h - whether a recording is another artist's already. */
#pragma once
#include "schemas/audio.h"
#include "worker/jobs/upload.h"

struct duplicate {
    bool is_other;    /* another artist's: it is to be refused */
    char song_id[24]; /* that sounds the same; "": none does */
    char text[400];   /* for the one who uploads it */
};
/* The owner's own may be uploaded again (another album, another master). Short sounds have no
 * fingerprint, and are like none. asset_id: of this upload. */
int encode_find_duplicate(struct sg_pg_pool *pool, const struct encode_upload *u,
                          const char *asset_id, const struct sg_audio_facts *facts,
                          struct duplicate *out, struct sg_error *e);
/* The same within a transaction. */
int encode_look_for_duplicate(PGconn *pg, const struct encode_upload *u, const char *asset_id,
                              const struct sg_audio_facts *facts, struct duplicate *out,
                              struct sg_error *e);
