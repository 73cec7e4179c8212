/* address.h - an account is given another e-mail address; private to api/accounts. */
#pragma once
#include "api/accounts/parts.h"

/* Takes a mailed token's address for its account and tells the one before. *done: it was one. */
int address_take(struct sg_accounts *x, struct sg_http_request *q, const char *token_hash,
                 bool *done, struct sg_error *e);
