/* handlers.h - what is asked of a song's lyrics; see routes.c. */
#pragma once
#include "api/api.h"
#include "api/http/http.h"
#include "api/params.h"

void sg_lyrics_read(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
void sg_lyrics_read_file(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
void sg_lyrics_write(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);
void sg_lyrics_write_file(struct sg_api *api, struct sg_http_request *q,
                          struct sg_http_response *r);
void sg_lyrics_remove(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r);

extern const struct sg_param sg_lyrics_params[], sg_lyrics_file_params[], sg_lyrics_edit_params[],
    sg_lyrics_upload_params[];
