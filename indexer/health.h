/* health.h - what the running indexer tells about itself, by rpc and metrics.
 * Thread-safe.
 */
#pragma once
#include "core/config.h"
#include "core/rpc.h"
#include "indexer/pump.h"

struct sg_health;
/* Serves `health` and `metrics` on sg_health_url. */
int sg_health_open(struct sg_health **out, const struct sg_config *config, struct sg_error *e);
void sg_health_close(struct sg_health *h);
/* generation "" : none. trouble NULL: all is well. */
void sg_health_set(struct sg_health *h, const char *generation, const char *trouble,
                   const struct sg_pump_state *state);
void sg_health_url(const struct sg_config *config, char out[SG_CONFIG_TEXT + 32]);
