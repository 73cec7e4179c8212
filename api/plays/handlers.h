/* handlers.h - routes of plays; private to api/plays. */
#pragma once
#include "api/api.h"
#include "api/params.h"

SG_HANDLER(sg_plays_play);
SG_HANDLER(sg_plays_progress);
SG_HANDLER(sg_plays_skip);
SG_HANDLER(sg_plays_completed);
SG_HANDLER(sg_plays_history);
SG_HANDLER(sg_plays_forget);
SG_HANDLER(sg_plays_forget_entry);
SG_HANDLER(sg_plays_contexts);
SG_HANDLER(sg_plays_resume);
SG_HANDLER(sg_plays_position);
SG_HANDLER(sg_plays_set_position);
SG_HANDLER(sg_plays_tokens);
SG_HANDLER(sg_plays_make_token);
SG_HANDLER(sg_plays_revoke_token);
SG_HANDLER(sg_plays_submit_listens);
SG_HANDLER(sg_plays_validate_token);
SG_HANDLER(sg_plays_user_listens);
SG_HANDLER(sg_plays_user_listen_count);

extern const struct sg_param sg_history_params[], sg_forget_history_params[], sg_limit_params[],
    sg_listens_params[];
