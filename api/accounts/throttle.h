/* throttle.h - how often somebody may try, with back-off, in a bounded table.
 *
 * Of each kind and key, attempts fill a bucket that drains with time. Up to `free` may be in it;
 * each beyond makes the key wait twice as long as the one before, from 1 s to longest_s. An
 * attempt counts when it is begun, so that many at once are worth no more; what turns out right
 * is taken back. A key that comes new takes the place of whichever of its row has least to lose,
 * so a flood of others cannot free one that waits before themselves. Thread-safe.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum sg_throttle_kind {
    SG_THROTTLE_ACCOUNT, /* logins of one account: 10 free, one drains a minute */
    SG_THROTTLE_ADDRESS, /* logins from one address: 60 free, one drains in 6 s */
    SG_THROTTLE_MAIL,    /* mails to one person: 5 free, one drains in 10 minutes */
    SG_THROTTLE_SENDER,  /* mails asked for from one address: 30 free, one drains a minute */
    SG_THROTTLE_KINDS,
};

struct sg_throttle;
struct sg_throttle *sg_throttle_open(void);
void sg_throttle_close(struct sg_throttle *t);
/* 0: it may, and has been counted; else how many seconds to wait. now_us: sg_now_us's clock. */
int64_t sg_throttle_try(struct sg_throttle *t, enum sg_throttle_kind kind, uint64_t key,
                        int64_t now_us);
/* The attempt was a good one: account: all is forgotten; else this one is. */
void sg_throttle_good(struct sg_throttle *t, enum sg_throttle_kind kind, uint64_t key,
                      int64_t now_us);
