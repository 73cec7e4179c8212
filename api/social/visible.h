/* visible.h - who may be shown to whom. In statements: segue_sees_user(viewer, who) and
 * segue_sees_acts(viewer, who), or SG_SQL_UNBLOCKED of api/library/sql.h, which the planner sees
 * through.
 */
#pragma once
#include "api/api.h"

/* Whether the caller (anybody, when nobody is logged in) may know of this user: SG_ENOENT when
 * there is none, or one of the two has blocked the other. */
int sg_visible_user(struct sg_api *api, struct sg_http_request *q, uint64_t user_id,
                    struct sg_error *e);
/* And what they do: a private profile's only by who was approved. SG_ENOENT. */
int sg_visible_acts(struct sg_api *api, struct sg_http_request *q, uint64_t user_id,
                    struct sg_error *e);
