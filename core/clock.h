/* clock.h - time. Monotonic for deadlines and durations, wall for the world. */
#pragma once
#include <stdint.h>

int64_t sg_now_us(void);      /* CLOCK_MONOTONIC, microseconds */
int64_t sg_wall_us(void);     /* since 1970-01-01 UTC, microseconds */
void sg_sleep_us(int64_t us); /* whole duration, despite signals */
