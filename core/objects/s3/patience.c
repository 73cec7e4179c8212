/* patience.c - how long a request may take in all, and how long it waits between tries: see s3.h.
 */
#include "core/clock.h"
#include "core/objects/s3/s3.h"
#include "core/service.h"
#include <sys/random.h>

#define FIRST_WAIT_MS 100
#define LAST_WAIT_MS  5000

bool s3_is_late(const struct s3 *s, const struct s3_request *q)
{
    int64_t each_ms = q->timeout_ms ? q->timeout_ms : s->timeout_ms;
    int64_t most_us = each_ms * 1000 * (s->retries + 2) + q->moved * 1000000 / S3_LEAST_RATE;
    return sg_now_us() - q->begun_us - q->sink_us > most_us;
}

bool s3_wait(const struct s3 *s, const struct s3_request *q, int attempt)
{
    uint32_t chance = 0;
    int64_t ms = FIRST_WAIT_MS;
    if (s3_is_late(s, q))
        return false;
    for (int i = 2; i < attempt && ms < LAST_WAIT_MS; i++)
        ms *= 2;
    ms = ms < LAST_WAIT_MS ? ms : LAST_WAIT_MS;
    if (getrandom(&chance, sizeof chance, 0) == sizeof chance)
        ms -= chance % (ms / 2);
    return !sg_wait_stop((int)(q->retry_after_ms > ms ? q->retry_after_ms : ms));
}
