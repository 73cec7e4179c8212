/* upload.h - songs from artists: as a form in one request, or by tus (tus.io/protocols/resumable-
 * upload, 1.0) in as many as it takes.
 *
 *   form: bytes --> object store, sealed (not yet visible) --> whole? --> decoded by segue-audio
 *     --> object committed --> ONE transaction: row of uploads, job for the workers --> 202
 *   tus:  each PATCH --> an object of its own and a row of upload_parts, as much as came; the last
 *     one's upload is put together in a file without a name, decoded, and accepted the same way
 *
 * What is refused leaves nothing behind. A crash leaves at most objects that no row names, which
 * the workers' sweep removes. An upload that is not completed within upload.unfinished_h is
 * forgotten.
 */
#pragma once
#include "api/api.h"

struct sg_uploads; /* thread-safe */
/* Uses api's object store, keys and database; starts its threads. */
int sg_uploads_open(struct sg_uploads **out, struct sg_api *api, struct sg_error *e);
/* The server is to stop: files that are still looked at after so long are given up (503). */
void sg_uploads_hurry(struct sg_uploads *u, int64_t us);
/* After the HTTP server. NULL: nothing. */
void sg_uploads_close(struct sg_uploads *u);
