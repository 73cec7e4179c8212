/* handlers.h - the routes' functions; private to api/accounts. */
#pragma once
#include "api/api.h"

/* login.c */
SG_HANDLER(sg_api_login);
SG_HANDLER(sg_api_refresh);
SG_HANDLER(sg_api_logout);
SG_HANDLER(sg_api_logout_all);
SG_HANDLER(sg_api_sessions);
SG_HANDLER(sg_api_session_end);
SG_HANDLER(sg_api_jwks);
/* register.c */
SG_HANDLER(sg_api_register);
SG_HANDLER(sg_api_verify);
/* reset.c */
SG_HANDLER(sg_api_reset);
SG_HANDLER(sg_api_reset_confirm);
SG_HANDLER(sg_api_password_change);
/* address.c */
SG_HANDLER(sg_api_email_change);
/* profile.c */
SG_HANDLER(sg_api_me);
SG_HANDLER(sg_api_me_change);
SG_HANDLER(sg_api_user);
/* erase.c, export.c */
SG_HANDLER(sg_api_me_erase);
SG_HANDLER(sg_api_me_export);
/* standing.c */
SG_HANDLER(sg_api_my_subscription);
SG_HANDLER(sg_api_subscription_put);
SG_HANDLER(sg_api_roles_put);
