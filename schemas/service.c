/* service.c - field tables of service.h. */
#include "schemas/service.h"

static const struct sg_field health_reply[] = {
    SG_FIELD_STR(struct sg_health_reply, service, 1, 64, SG_REQUIRED),
    SG_FIELD_STR(struct sg_health_reply, version, 1, 64, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_health_reply, status, 1, 16, SG_REQUIRED),
    SG_FIELD_STR(struct sg_health_reply, detail, 1, 1000, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_health_reply, generation, 1, 200, SG_OPTIONAL),
    SG_FIELD_(SG_T_I64, struct sg_health_reply, lag_bytes, -1, INT64_MAX,
              SG_OPTIONAL | SG_OMIT_DEFAULT, -1, NULL),
    SG_FIELD_I64(struct sg_health_reply, uptime_s, 0, INT64_MAX, SG_OPTIONAL),
};
const struct sg_record sg_health_reply_record =
    SG_RECORD("HealthReply", struct sg_health_reply, health_reply);

static const struct sg_field metrics_reply[] = {
    SG_FIELD_STR(struct sg_metrics_reply, text, 0, SG_RECORD_BYTES, SG_REQUIRED),
};
const struct sg_record sg_metrics_reply_record =
    SG_RECORD("MetricsReply", struct sg_metrics_reply, metrics_reply);
