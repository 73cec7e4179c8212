/* listen.h - readying an ipc:// address before nng binds it. */
#pragma once
#include "core/err.h"

/* For ipc://PATH: makes PATH's folders and removes the socket of a server that
 * died. SG_EBUSY: a live server listens there; SG_EEXIST: PATH is something
 * else; SG_EINVAL: PATH is too long for a socket. Nothing for other schemes. */
int rpc_listen_ready(const char *url, struct sg_error *e);
