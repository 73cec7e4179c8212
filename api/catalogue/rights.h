/* rights.h - who may change what of the catalogue, and who sees what is not out yet. */
#pragma once
#include "api/http/http.h"

/* An artist's things are for the account that manages it and for admins. owner 0: nobody's. */
bool sg_catalogue_may_edit(const struct sg_http_request *q, uint64_t owner);
/* 0; SG_EPERM, or SG_ENOENT ("there is no SONG 7") when the thing may not even be seen. */
int sg_catalogue_edit_check(const struct sg_http_request *q, uint64_t owner, bool hidden,
                            const char *what, uint64_t id, struct sg_error *e);

/* For SQL that leaves out what is not out yet: who asks ("0": nobody), and whether all is seen. */
struct sg_viewer {
    char user_id[24];
    const char *all; /* "t", "f" */
};
void sg_viewer_of(const struct sg_http_request *q, struct sg_viewer *out);
