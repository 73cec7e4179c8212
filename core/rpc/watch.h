/* watch.h - keeps a server's listener accepting.
 *
 * nng before 1.6 stops accepting for good once a peer hangs up in the middle
 * of its greeting (nanomsg/nng issue 1518), and no event tells. So once a
 * second in which nobody connected the server greets itself (greeting.h), and
 * when that does not arrive it listens anew; clients then redial by themselves.
 */
#pragma once
#include "core/err.h"
#include <nng/nng.h>

struct rpc_watch;
/* Listens on url and watches. url must outlive it. *out is set on failure too:
 * the socket may call back until it is closed. */
int rpc_watch_open(struct rpc_watch **out, nng_socket socket, const char *url, struct sg_error *e);
/* Before the socket is closed: stops the watching, not the listening. */
void rpc_watch_stop(struct rpc_watch *w);
/* After the socket was closed. */
void rpc_watch_free(struct rpc_watch *w);
