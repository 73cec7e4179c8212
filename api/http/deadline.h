/* deadline.h - closes connections whose next request's headers are not
 * complete in time, however slowly they trickle (libmicrohttpd's own timeout
 * starts anew at every byte). Thread-safe.
 */
#pragma once
#include "core/err.h"
#include <microhttpd.h>

struct sg_http_deadline;
int sg_http_deadline_open(struct sg_http_deadline **out, struct sg_error *e);
void sg_http_deadline_stop(struct sg_http_deadline *d);  /* the watcher thread ends */
void sg_http_deadline_close(struct sg_http_deadline *d); /* after the daemon stopped */

/* For MHD_OPTION_NOTIFY_CONNECTION; ctx is the struct sg_http_deadline. */
void sg_http_deadline_notify(void *ctx, struct MHD_Connection *c, void **socket_ctx,
                             enum MHD_ConnectionNotificationCode code);
/* Headers are complete: the body has 30 s. */
void sg_http_deadline_body(struct MHD_Connection *c);
/* The request is whole: no deadline until it is answered. */
void sg_http_deadline_busy(struct MHD_Connection *c);
/* Answered: the next request has 60 s to come. */
void sg_http_deadline_idle(struct MHD_Connection *c);
