/* remembered.h - what was known of ended sessions and changed people, kept on disk for as long as
 * the database is away: an API that is restarted meanwhile goes on with it.
 *
 *   <var_dir>/run/ended-sessions    mode 0600; there only while the database is away
 *
 * Nobody can end a session while the database is away, so what was read last is all there is. That
 * an API that was down does not know whether the database was there meanwhile is why the file is
 * touched while it is of use, and believed for SG_REMEMBERED_S after that only. One thread.
 */
#pragma once
#include "api/accounts/revoked.h"

enum { SG_REMEMBERED_S = 60 };

int sg_remembered_write(const char *var_dir, struct sg_revoked *r, struct sg_error *e);
void sg_remembered_touch(const char *var_dir);
void sg_remembered_forget(const char *var_dir);
/* Into r. SG_ENOENT: none, or too old; SG_ECORRUPT: what was read before it was noticed stays in r,
 * which does no harm. */
int sg_remembered_read(const char *var_dir, struct sg_revoked *r, struct sg_error *e);
