/* licences.h - keys of protected songs, for whoever may hear them now.
 *
 *   player --{"kids":[...]}--> POST /licences/clearkey?device_id=
 *      premium? her device? songs out, and not too many an hour?  --one statement-->  licences
 *   <--{"keys":[{kid,k}],"expires_at"}-- content keys, unwrapped here, derived for cenc
 *
 * Every licence is written down before a key leaves. What is unknown, hidden or not protected
 * is left out in the same way, by the same statement, so that neither answer nor time tells
 * which it was.
 */
#pragma once
#include "api/api.h"

SG_HANDLER(sg_licence_clearkey);

/* The device_id of a request, as the database writes it, in the arena. SG_EINVAL. */
int sg_device_id_read(struct sg_http_request *q, struct sg_str text, const char **out,
                      struct sg_error *e);
/* SG_ENOENT "device-unknown": not registered, removed, or another's. */
int sg_device_unknown(struct sg_error *e);
/* SG_EPERM "premium-needed", unless the caller has a subscription that is paid. */
int sg_premium_needed(const struct sg_http_request *q, struct sg_error *e);
/* Decimal, in the arena. */
const char *sg_session_text(struct sg_http_request *q);
