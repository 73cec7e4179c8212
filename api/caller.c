/* caller.c - see caller.h. */
#include "api/caller.h"
#include "api/api.h"

bool sg_caller_is_admin(const struct sg_http_request *q)
{
    return q->caller.roles & SG_ROLE_ADMIN;
}

int sg_caller_user(const struct sg_api *api, const struct sg_http_request *q, uint64_t named,
                   uint64_t *user_id, struct sg_error *e)
{
    *user_id = named ? named : q->caller.user_id;
    if (named && (api->config->api.trust_user_id || sg_caller_is_admin(q)))
        return 0;
    if (!q->caller.user_id)
        return sg_fail(e, SG_EAUTH, "log in first: this is about a user");
    return *user_id == q->caller.user_id
               ? 0
               : sg_fail(e, SG_EPERM, "user_id: another user's; only an admin may name one");
}
