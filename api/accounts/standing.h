/* standing.h - roles as the database has them; private to api/accounts. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_ROLES_TEXT 32
/* "{user,artist}"; user is always among them. SG_EINVAL (field roles): no such role. */
int roles_read(const struct sg_str *v, size_t n, char out[SG_ROLES_TEXT], struct sg_error *e);
