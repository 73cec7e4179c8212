/* broker.h - one connection to RabbitMQ over librabbitmq: what the queue needs of it.
 *
 *   exchange segue --queue's name--> segue.<name>  quorum queue --rejected, or delivered too
 *                                                                 often--> segue.dead
 *
 * Channel 1 consumes with manual acknowledgements, channel 2 publishes with confirms. Thread-bound.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define BROKER_DELIVERIES 20 /* of one message, before the broker calls it dead */

struct broker;
struct broker_heard {
    enum { HEARD_TICKET, HEARD_CONFIRM, HEARD_REFUSED } what;
    uint64_t tag;  /* of the delivery, or of what was published (from 1) */
    bool multiple; /* and all before it */
};
typedef void (*broker_heard_fn)(void *ctx, const struct broker_heard *h);

/* Declares exchanges and queues and begins to consume. SG_EUNAVAIL; SG_EINVAL: the address. */
int broker_open(struct broker **out, const char *url, const char *name, int prefetch,
                struct sg_error *e);
void broker_close(struct broker *a);
int broker_socket(const struct broker *a);
/* Hears all there is without waiting (heartbeats too). SG_EUNAVAIL: it is to be closed. */
int broker_hear(struct broker *a, broker_heard_fn heard, void *ctx, struct sg_error *e);
/* Persistent, mandatory. *tag: its number, by which it is confirmed. */
int broker_publish(struct broker *a, struct sg_str body, uint64_t *tag, struct sg_error *e);
int broker_settle(struct broker *a, uint64_t tag, bool dead, struct sg_error *e);
