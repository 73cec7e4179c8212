/* tell.h - others who keep something of an account are told that it has changed; private. */
#pragma once
#include "api/api.h"

/* The cached profile goes; with taste: the recommender reads her anew. Best effort: the change
 * tail brings both. */
void accounts_changed(struct sg_api *api, struct sg_http_request *q, uint64_t user_id, bool taste);
