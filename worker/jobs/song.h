/* song.h - the moment at which an upload becomes a song.
 *
 * One transaction writes the asset, the song with its credit and album, what it plays, the upload's
 * end and the job's. It begins by locking the job, which must still be held, and goes on only while
 * the upload is being processed by this very attempt: so it happens exactly once. Titles and the
 * like come from the request, else from the file's tags.
 */
#pragma once
#include "core/covers/covers.h"
#include "worker/asset.h"
#include "worker/jobs/duplicate.h"
#include "worker/jobs/upload.h"

struct encode_song {
    const struct encode_upload *u;
    const struct sg_asset *asset;
    const struct sg_audio_facts *facts;
    const struct sg_cover *cover; /* of the file; its name "": it has none */
    struct duplicate *duplicate;  /* filled in: a song that sounds the same is noted */
};
/* One publishes at a time, and looks once more for the recording: of two artists who upload the
 * same one at the same moment one is told so. song_id: a text of up to 23 bytes. SG_ECHANGED: the
 * job is another's; SG_ENOENT: the upload was cancelled; SG_EMEDIA: the recording has become
 * another artist's, *duplicate says whose. In all these cases nothing was written. */
#define ENCODE_PUBLISH_LOCK "pg_advisory_xact_lock(hashtext('segue publishing'))"
int encode_song_publish(struct sg_pg_pool *pool, const struct sg_job *job,
                        const struct encode_song *made, char song_id[24], struct sg_error *e);
