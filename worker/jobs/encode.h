/* encode.h - the job of queue "encode": from an upload's original to a song that plays.
 *
 *   fetch --> segue-audio prepare (confined) --> same recording? --> cover --> store --> publish
 *
 * May be killed anywhere: the next attempt begins anew under another asset id, and only
 * publishing counts. What is left behind in the store is nobody's, and swept.
 */
#pragma once
#include "core/objects/objects.h"
#include "core/vault/vault.h"
#include "worker/queue/queue.h"
#include "worker/scratch.h"

struct encode {
    const struct sg_config *config;
    struct sg_pg_pool *pool;
    struct sg_objects *objects;
    struct sg_vault *vault;
    struct sg_scratch *scratch;
};
/* Does it; the fate is what to end the job with, e why. Any thread, which outlives the call. */
enum sg_job_fate encode_run(const struct encode *x, struct sg_job *job, struct sg_error *e);
