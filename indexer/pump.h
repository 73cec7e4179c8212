/* pump.h - from a source's changes into one generation's delta, exactly once.
 *
 * Transactions are gathered for at most indexer.batch_ms (less when nothing more
 * comes), committed to the delta together with the position reached, and only
 * then confirmed to the source. After any error the pump is closed and another
 * opened: it goes on from the last commit. Thread-compatible.
 */
#pragma once
#include "core/config.h"
#include "index/generation.h"

struct sg_pump;
/* folder: the generation's, below index_dir. SG_ENOENT: the generation or its slot is gone;
 * SG_EBUSY: somebody else writes the delta or reads the slot; SG_EUNAVAIL: no database. */
int sg_pump_open(struct sg_pump **out, const struct sg_config *config, const char *index_dir,
                 const char *folder, struct sg_error *e);
void sg_pump_close(struct sg_pump *p);
/* Works until a batch was committed (1), or nothing came for wait_ms (0), or an
 * error. SG_ELIMIT: a transaction is larger than a quarter of the base and
 * large ones were not allowed; those before it are committed. */
int sg_pump_step(struct sg_pump *p, int wait_ms, struct sg_error *e);
void sg_pump_allow_large(struct sg_pump *p);

struct sg_pump_state {
    uint64_t lsn, sequence; /* committed */
    uint64_t documents;     /* in the delta */
    int64_t lag_bytes;
    int64_t lag_us; /* from the database's commit to ours, of the last; 0 when idle */
};
void sg_pump_state(const struct sg_pump *p, struct sg_pump_state *out);

bool sg_source_is_postgres(const struct sg_config *config);
