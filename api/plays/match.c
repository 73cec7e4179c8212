/* match.c - which song a submitted listen was of.
 *
 * Ids that the player told come first: our own, an import's, MusicBrainz', an ISRC. Else the
 * query server is asked for artist and track, and one of its best songs is taken when it is
 * called the same and by one of the same artists, letter case, accents and remarks in brackets
 * aside. What is not found waits and is tried again after an hour, then ever less often.
 */
#include "api/plays/parts.h"
#include "core/clock.h"
#include "core/text.h"
#include "schemas/search.h"
#include <inttypes.h>

#define AT_ONCE    100
#define CANDIDATES 10
#define ASK_US     2000000
#define LENGTH_S   15 /* by which lengths of one recording differ */

struct sought {
    int64_t id, duration_s;
    struct sg_str artist, track;
    uint64_t song_id; /* 0: not found */
};

/* "Song (Remastered 2011) [Live]" and "Song - Live": what stands before. */
static struct sg_str plain(struct sg_str s)
{
    for (size_t i = 1; i < s.n; i++)
        if (s.p[i - 1] == ' ' &&
            (s.p[i] == '(' || s.p[i] == '[' || (s.p[i] == '-' && i + 1 < s.n && s.p[i + 1] == ' ')))
            return (struct sg_str){s.p, i - 1};
    return s;
}

static bool sounds_same(struct sg_str a, struct sg_str b)
{
    char x[SG_TEXT_MAX], y[SG_TEXT_MAX];
    struct sg_str fa = {x, sg_text_fold(x, sizeof x, a)}, fb = {y, sg_text_fold(y, sizeof y, b)};
    return fa.n && sg_str_eq(fa, fb);
}

/* One of the credited, alone or first of several: "A feat. B". */
static bool by_same(const struct sg_hit *h, struct sg_str artist)
{
    const struct sg_artist_ref *v = h->artists.v;
    if (h->artist && sounds_same(h->artist->name, artist))
        return true;
    for (size_t i = 0; i < h->artists.n; i++)
        if (sounds_same(v[i].name, artist))
            return true;
    char x[SG_TEXT_MAX], y[SG_TEXT_MAX];
    struct sg_str told = {x, sg_text_fold(x, sizeof x, artist)};
    struct sg_str lead = h->artist ? h->artist->name : SG_STR("");
    lead = (struct sg_str){y, sg_text_fold(y, sizeof y, lead)};
    return lead.n >= 3 && told.n > lead.n && sg_str_starts(told, lead) && told.p[lead.n] == ' ';
}

/* 2: the very title; 1: without remarks; 0: another song. */
static int likeness(const struct sg_hit *h, const struct sought *s)
{
    if (!h->song_id || !by_same(h, s->artist))
        return 0;
    if (s->duration_s && h->duration &&
        (h->duration > 2 * s->duration_s || s->duration_s > 2 * h->duration))
        return 0;
    if (sounds_same(h->title, s->track))
        return 2;
    bool as_long = s->duration_s && h->duration && h->duration <= s->duration_s + LENGTH_S &&
                   h->duration >= s->duration_s - LENGTH_S;
    return (as_long || !s->duration_s) && sounds_same(plain(h->title), plain(s->track));
}

static int search_for(struct sg_plays *p, struct sought *s, struct sg_arena *a, struct sg_error *e)
{
    struct sg_search_request in;
    struct sg_search_reply out;
    struct sg_str type = SG_STR("song");
    sg_record_init(&sg_search_request_record, &in);
    in.q = sg_arena_printf(a, "%.*s %.*s", SG_FMT(s->artist), SG_FMT(plain(s->track)));
    if (in.q.n > SG_QUERY_MAX)
        return 0;
    in.types = (struct sg_list){&type, 1};
    in.limit = CANDIDATES;
    in.prefix = false;
    in.group = false;
    int rc = sg_rpc_call(p->query, SG_METHOD_SEARCH, &sg_search_request_record, &in,
                         &sg_search_reply_record, &out, a, sg_now_us() + ASK_US, SG_STR_NONE, e);
    const struct sg_hit *v = rc ? NULL : out.results.v;
    int best = 0;
    for (size_t i = 0; !rc && i < out.results.n; i++)
        if (likeness(&v[i], s) > best) {
            best = likeness(&v[i], s);
            s->song_id = v[i].song_id;
        }
    return rc == SG_EINVAL || rc == SG_ELIMIT ? 0 : rc;
}

static int read_sought(PGconn *pg, struct sg_arena *a, struct sought *v, size_t *n,
                       struct sg_error *e)
{
    static const struct sg_pg_statement due = {
        "listens_due",
        "SELECT l.listen_id, l.artist, l.track, l.duration_s, coalesce("
        "(SELECT s.song_id FROM songs s WHERE s.song_id = l.song_id),"
        "(SELECT s.song_id FROM songs s WHERE s.external_id = l.external_id),"
        "(SELECT s.song_id FROM songs s WHERE s.external_id = 'musicbrainz:' || l.recording_mbid),"
        "(SELECT min(s.song_id) FROM songs s WHERE s.isrc = l.isrc)) "
        "FROM listens l WHERE l.try_at <= now() ORDER BY l.try_at LIMIT 100",
        0};
    PGresult *r = NULL;
    int rc = sg_pg_run(pg, &due, NULL, &r, e);
    *n = rc ? 0 : (size_t)PQntuples(r);
    for (size_t i = 0; i < *n; i++)
        v[i] = (struct sought){.id = column_i64(r, (int)i, 0, 0),
                               .artist = column(a, r, (int)i, 1),
                               .track = column(a, r, (int)i, 2),
                               .duration_s = column_i64(r, (int)i, 3, 0),
                               .song_id = (uint64_t)column_i64(r, (int)i, 4, 0)};
    PQclear(r);
    return rc;
}

/* "{1,2}" of those found, or of the others. */
static void put_ids(struct sg_buf *b, const struct sought *v, size_t n, bool found, bool songs)
{
    bool first = true;
    sg_buf_putc(b, '{');
    for (size_t i = 0; i < n; i++) {
        if ((v[i].song_id != 0) != found)
            continue;
        if (!first)
            sg_buf_putc(b, ',');
        sg_buf_u64(b, songs ? v[i].song_id : (uint64_t)v[i].id);
        first = false;
    }
    sg_buf_put(b, "}", 2);
}

static int keep_found(struct sg_plays *p, PGconn *pg, const struct sought *v, size_t n,
                      struct sg_error *e)
{
    static const struct sg_pg_statement matched = {
        "listens_matched",
        "SELECT segue_match_listens($1::bigint[], $2::bigint[], $3, $4, "
        "make_interval(days => $5::int))",
        5};
    char of_song[24], of_user[24], days[24];
    struct sg_buf ids = {0}, songs = {0};
    put_ids(&ids, v, n, true, false);
    put_ids(&songs, v, n, true, true);
    snprintf(of_song, sizeof of_song, "%" PRId64, p->config->plays.song_per_hour);
    snprintf(of_user, sizeof of_user, "%" PRId64, p->config->plays.user_per_hour);
    snprintf(days, sizeof days, "%" PRId64, p->config->plays.late_days);
    const char *params[] = {ids.p, songs.p, of_song, of_user, days};
    int rc = sg_buf_failed(&ids) || sg_buf_failed(&songs)
                 ? sg_fail(e, SG_ENOMEM, "listens")
                 : sg_pg_run(pg, &matched, params, NULL, e);
    sg_buf_free(&ids);
    sg_buf_free(&songs);
    return rc;
}

static int put_off(PGconn *pg, const struct sought *v, size_t n, struct sg_error *e)
{
    static const struct sg_pg_statement later = {
        "listens_later",
        "UPDATE listens SET tries = tries + 1, "
        "try_at = now() + make_interval(hours => (1 << least(tries, 10))) "
        "WHERE listen_id = ANY ($1::bigint[])",
        1};
    struct sg_buf ids = {0};
    put_ids(&ids, v, n, false, false);
    const char *params[] = {ids.p};
    int rc = sg_buf_failed(&ids) ? sg_fail(e, SG_ENOMEM, "listens")
                                 : sg_pg_run(pg, &later, params, NULL, e);
    sg_buf_free(&ids);
    return rc;
}

/* Without the query server they wait; one that it fails on is put off, so that it holds up none of
 * the others. Nothing of that is an error of the database. */
int listens_match(struct sg_plays *p, PGconn *pg, struct sg_arena *a, struct sg_error *e)
{
    struct sought v[AT_ONCE];
    size_t n, found = 0, asked = 0;
    int rc = read_sought(pg, a, v, &n, e);
    if (rc || !n)
        return rc;
    for (int why = 0; asked < n && !why; asked += why != SG_EUNAVAIL)
        why = v[asked].song_id ? 0 : search_for(p, &v[asked], a, NULL);
    for (size_t i = 0; i < asked; i++)
        found += v[i].song_id != 0;
    if (found)
        rc = keep_found(p, pg, v, asked, e);
    if (!rc && found < asked)
        rc = put_off(pg, v, asked, e);
    if (rc)
        return rc == SG_EEXIST || rc == SG_EBUSY ? 0 : rc;
    sg_metric_add(p->matched, "yes", (double)found);
    sg_metric_add(p->matched, "no", (double)(asked - found));
    return asked == n && n == AT_ONCE;
}
