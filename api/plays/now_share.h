/* now_share.h - what is played now, told between API processes of one database.
 *
 *   set, end --> news of now.h --once a second--> NOTIFY segue_now --> hear, elsewhere
 *
 * Only what friends may see travels: of users who have followers, let their listening be known
 * and are not private. At most 1,000 users a second and once in three seconds each, in notices
 * of a hundred; the rest waits its turn. A process says hello three times a minute, and nothing
 * else while it hears no other. One that comes, or comes back, is told what goes on.
 * While the database is away each knows its own alone.
 */
#pragma once
#include "api/plays/now.h"
#include "core/config.h"
#include "core/err.h"
#include "core/str.h"

struct sg_now_share;
struct sg_pg_guard;
/* Starts the thread; now and guard outlive it. */
int sg_now_share_start(struct sg_now_share **out, struct sg_now *now,
                       const struct sg_config *config, struct sg_pg_guard *guard,
                       struct sg_error *e);
void sg_now_share_stop(struct sg_now_share *s);

/* A notice of news ("user song began heard left;..." in milliseconds ago and to come) heard by n.
 * What is not written like that is passed over. */
void sg_now_share_read(struct sg_now *n, struct sg_str notice);
