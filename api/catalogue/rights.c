/* rights.c - see rights.h. */
#include "api/catalogue/rights.h"
#include "api/caller.h"
#include <stdio.h>

bool sg_catalogue_may_edit(const struct sg_http_request *q, uint64_t owner)
{
    return sg_caller_is_admin(q) || (owner && q->caller.user_id == owner);
}

int sg_catalogue_edit_check(const struct sg_http_request *q, uint64_t owner, bool hidden,
                            const char *what, uint64_t id, struct sg_error *e)
{
    if (sg_catalogue_may_edit(q, owner))
        return 0;
    if (hidden)
        return sg_fail(e, SG_ENOENT, "there is no %s %llu", what, (unsigned long long)id);
    return sg_fail(e, SG_EPERM, "%s %llu is another artist's", what, (unsigned long long)id);
}

void sg_viewer_of(const struct sg_http_request *q, struct sg_viewer *out)
{
    snprintf(out->user_id, sizeof out->user_id, "%llu", (unsigned long long)q->caller.user_id);
    out->all = sg_caller_is_admin(q) ? "t" : "f";
}
