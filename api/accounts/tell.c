/* tell.c - see tell.h. */
#include "api/accounts/tell.h"
#include "api/cache/cache.h"
#include "core/clock.h"
#include "core/log.h"
#include "schemas/feedback.h"

#define TELL_US 250000

void accounts_changed(struct sg_api *api, struct sg_http_request *q, uint64_t user_id, bool taste)
{
    struct sg_person_changed in = {user_id};
    struct sg_error e = SG_ERROR_INIT;
    sg_cache_forgetf(api->cache, "user:%llu:profile", (unsigned long long)user_id);
    if (taste && sg_rpc_call(api->recsys, SG_METHOD_PERSON_CHANGED, &sg_person_changed_record, &in,
                             NULL, NULL, q->arena, sg_now_us() + TELL_US, q->traceparent, &e))
        sg_log(SG_LOG_DEBUG, "the recommender was not told of a change", "error=%s", e.text);
}
