/* handlers.h - the routes' own functions. */
#pragma once
#include "api/api.h"

#define SG_STREAMED(name)                                                                          \
    bool name(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,           \
              struct sg_http_sink *out)
/* song.c */
SG_STREAMED(sg_upload_song);
/* tus.c, tus_patch.c */
SG_HANDLER(sg_tus_options);
SG_HANDLER(sg_tus_head);
SG_HANDLER(sg_tus_terminate);
SG_STREAMED(sg_tus_patch);
/* tus_create.c */
SG_STREAMED(sg_tus_create);
/* status.c */
SG_HANDLER(sg_upload_status);
SG_HANDLER(sg_upload_list);
SG_HANDLER(sg_upload_cancel);
/* events.c */
SG_HANDLER(sg_upload_events);
