/* forwarded.h - who a request is from, when proxies stand in between.
 *
 * Each proxy appends whom it heard from. The list is read from its right end, for as long as
 * who said it is one of the listed proxies: the first that is not is the client. What
 * lies further left the client may have made up.
 */
#pragma once
#include "api/http/address.h"
#include "api/http/fields.h"

/* peer: whom the connection is from. by_forwarded: RFC 7239's Forwarded is read, else
 * X-Forwarded-For; never both, as a proxy passes on what it does not know. */
struct sg_address http_client_of(const struct http_fields *h, const struct sg_address *peer,
                                 const struct sg_networks *proxies, bool by_forwarded);
