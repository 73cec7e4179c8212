/* stream.h - answers that stay open: server-sent events and the like.
 *
 *   handler: s = sg_http_stream_open(q, r, "text/event-stream", gone, ctx), then returns
 *   any thread: sg_http_stream_put(s, event) ...            loop: writes, heartbeats
 *   the end: the peer hangs up, reads too slowly, the server stops, or
 *            sg_http_stream_close(s)                        loop: gone(ctx), s is no more
 *
 * A stream holds neither a worker nor a loop; idle it takes some hundred bytes. gone is called
 * exactly once for every stream that was opened, whatever ended it (sg_http_stream_close
 * included), on a loop's thread with no lock of the server held: it may not block for long.
 * The stream may be used until gone returns, so a publisher keeps what finds its streams
 * under a lock of its own, holds it while it puts or closes, and takes it in gone to remove the
 * entry; ctx may be freed there. put and close never call gone themselves.
 */
#pragma once
#include "api/http/http.h"

#define SG_HTTP_STREAM_MAX (64u << 10) /* bytes put and not yet sent */

struct sg_http_stream;
/* In a handler: fills r. content_type: static. NULL when there are as many as there may be
 * (gone is not called then): answer with SG_EBUSY. */
struct sg_http_stream *sg_http_stream_open(struct sg_http_request *q, struct sg_http_response *r,
                                           const char *content_type, void (*gone)(void *ctx),
                                           void *ctx);
/* Copies. SG_ELIMIT: the reader is too slow, the stream ends; SG_ECANCELED: it has ended;
 * gone follows both. */
int sg_http_stream_put(struct sg_http_stream *s, struct sg_str bytes);
/* Ends it once what was put is sent. */
void sg_http_stream_close(struct sg_http_stream *s);
/* One server-sent event: event may be NULL; id 0: none; every line of data is carried. */
int sg_http_stream_event(struct sg_http_stream *s, const char *event, uint64_t id,
                         struct sg_str data);
