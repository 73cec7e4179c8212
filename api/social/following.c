/* following.c - lists of what somebody follows, and whether they follow these. */
#include "api/params.h"
#include "api/social/social.h"

#define FOLLOWS(kind)                                                                              \
    "SELECT target_id AS id, created_at AS at, approved FROM follows WHERE user_id = $1::bigint "  \
    "AND target_kind = '" kind "'"
#define TOTAL(kind)                                                                                \
    "(SELECT count(*) FROM follows WHERE user_id = $1::bigint AND target_kind = '" kind "')"
#define FOLLOWERS(kind) ", 'followers', segue_followers('" kind "', p.id)"
/* Of a private profile that has not approved: requested. */
#define STATE                                                                                      \
    ", 'state', (SELECT CASE WHEN p.approved OR NOT u.private_profile THEN "                       \
    "'following' ELSE 'requested' END FROM users u WHERE u.user_id = p.id)"

static const struct sg_pg_statement artists = {
    "following_artists",
    SG_SQL_SAVED_NEWEST(FOLLOWS("artist"), "'artist'", FOLLOWERS("artist"), TOTAL("artist")), 4};
static const struct sg_pg_statement users = {
    "following_users", SG_SQL_SAVED_NEWEST(FOLLOWS("user"), "'user'", STATE, TOTAL("user")), 4};
static const struct sg_pg_statement playlists = {
    "following_playlists",
    SG_SQL_SAVED_NEWEST(FOLLOWS("playlist"), "'playlist'", FOLLOWERS("playlist"),
                        TOTAL("playlist")),
    4};
/* Of another user ($5), who lets $1 see what they do: NULL otherwise. */
static const struct sg_pg_statement of_user = {
    "following_of",
    SG_SQL_SAVED_NEWEST("SELECT target_id AS id, f.created_at AS at FROM follows f JOIN users u "
                        "ON u.user_id = f.target_id WHERE f.user_id = $5::bigint AND f.target_kind "
                        "= 'user' AND (f.approved OR NOT u.private_profile)",
                        "'user'", "", "-1") " WHERE segue_sees_acts($1::bigint, $5::bigint)",
    5};
static const struct sg_pg_statement contains = {
    "following_contain",
    "SELECT json_build_object('results', coalesce(json_agg(json_build_object('id', w.id, 'saved', "
    "EXISTS (SELECT FROM follows f WHERE f.user_id = $1::bigint AND f.target_kind = $3 AND "
    "f.target_id = w.id)) ORDER BY w.k), '[]')) FROM unnest($2::bigint[]) WITH ORDINALITY w (id, "
    "k)",
    3};

static void list(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                 const struct sg_pg_statement *s)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    sg_answers_give(api, q, r, s, params, &sg_saved_list_record, "list", rc, &e);
}

void sg_social_following_artists(struct sg_api *api, struct sg_http_request *q,
                                 struct sg_http_response *r)
{
    list(api, q, r, &artists);
}

void sg_social_following_users(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    list(api, q, r, &users);
}

void sg_social_following_playlists(struct sg_api *api, struct sg_http_request *q,
                                   struct sg_http_response *r)
{
    list(api, q, r, &playlists);
}

void sg_social_following_of(struct sg_api *api, struct sg_http_request *q,
                            struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit,
                            sg_id_text(q, sg_route_id(q, 0))};
    sg_answers_give(api, q, r, &of_user, params, &sg_saved_list_record, "user", rc, &e);
}

static void has(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                const char *kind)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page_request in;
    int rc = sg_contains_read(q, &in, &e);
    const char *params[] = {sg_caller_text(q), rc ? NULL : sg_ids_text(q, &in.ids), kind};
    sg_answers_give(api, q, r, &contains, params, &sg_contains_reply_record, "list", rc, &e);
}

void sg_social_follows_artists(struct sg_api *api, struct sg_http_request *q,
                               struct sg_http_response *r)
{
    has(api, q, r, "artist");
}

void sg_social_follows_users(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    has(api, q, r, "user");
}
