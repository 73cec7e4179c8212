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

static int add_param(struct sg_http_request *q, struct sg_error *e)
{
    struct sg_http_param *v = sg_arena_array(q->arena, q->n_params + 1, sizeof *v);
    struct sg_str id = sg_arena_printf(q->arena, "%llu", (unsigned long long)q->caller.user_id);
    if (!v || !id.p)
        return sg_fail(e, SG_ENOMEM, "user_id");
    memcpy(v, q->params, q->n_params * sizeof *v);
    v[q->n_params++] = (struct sg_http_param){SG_STR("user_id"), id};
    q->params = v;
    return 0;
}

int sg_caller_speaks(const struct sg_api *api, struct sg_http_request *q, bool needed,
                     struct sg_error *e)
{
    uint64_t named, user_id;
    bool told = false;
    for (size_t i = 0; i < q->n_params; i++) {
        if (!sg_str_eq(q->params[i].name, SG_STR("user_id")))
            continue;
        told = true;
        int rc = sg_str_to_u64(q->params[i].value, &named) && named
                     ? sg_caller_user(api, q, named, &user_id, e)
                     : 0;
        if (rc)
            return rc;
    }
    if (!told && !q->caller.user_id && needed && !api->config->api.trust_user_id)
        return sg_fail(e, SG_EAUTH, "log in first: this is about a user");
    return told || !q->caller.user_id ? 0 : add_param(q, e);
}
