/* asset.h - a prepared tree of audio, from a folder into the object store and the database.
 *
 *   sg_asset_new --> sg_asset_job --> segue-audio fills a folder --> sg_asset_put -->
 * sg_asset_insert (objects audio/<id>/...)   (caller's transaction)
 *
 * Objects without rows are nobody's and go with the next sweep; rows are written in the transaction
 * that gives the recording to a song. Also for those who make audio themselves (data/).
 */
#pragma once
#include "core/objects/objects.h"
#include "core/uuid.h"
#include "core/vault/vault.h"
#include "schemas/audio.h"
#include <libpq-fe.h>
#include <stdatomic.h>

struct sg_asset {
    char id[SG_UUID_CHARS + 1];
    bool keyed; /* there is a content key: something of it is encrypted */
    unsigned char key[SG_CONTENT_KEY];
    char wrapped[2 * SG_WRAPPED_BYTES + 3]; /* "\x..." for SQL */
    bool seal;                              /* what is sealed at rest is, objects.seal */
    const char *protection;                 /* none, cenc, cbcs: static */
};

/* A new id; a new key when the configuration encrypts anything. */
int sg_asset_new(struct sg_asset *out, struct sg_vault *v, const struct sg_config *c,
                 struct sg_error *e);
void sg_asset_wipe(struct sg_asset *a); /* the key */
/* The job of segue-audio prepare as JSON, with keys in it: wipe it. */
int sg_asset_job(const struct sg_asset *a, const struct sg_config *c, struct sg_buf *json,
                 struct sg_error *e);

/* Pictures are a stranger's bytes as they were: they do not leave the prepared tree. */
bool sg_asset_keeps(const struct sg_audio_file *f);
/* Every file of the list that is kept, from below dir, each checked by size and checksum. *cut (may
 * be NULL) ends it: SG_ECANCELED. SG_ECORRUPT: a file is not as it was told. told (may be NULL):
 * percents.
 */
struct sg_asset_put {
    struct sg_objects *objects;
    const char *dir;
    const atomic_bool *cut;
    void (*told)(void *ctx, int percent);
    void *ctx;
};
int sg_asset_put(const struct sg_asset *a, const struct sg_asset_put *p,
                 const struct sg_audio_facts *facts, struct sg_error *e);
/* All objects below audio/<id>/. */
int sg_asset_remove(struct sg_objects *o, const char *id, struct sg_error *e);

/* Rows of assets and asset_files, of what is kept. */
int sg_asset_insert(PGconn *pg, const struct sg_asset *a, const struct sg_audio_facts *facts,
                    struct sg_error *e);
/* This recording is what the song plays from the commit on. */
int sg_asset_give(PGconn *pg, const struct sg_asset *a, const char *song_id, struct sg_error *e);
