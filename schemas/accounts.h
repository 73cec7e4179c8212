/* accounts.h - accounts over HTTP: logging in, who one is, what one's account is like. */
#pragma once
#include "core/record.h"

struct sg_register {
    struct sg_str email, password, display_name, country; /* country: two capitals; absent */
};
struct sg_login {
    struct sg_str email, password, device; /* device: what it is called in the list of sessions */
};
struct sg_login_user {
    uint64_t user_id;
    struct sg_str display_name, subscription_type;
};
struct sg_login_reply { /* of login and refresh */
    struct sg_str access_token, refresh_token;
    int64_t expires_in; /* seconds, of the access token */
    struct sg_login_user *user;
};
struct sg_refresh_request {
    struct sg_str refresh_token;
};
struct sg_email_request {
    struct sg_str email;
};
struct sg_mail_token {
    struct sg_str token;
};
struct sg_password_reset {
    struct sg_str token, password;
};
struct sg_password_change {
    struct sg_str current_password, new_password;
};
struct sg_email_change {
    struct sg_str email, password; /* password: the account's, as proof */
};
struct sg_password_proof {
    struct sg_str password;
};
/* What is said when a mail tells the rest. */
struct sg_mail_sent {
    struct sg_str message;
};
struct sg_session_view {
    uint64_t session_id;
    struct sg_str device;
    struct sg_str created_at, used_at, expires_at;
    bool current;
};
struct sg_session_list {
    struct sg_list sessions; /* sg_session_view, latest use first */
};
#define SG_SESSIONS_MAX 1000

struct sg_preferences { /* absent: as anybody has it */
    bool explicit, autoplay;
    struct sg_str market, language, audio_quality, theme, share_listening;
    int64_t crossfade_s;
};
struct sg_me {
    uint64_t user_id;
    struct sg_str email, display_name, country, subscription_type, subscription_expires_at;
    struct sg_list roles; /* sg_str */
    struct sg_preferences *preferences;
    bool private_session, private_profile, search_log;
    struct sg_str created_at;
};
/* PATCH: what is there is changed. */
struct sg_me_change {
    struct sg_str display_name, country;
    struct sg_preferences *preferences;
    bool private_session, private_profile, search_log;
};
enum sg_me_part { /* bits of what was there, in the record's order */
                  SG_ME_DISPLAY_NAME = 1,
                  SG_ME_COUNTRY = 2,
                  SG_ME_PREFERENCES = 4,
                  SG_ME_PRIVATE_SESSION = 8,
                  SG_ME_PRIVATE_PROFILE = 16,
                  SG_ME_SEARCH_LOG = 32,
};
struct sg_public_profile {
    uint64_t user_id;
    struct sg_str display_name, created_at;
};
struct sg_subscription_view {
    struct sg_str subscription_type, expires_at; /* expires_at absent: it does not end */
};
struct sg_role_list {
    struct sg_list roles; /* sg_str */
};

extern const struct sg_record sg_register_record, sg_login_record, sg_login_reply_record,
    sg_refresh_request_record, sg_email_request_record, sg_mail_token_record,
    sg_password_reset_record, sg_password_change_record, sg_password_proof_record,
    sg_email_change_record, sg_mail_sent_record, sg_session_list_record, sg_preferences_record,
    sg_me_record, sg_me_change_record, sg_public_profile_record, sg_subscription_record,
    sg_role_list_record;
