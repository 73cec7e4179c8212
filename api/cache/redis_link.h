/* redis_link.h - for api/cache/redis*.c and api/limits/share.c: connections to Redis, and whether
 * it is there. */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <hiredis/hiredis.h>

struct redis_link;
int redis_link_open(struct redis_link **out, const char *where, struct sg_error *e);
void redis_link_close(struct redis_link *l);
/* A connection for the caller alone; NULL while Redis is away. */
redisContext *redis_take(struct redis_link *l);
/* Gives it back; a broken one means that Redis is away for a second. */
void redis_give(struct redis_link *l, redisContext *c);
