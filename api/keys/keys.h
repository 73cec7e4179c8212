/* keys.h - who may ask, and for what: keys of the table api_keys.
 *
 *   segue-data key --> api_keys --(every second)--> a table in memory --> admit
 *
 * A request tells its key as `Authorization: Bearer KEY` or `X-API-Key: KEY`. No request
 * asks the database: a revocation is known within two seconds, and while the database is
 * away what was read last goes on to hold, for api.keys_stale_s. Thread-safe.
 */
#pragma once
#include "api/http/http.h"
#include "core/config.h"

struct sg_api_keys;
struct sg_pg_guard;
/* Waits a moment for the first reading; goes on without it when the database is away.
 * guard (core/pg.h; may be NULL) outlives it. */
int sg_api_keys_open(struct sg_api_keys **out, const struct sg_config *config,
                     struct sg_pg_guard *guard, struct sg_error *e);
void sg_api_keys_close(struct sg_api_keys *k);
/* Never waits. True: q may be answered, and holds what its key allows (its one market among
 * the parameters). False: r says why not. k NULL: everything is allowed. by_token: its bearer
 * value is an access token, which has been found good: a key is then told by X-API-Key alone,
 * and none is needed. */
bool sg_api_keys_admit(struct sg_api_keys *k, struct sg_http_request *q, struct sg_http_response *r,
                       bool by_token);
