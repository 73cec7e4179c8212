/* feed.c - what the people and artists whom somebody follows did, newest first.
 *
 * Three sources are merged: `feed`, written for each follower of who has few; acts of those with
 * many followers (is_pulled), looked up when the feed is read; and releases of followed artists.
 * Rights are asked of every entry: the follow stands, a private profile approved it, nobody
 * blocked, the playlist is public, the listening may be known.
 */
#include "api/social/social.h"
#include <inttypes.h>

#define BEFORE(at, id) "(" at ", " id ") < " SG_SQL_NEWEST_FROM
#define FOLLOWED       "(f.approved OR NOT u.private_profile) AND " SG_SQL_UNBLOCKED("u.user_id")
/* Of an activity a by user u: may $1 know of it? */
#define MAY_KNOW                                                                                   \
    "(a.kind <> 'played' OR CASE segue_share_listening(u.preferences) WHEN 'followers' THEN true " \
    "WHEN 'friends' THEN EXISTS (SELECT FROM follows b WHERE b.user_id = u.user_id AND "           \
    "b.target_kind = 'user' AND b.target_id = $1::bigint) ELSE false END) AND "                    \
    "(a.target_kind <> 'playlist' OR a.about = 0 OR EXISTS (SELECT FROM playlists p WHERE "        \
    "p.playlist_id = a.about AND p.is_public))"

static const char sql[] =
    "WITH pushed AS (SELECT a.* FROM feed e JOIN activities a ON a.activity_id = e.activity_id "
    "AND NOT a.is_pulled JOIN follows f ON f.user_id = $1::bigint AND f.target_kind = 'user' AND "
    "f.target_id = a.user_id JOIN users u ON u.user_id = a.user_id WHERE e.user_id = $1::bigint "
    "AND " BEFORE(
        "e.at",
        "e.activity_id") " AND " FOLLOWED " AND " MAY_KNOW
                         " ORDER BY e.at DESC, e.activity_id DESC LIMIT $4::bigint + 1), "

                         "pulled AS (SELECT p.* FROM follows f JOIN users u ON u.user_id = "
                         "f.target_id CROSS JOIN "
                         "LATERAL (SELECT a.* FROM activities a WHERE a.user_id = f.target_id AND "
                         "a.is_pulled AND " BEFORE(
                             "a.at",
                             "a.activity_id") " AND " MAY_KNOW
                                              " ORDER BY a.at DESC, a.activity_id DESC LIMIT "
                                              "$4::bigint + 1) p WHERE f.user_id = $1::bigint "
                                              "AND f.target_kind = 'user' AND " FOLLOWED
                                              " ORDER BY p.at DESC, p.activity_id DESC LIMIT "
                                              "$4::bigint + 1), "

                                              "released AS (SELECT p.* FROM follows f CROSS JOIN "
                                              "LATERAL (SELECT a.* FROM activities a WHERE "
                                              "a.artist_id = f.target_id AND a.at <= now() "
                                              "AND " BEFORE(
                                                  "a.at",
                                                  "a.activity_id") " ORDER BY a.at DESC, "
                                                                   "a.activity_id DESC LIMIT "
                                                                   "$4::bigint + 1) p WHERE "
                                                                   "f.user_id = $1::bigint "
                                                                   "AND f.target_kind = 'artist' "
                                                                   "ORDER BY p.at DESC, "
                                                                   "p.activity_id DESC LIMIT "
                                                                   "$4::bigint + 1), "

                                                                   "page AS MATERIALIZED (SELECT "
                                                                   "s.*, s.activity_id AS id, "
                                                                   "row_number() OVER (ORDER BY at "
                                                                   "DESC, "
                                                                   "activity_id DESC) AS k FROM "
                                                                   "(SELECT * FROM pushed UNION "
                                                                   "ALL SELECT * FROM pulled UNION "
                                                                   "ALL "
                                                                   "SELECT * FROM released ORDER "
                                                                   "BY at DESC, activity_id DESC "
                                                                   "LIMIT $4::bigint + 1) s), "

                                                                   "wanted AS (SELECT k, -1 AS n, "
                                                                   "CASE WHEN user_id IS NULL THEN "
                                                                   "'artist' ELSE 'user' END AS "
                                                                   "kind, coalesce(user_id, "
                                                                   "artist_id) AS id FROM page "
                                                                   "WHERE k <= $4::bigint "
                                                                   "UNION ALL SELECT k, 0, CASE "
                                                                   "kind WHEN 'played' THEN "
                                                                   "'artist' ELSE target_kind END, "
                                                                   "about "
                                                                   "FROM page WHERE k <= "
                                                                   "$4::bigint AND about > 0 "
                                                                   "UNION ALL SELECT k, i.n, "
                                                                   "target_kind, i.id FROM page, "
                                                                   "unnest(items[1:5]) WITH "
                                                                   "ORDINALITY "
                                                                   "i (id, n) WHERE k <= "
                                                                   "$4::bigint), " SG_SQL_THINGS
                                                                   ", "

                                                                   "told AS (SELECT k, "
                                                                   "(json_agg(thing) FILTER (WHERE "
                                                                   "n = -1)) -> 0 AS by, "
                                                                   "(json_agg(thing) "
                                                                   "FILTER (WHERE n = 0)) -> 0 AS "
                                                                   "about, json_agg(thing ORDER BY "
                                                                   "n) FILTER (WHERE n > 0) AS "
                                                                   "items "
                                                                   "FROM things GROUP BY k) "

                                                                   "SELECT "
                                                                   "json_build_object('entries', "
                                                                   "coalesce((SELECT "
                                                                   "json_agg(json_build_object("
                                                                   "'activity_id', p.activity_id, "
                                                                   "'at', segue_time_text(p.at), "
                                                                   "'kind', p.kind, 'by', t.by, "
                                                                   "'about', t.about, 'count', "
                                                                   "cardinality(p.items), 'items', "
                                                                   "t.items, 'message', (SELECT "
                                                                   "s.message FROM shares s WHERE "
                                                                   "p.kind = 'shared' AND "
                                                                   "s.share_id = p.bucket)) ORDER "
                                                                   "BY p.k) "
                                                                   "FROM page p JOIN told t USING "
                                                                   "(k) WHERE t.by IS NOT NULL AND "
                                                                   "(p.about = 0 OR t.about IS NOT "
                                                                   "NULL) AND (p.about > 0 OR "
                                                                   "t.items IS NOT NULL)), '[]'), "
                                                                   "'next_cursor', "
                                                                   "(SELECT " SG_SQL_PLACE
                                                                   " FROM page WHERE k = "
                                                                   "$4::bigint AND EXISTS (SELECT "
                                                                   "FROM page WHERE k > "
                                                                   "$4::bigint)))";
static const struct sg_pg_statement read_feed = {"feed", sql, 4};

/* The cursor carries how many entries came before, so that the last 1,000 are all there is. */
static int carry_on(struct sg_http_request *q, const struct sg_page *page,
                    struct sg_feed_reply *out, struct sg_error *e)
{
    int64_t seen = page->seen + page->in.limit;
    if (!out->next_cursor.p || seen >= SG_FEED_MAX) {
        out->next_cursor = SG_STR_NONE;
        return 0;
    }
    out->next_cursor = sg_arena_printf(q->arena, "%.*s-%" PRId64, SG_FMT(out->next_cursor), seen);
    return out->next_cursor.p ? 0 : sg_fail(e, SG_ENOMEM, "feed");
}

void sg_social_feed(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_page page;
    struct sg_feed_reply out;
    int rc = sg_page_read(q, sg_place_params, &page, &e);
    if (!rc && page.seen >= SG_FEED_MAX)
        rc = sg_fail_field(&e, "cursor", "cursor: the feed ends before it");
    if (!rc && page.in.limit > SG_FEED_MAX - page.seen) {
        page.in.limit = SG_FEED_MAX - page.seen;
        page.limit = sg_id_text(q, (uint64_t)page.in.limit);
    }
    const char *params[] = {sg_caller_text(q), page.at, page.id, page.limit};
    if (!rc)
        rc = sg_answers_read(api, q, &read_feed, params, &sg_feed_reply_record, "feed", &out, &e);
    if (!rc)
        rc = carry_on(q, &page, &out, &e);
    if (rc)
        sg_problem(q, r, &e);
    else
        sg_api_answer(r, &sg_feed_reply_record, &out);
}
