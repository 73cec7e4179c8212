/* log.h - one line an event on stderr: logfmt, or JSON by config. Thread-safe.
 *
 *   2026-11-24T13:00:00.123Z info indexer msg="generation published" gen=... songs=100000
 *
 * Keys are bare words; values are quoted when they need it. Never log secrets.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

enum sg_log_level { SG_LOG_DEBUG, SG_LOG_INFO, SG_LOG_WARN, SG_LOG_ERROR };
enum sg_log_format { SG_LOG_LOGFMT, SG_LOG_JSON };

/* Once at start; before it: info, logfmt, service "segue". service: static. */
void sg_log_setup(const char *service, enum sg_log_level level, enum sg_log_format format);

/* message, then pairs of key (const char *) and printf-formatted value:
 *   sg_log(SG_LOG_INFO, "opened", "path=%s songs=%zu", path, n);
 * pairs: printf format of space-separated key=value; a value holding spaces,
 * quotes or control bytes must be given by %.*s or %s as the whole value and
 * is quoted by the logger. NULL for none. */
void sg_log(enum sg_log_level level, const char *message, const char *pairs, ...)
    __attribute__((format(printf, 3, 4)));
