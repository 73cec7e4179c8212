/* health.h - what the worker tells of itself: "health" and "metrics" over ipc://var/run/worker.ipc.
 */
#pragma once
#include "core/config.h"
#include "worker/queue/queue.h"

struct sg_worker_health;
/* *out NULL without an error: another worker of this folder has the address; this one goes on
 * without. */
int sg_worker_health_open(struct sg_worker_health **out, const struct sg_config *c,
                          const struct sg_queue *q, struct sg_error *e);
void sg_worker_health_close(struct sg_worker_health *h);
/* The address that a worker with this configuration answers at. */
void sg_worker_url(const struct sg_config *c, char *out, size_t n);
