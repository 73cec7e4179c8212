/* erase.h - an account is deleted; private to api/accounts. */
#pragma once
#include "api/db/db.h"

/* Every row of every holding, in one transaction. *ended (may be NULL): rows of the ids of the
 * sessions that ended with it, PQclear. SG_ENOENT: there is no such user. */
int account_erase(struct sg_db *db, uint64_t user_id, PGresult **ended, struct sg_error *e);
