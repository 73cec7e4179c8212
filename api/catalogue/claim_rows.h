/* claim_rows.h - claims to artists that nobody manages. */
#pragma once
#include "api/catalogue/listing.h"
#include "api/db/db.h"
#include "schemas/edits.h"

/* Fills in names and time. Again: the message is the new one. SG_ENOENT: no such artist;
 * SG_ECONFLICT: managed by somebody, or too many claims of this user. */
int sg_claim_put(struct sg_db *db, struct sg_http_request *q, struct sg_claim *claim,
                 struct sg_error *e);
/* SG_ENOENT: there was none. */
int sg_claim_delete(struct sg_db *db, struct sg_http_request *q, uint64_t artist_id,
                    uint64_t user_id, struct sg_error *e);
/* Oldest first. */
int sg_claims_read(struct sg_db *db, struct sg_http_request *q, const struct sg_listing *l,
                   struct sg_claim_list *out, struct sg_error *e);
