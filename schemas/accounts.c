/* accounts.c - field tables of accounts.h. */
#include "schemas/accounts.h"

#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)
#define TOKEN  5000
#define EMAIL(S)                                                                                   \
    {                                                                                              \
        .name = "email", .type = SG_T_STR, .since = 1, .offset = offsetof(S, email), .min = 3,     \
        .max = 254, .format = "email"                                                              \
    }
#define PASSWORD(S, m, lo, f)                                                                      \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .flags = SG_SECRET | f, .since = 1,                          \
        .offset = offsetof(S, m), .min = lo, .max = 256, .format = "password"                      \
    }
#define SECRET(S, m)                                                                               \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .flags = SG_SECRET, .since = 1, .offset = offsetof(S, m),    \
        .min = 1, .max = TOKEN                                                                     \
    }

static const char *const subscriptions[] = {"free", "premium", "expired", NULL};
static const char *const qualities[] = {"low", "normal", "high", NULL};
static const char *const sharing[] = {"friends", "followers", "nobody", NULL};
static const char *const themes[] = {"system", "light", "dark", NULL};

#define R struct sg_register
static const struct sg_field register_fields[] = {
    EMAIL(R),
    PASSWORD(R, password, 8, 0),
    SG_FIELD_STR(R, display_name, 1, 200, SG_REQUIRED),
    SG_FIELD_STR(R, country, 2, 2, SG_OPTIONAL),
};
const struct sg_record sg_register_record = SG_RECORD("Registration", R, register_fields);

#define L struct sg_login
static const struct sg_field login_fields[] = {
    EMAIL(L),
    PASSWORD(L, password, 1, 0),
    SG_FIELD_STR(L, device, 0, 200, SG_OPTIONAL),
};
const struct sg_record sg_login_record = SG_RECORD("Login", L, login_fields);

static const struct sg_field login_user_fields[] = {
    SG_FIELD_U64(struct sg_login_user, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_login_user, display_name, 1, 1000, SG_REQUIRED),
    SG_FIELD_CHOICE(struct sg_login_user, subscription_type, subscriptions, SG_REQUIRED),
};
static const struct sg_record login_user_record =
    SG_RECORD("LoggedInUser", struct sg_login_user, login_user_fields);
static const struct sg_field login_reply_fields[] = {
    SECRET(struct sg_login_reply, access_token),
    SECRET(struct sg_login_reply, refresh_token),
    SG_FIELD_I64(struct sg_login_reply, expires_in, 1, 86400, SG_REQUIRED),
    SG_FIELD_REC(struct sg_login_reply, user, &login_user_record, SG_REQUIRED),
};
const struct sg_record sg_login_reply_record =
    SG_RECORD("Tokens", struct sg_login_reply, login_reply_fields);

static const struct sg_field refresh_fields[] = {SECRET(struct sg_refresh_request, refresh_token)};
const struct sg_record sg_refresh_request_record =
    SG_RECORD("RefreshToken", struct sg_refresh_request, refresh_fields);

static const struct sg_field email_fields[] = {EMAIL(struct sg_email_request)};
const struct sg_record sg_email_request_record =
    SG_RECORD("EmailAddress", struct sg_email_request, email_fields);

static const struct sg_field mail_token_fields[] = {SECRET(struct sg_mail_token, token)};
const struct sg_record sg_mail_token_record =
    SG_RECORD("MailToken", struct sg_mail_token, mail_token_fields);

static const struct sg_field reset_fields[] = {
    SECRET(struct sg_password_reset, token),
    PASSWORD(struct sg_password_reset, password, 8, 0),
};
const struct sg_record sg_password_reset_record =
    SG_RECORD("PasswordReset", struct sg_password_reset, reset_fields);

static const struct sg_field change_fields[] = {
    PASSWORD(struct sg_password_change, current_password, 1, 0),
    PASSWORD(struct sg_password_change, new_password, 8, 0),
};
const struct sg_record sg_password_change_record =
    SG_RECORD("PasswordChange", struct sg_password_change, change_fields);

static const struct sg_field email_change_fields[] = {
    EMAIL(struct sg_email_change),
    PASSWORD(struct sg_email_change, password, 1, 0),
};
const struct sg_record sg_email_change_record =
    SG_RECORD("EmailChange", struct sg_email_change, email_change_fields);

static const struct sg_field proof_fields[] = {PASSWORD(struct sg_password_proof, password, 1, 0)};
const struct sg_record sg_password_proof_record =
    SG_RECORD("PasswordProof", struct sg_password_proof, proof_fields);

static const struct sg_field sent_fields[] = {
    SG_FIELD_STR(struct sg_mail_sent, message, 1, 200, SG_REQUIRED)};
const struct sg_record sg_mail_sent_record =
    SG_RECORD("MailSent", struct sg_mail_sent, sent_fields);

#define S struct sg_session_view
static const struct sg_field session_fields[] = {
    SG_FIELD_U64(S, session_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(S, device, 0, 800, SG_REQUIRED),
    SG_FIELD_TIME(S, created_at, SG_REQUIRED),
    SG_FIELD_TIME(S, used_at, SG_REQUIRED),
    SG_FIELD_TIME(S, expires_at, SG_REQUIRED),
    SG_FIELD_BOOL(S, current, SG_REQUIRED),
};
static const struct sg_record session_record = SG_RECORD("Session", S, session_fields);
static const struct sg_field session_list_fields[] = {
    SG_FIELD_LIST(struct sg_session_list, sessions, SG_T_RECORD, &session_record, SG_SESSIONS_MAX)};
const struct sg_record sg_session_list_record =
    SG_RECORD("SessionList", struct sg_session_list, session_list_fields);

#define P struct sg_preferences
static const struct sg_field preference_fields[] = {
    {.name = "explicit",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(P, explicit),
     .max = 1,
     .dflt = 1,
     .help = "false: no explicit songs are recommended."},
    SG_FIELD_(SG_T_BOOL, P, autoplay, 0, 1, SG_OPTIONAL, 1, NULL),
    SG_FIELD_STR(P, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(P, language, 2, 35, SG_OPTIONAL), /* BCP 47 */
    SG_FIELD_CHOICE(P, audio_quality, qualities, SG_OPTIONAL),
    SG_FIELD_CHOICE(P, theme, themes, SG_OPTIONAL),
    {.name = "share_listening",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(P, share_listening),
     .min = 1,
     .max = 64,
     .choices = sharing,
     .help = "Who sees what is played right now; friends when it is not said."},
    SG_FIELD_I64(P, crossfade_s, 0, 12, ABSENT),
};
const struct sg_record sg_preferences_record = SG_RECORD("Preferences", P, preference_fields);

#define M struct sg_me
static const struct sg_field me_fields[] = {
    SG_FIELD_U64(M, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(M, email, 1, 1000, SG_REQUIRED),
    SG_FIELD_STR(M, display_name, 1, 1000, SG_REQUIRED),
    SG_FIELD_STR(M, country, 2, 2, SG_OPTIONAL),
    SG_FIELD_CHOICE(M, subscription_type, subscriptions, SG_REQUIRED),
    SG_FIELD_TIME(M, subscription_expires_at, SG_OPTIONAL),
    SG_FIELD_LIST(M, roles, SG_T_STR, NULL, 3),
    SG_FIELD_REC(M, preferences, &sg_preferences_record, SG_REQUIRED),
    SG_FIELD_BOOL(M, private_session, SG_REQUIRED),
    SG_FIELD_BOOL(M, private_profile, SG_REQUIRED),
    SG_FIELD_BOOL(M, search_log, SG_REQUIRED),
    SG_FIELD_TIME(M, created_at, SG_REQUIRED),
};
const struct sg_record sg_me_record = SG_RECORD("Me", M, me_fields);

#define C struct sg_me_change
static const struct sg_field me_change_fields[] = {
    SG_FIELD_STR(C, display_name, 1, 200, SG_OPTIONAL),
    SG_FIELD_STR(C, country, 2, 2, SG_OPTIONAL),
    {.name = "preferences",
     .type = SG_T_RECORD,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(C, preferences),
     .record = &sg_preferences_record,
     .help = "Takes the place of all preferences."},
    {.name = "private_session",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(C, private_session),
     .max = 1,
     .help = "What is played is not kept."},
    {.name = "private_profile",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(C, private_profile),
     .max = 1,
     .help = "Nobody else sees the profile."},
    {.name = "search_log",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(C, search_log),
     .max = 1,
     .dflt = 1,
     .help = "false: nothing of what is searched is kept."},
};
const struct sg_record sg_me_change_record = SG_RECORD("MeChange", C, me_change_fields);

static const struct sg_field public_fields[] = {
    SG_FIELD_U64(struct sg_public_profile, user_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_public_profile, display_name, 1, 1000, SG_REQUIRED),
    SG_FIELD_TIME(struct sg_public_profile, created_at, SG_REQUIRED),
};
const struct sg_record sg_public_profile_record =
    SG_RECORD("UserProfile", struct sg_public_profile, public_fields);

static const struct sg_field subscription_fields[] = {
    SG_FIELD_CHOICE(struct sg_subscription_view, subscription_type, subscriptions, SG_REQUIRED),
    SG_FIELD_TIME(struct sg_subscription_view, expires_at, SG_OPTIONAL),
};
const struct sg_record sg_subscription_record =
    SG_RECORD("Subscription", struct sg_subscription_view, subscription_fields);

static const struct sg_field role_fields[] = {{.name = "roles",
                                               .type = SG_T_STR,
                                               .flags = SG_OPTIONAL | SG_LIST,
                                               .since = 1,
                                               .offset = offsetof(struct sg_role_list, roles),
                                               .max = 3,
                                               .help = "`user`, `artist`, `admin`."}};
const struct sg_record sg_role_list_record =
    SG_RECORD("RoleList", struct sg_role_list, role_fields);
