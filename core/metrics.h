/* metrics.h - counters, gauges and histograms in the Prometheus text format 0.0.4.
 *
 * A metric family is a static object registered on first use; recording is a
 * relaxed atomic, no lock, no allocation. Thread-safe.
 */
#pragma once
#include "core/buf.h"
#include <stdatomic.h>

enum sg_metric_kind { SG_COUNTER, SG_GAUGE, SG_HISTOGRAM };

struct sg_metric; /* one family with up to 256 label values of one label */

/* name "segue_query_seconds", label may be NULL. Never freed. Registering the
 * same name again returns the first. Out of memory aborts (start-up only). */
struct sg_metric *sg_metric_new(enum sg_metric_kind kind, const char *name, const char *help,
                                const char *label);
/* value: label value, "" without label. Past 256 values, recorded as "other". */
void sg_metric_add(struct sg_metric *m, const char *value, double by);          /* counter, gauge */
void sg_metric_set(struct sg_metric *m, const char *value, double to);          /* gauge */
void sg_metric_observe(struct sg_metric *m, const char *value, double seconds); /* histogram */

/* All families of this process, with process_resident_memory_bytes,
 * process_cpu_seconds_total, process_start_time_seconds, process_open_fds. */
void sg_metrics_expose(struct sg_buf *out);
