/* clock.c - see clock.h. */
#include "core/clock.h"
#include <errno.h>
#include <time.h>

static int64_t read_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t sg_now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t sg_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

void sg_sleep_us(int64_t us)
{
    if (us <= 0)
        return;
    int64_t until = sg_now_us() + us;
    struct timespec t = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}
