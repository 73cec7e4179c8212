/* idempotency.h - POSTs that may be sent again: the Idempotency-Key header
 * (draft-ietf-httpapi-idempotency-key-header).
 *
 * Of whoever is logged in, for every POST that a worker answers but those of /api/v1/auth,
 * /api/v1/licences, /api/v1/offline, /api/v1/me/tokens and links of playlists (whose answers hold
 * secrets, and are not to be had again after a revocation): a key, 1 to 255 characters of visible
 * ASCII, stands for one request (its path, query and body) of that user for 24 hours.
 *
 *   sent again            the same answer as the first time, with Idempotent-Replayed: true
 *   while it is answered  409 idempotency-in-progress, Retry-After
 *   another request       422 idempotency-key-reused
 *   no answer was kept    409 idempotency-outcome-unknown: the API was killed, or the database
 *                         left, between; it may have taken effect. A minute after it began
 *
 * What is guaranteed: a request with a key takes effect at most once, kills included, as the key
 * is written before the handler runs and one whose end is unknown is never run again. Only
 * answers of success are kept. After any other the key is free: nothing was made, with one
 * exception: a 503 or 504 that came while the database committed. Thread-safe.
 */
#pragma once
#include "api/http/http.h"

struct sg_api;
/* What a POST to this path answers holds secrets of which the database has hashes at most: it is
 * kept nowhere, and the header does nothing. */
bool sg_idempotency_is_secret(struct sg_str path);
/* Before the handler. False: r is the answer. */
bool sg_idempotency_begin(struct sg_api *api, struct sg_http_request *q,
                          struct sg_http_response *r);
/* After it; status: the answer's. */
void sg_idempotency_end(struct sg_api *api, struct sg_http_request *q,
                        const struct sg_http_response *r, int status);
