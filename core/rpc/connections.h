/* connections.h - a server's connections, and the line of requests they bring.
 *
 * Each connection has a thread that reads; what it read waits in one line for
 * whoever takes it. A connection that has REQUESTS unanswered, or that many
 * bytes of them, is not read further: its peer waits. Thread-safe.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct rpc_connections;
struct rpc_job; /* one request */

/* Listens at url, which must outlive it; nobody is let in yet. Errors as rpc_listen_ready. */
int rpc_connections_open(struct rpc_connections **out, const char *url, struct sg_error *e);
int rpc_connections_accept(struct rpc_connections *c, struct sg_error *e);
/* Nothing is accepted or read any more; takers get what waits, then NULL. */
void rpc_connections_drain(struct rpc_connections *c);
/* What waits is dropped and every connection closed. */
void rpc_connections_stop(struct rpc_connections *c);
/* When no job is held any more. NULL is fine. */
void rpc_connections_close(struct rpc_connections *c);

/* Waits for a request; NULL when drained or stopped. */
struct rpc_job *rpc_job_take(struct rpc_connections *c);
struct sg_str rpc_job_bytes(const struct rpc_job *job);
/* frame: see rpc_link_send. A peer that has gone is not told. */
void rpc_job_reply(struct rpc_job *job, struct sg_str frame);
void rpc_job_done(struct rpc_connections *c, struct rpc_job *job);
