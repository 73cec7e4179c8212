/* mosaic.h - one square picture of the covers of a list.
 *
 * Its name is the SHA-256 of the covers' names and of how they are laid out, so that lists of the
 * same covers share it and one that has not changed costs nothing. It is nobody's among the
 * pictures: it goes a day after it was last asked for, and is made anew when it is asked for
 * again.
 */
#pragma once
#include "api/api.h"

/* names: of one or four covers that are kept. name: where the picture is, which may be the one
 * cover itself. Made when it is not there: q's deadline is moved. SG_ENOENT: one of the covers is
 * kept no longer; SG_EBUSY, SG_EUNAVAIL, SG_ETIMEOUT. */
int sg_mosaic_find(struct sg_api *api, struct sg_http_request *q, const char *const *names,
                   size_t n, char name[65], struct sg_error *e);
