/* service.h - what every server answers about itself. */
#pragma once
#include "core/record.h"

struct sg_health_reply {
    struct sg_str service, version;
    struct sg_str status;     /* "ok", "degraded" (still answers), "down" */
    struct sg_str detail;     /* why, when not ok */
    struct sg_str generation; /* being served; absent: none */
    int64_t lag_bytes;        /* behind the database; -1: does not apply */
    int64_t uptime_s;
};
struct sg_metrics_reply {
    struct sg_str text; /* Prometheus text format */
};
extern const struct sg_record sg_health_reply_record, sg_metrics_reply_record;

#define SG_METHOD_HEALTH  "health"
#define SG_METHOD_METRICS "metrics"
