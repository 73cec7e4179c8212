/* artist_rows.h - who manages which artist, in PostgreSQL, within a transaction. */
#pragma once
#include "api/db/db.h"
#include "api/http/http.h"

/* The artist under whom something new is put: there until the transaction ends, and the caller's
 * (SG_EINVAL naming artist_id, SG_EPERM). */
int sg_artist_hold(struct sg_db_tx *tx, const struct sg_http_request *q, uint64_t artist_id,
                   struct sg_error *e);
/* How many the account manages; holds the account's row, so that two at once count. SG_ENOENT. */
int sg_artist_count(struct sg_db_tx *tx, struct sg_arena *a, uint64_t user_id, uint64_t *out,
                    struct sg_error *e);
/* user_id 0: nobody from now on. The account gets the role. */
int sg_artist_give(struct sg_db_tx *tx, struct sg_arena *a, uint64_t id, uint64_t user_id,
                   struct sg_error *e);
