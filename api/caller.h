/* caller.h - who a request comes from. */
#pragma once
#include "core/err.h"
#include <stdbool.h>
#include <stdint.h>

struct sg_api;
struct sg_http_request;

enum sg_role { SG_ROLE_USER = 1, SG_ROLE_ARTIST = 2, SG_ROLE_ADMIN = 4 };
enum sg_subscription { SG_FREE, SG_PREMIUM, SG_EXPIRED };

struct sg_caller {
    uint64_t user_id; /* 0: nobody is logged in */
    unsigned roles;   /* bit set of enum sg_role */
    enum sg_subscription subscription;
    int64_t subscription_until_s; /* premium ends then, since 1970; 0: it does not */
    uint64_t session_id;
    bool private_session; /* what is played now is not kept */
    bool search_log_off;  /* nothing of what she searches is kept */
};

bool sg_caller_is_admin(const struct sg_http_request *q);
/* Whom a user_id parameter means: 0 the caller, else that user, who must be the caller unless
 * an admin asks, or api.trust_user_id is set (a backend of one's own asks for its users).
 * SG_EAUTH: nobody is logged in; SG_EPERM: it is somebody else. */
int sg_caller_user(const struct sg_api *api, const struct sg_http_request *q, uint64_t named,
                   uint64_t *user_id, struct sg_error *e);
/* The same for the query parameter user_id, which is put among q's parameters when it was not
 * told and somebody is logged in; SG_EAUTH when nobody is, and it is needed. Malformed ones are
 * left to who reads them. */
int sg_caller_speaks(const struct sg_api *api, struct sg_http_request *q, bool needed,
                     struct sg_error *e);
