/* hold.h - the listening socket kept open while the API behind it is replaced.
 *
 *   hold   binds api.host and api.port once
 *     └─ COMMAND   answers: the socket is its descriptor 3 (LISTEN_FDS, LISTEN_PID)
 *
 * SIGHUP replaces COMMAND, a new build or another configuration: it is asked to stop (SIGTERM),
 * answers what it has, and is run again; between the two hold becomes the build of itself that is
 * there by now (the same process, socket and arguments). Who connects meanwhile waits in the
 * socket's queue, so that no request is lost. So does who connects while it is run again after a
 * crash, if it had lived for two seconds; else hold ends as COMMAND did, and who supervises hold
 * waits between two attempts. SIGTERM ends both. The process id of COMMAND stands in
 * var_dir/run/api.pid.
 */
#pragma once
#include "core/config.h"

/* command ends with NULL. *code: the exit code of COMMAND, 128 and the signal that killed it. */
int sg_api_hold(const struct sg_config *config, char **command, int *code, struct sg_error *e);

/* The socket that whoever started this process keeps (systemd's LISTEN_FDS too; the first one),
 * close-on-exec from now on; 0: none. */
int sg_api_held_listener(void);
