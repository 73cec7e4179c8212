/* email.h - e-mail addresses as they are kept and compared. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_EMAIL_MAX 254 /* bytes (RFC 5321 section 4.5.3.1.3) */

/* In NFC and small letters: two spellings of one mailbox are one account. SG_EINVAL (field
 * email) when it is none: one @, 1 to 64 bytes before it, a domain of at least two labels, no
 * quotes, spaces, controls or what is not assigned. Letters of all scripts may come (RFC 6531). */
int sg_email_normalise(struct sg_str text, char out[SG_EMAIL_MAX + 1], struct sg_error *e);
