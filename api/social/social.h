/* social.h - private to api/social/: handlers. */
#pragma once
#include "api/library/answers.h"
#include "api/library/library.h"
#include "api/library/sql.h"
#include "api/problem.h"
#include "api/route.h"
#include "schemas/social.h"

/* follow.c */
SG_HANDLER(sg_social_follow_user);
SG_HANDLER(sg_social_unfollow_user);
SG_HANDLER(sg_social_follow_artist);
SG_HANDLER(sg_social_unfollow_artist);
/* following.c */
SG_HANDLER(sg_social_following_artists);
SG_HANDLER(sg_social_following_users);
SG_HANDLER(sg_social_following_playlists);
SG_HANDLER(sg_social_follows_artists);
SG_HANDLER(sg_social_follows_users);
SG_HANDLER(sg_social_following_of);
/* followers.c */
SG_HANDLER(sg_social_my_followers);
SG_HANDLER(sg_social_followers_of);
SG_HANDLER(sg_social_requests);
SG_HANDLER(sg_social_approve);
SG_HANDLER(sg_social_remove_follower);
SG_HANDLER(sg_social_view_of);
/* blocks.c */
SG_HANDLER(sg_social_block);
SG_HANDLER(sg_social_unblock);
SG_HANDLER(sg_social_blocks);
/* feed.c */
SG_HANDLER(sg_social_feed);
/* listening.c */
SG_HANDLER(sg_social_listening);
/* shares.c */
SG_HANDLER(sg_social_share);
SG_HANDLER(sg_social_shares);
SG_HANDLER(sg_social_share_get);
SG_HANDLER(sg_social_share_edit);
SG_HANDLER(sg_social_share_revoke);
/* inbox.c */
SG_HANDLER(sg_social_inbox);
SG_HANDLER(sg_social_inbox_read);
SG_HANDLER(sg_social_inbox_remove);
SG_HANDLER(sg_social_link);
/* blends.c */
SG_HANDLER(sg_social_blend_invite);
SG_HANDLER(sg_social_blend_accept);
SG_HANDLER(sg_social_blend_join);
SG_HANDLER(sg_social_blends);
SG_HANDLER(sg_social_blend);
SG_HANDLER(sg_social_blend_leave);
/* reports.c */
SG_HANDLER(sg_social_report);
SG_HANDLER(sg_social_reports);
SG_HANDLER(sg_social_report_get);
SG_HANDLER(sg_social_report_decide);
extern const struct sg_param sg_reports_params[];

/* 128 random bits as 22 characters of base64url and a zero. */
int sg_social_token(char out[SG_SHARE_TOKEN + 1], struct sg_error *e);
/* 201 and where it is: base/id. */
void sg_social_made(struct sg_http_request *q, struct sg_http_response *r, const char *base,
                    uint64_t id, const struct sg_record *record, const void *value);
