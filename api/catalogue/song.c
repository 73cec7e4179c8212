/* song.c - what is particular to songs that are made, changed and deleted; the rest is edit.c. */
#include "api/catalogue/artist_rows.h"
#include "api/catalogue/check.h"
#include "api/catalogue/edit.h"
#include "api/catalogue/handlers.h"
#include "api/catalogue/read.h"
#include "api/catalogue/rows.h"
#include "api/catalogue/song_rows.h"
#include "core/title.h"

/* The lead artist first, whether or not the body told her; roles filled in, names not known. */
static int order_credits(struct sg_arena *a, struct sg_song_edit *song, struct sg_error *e)
{
    const struct sg_credit_edit *told = song->credits.v;
    bool leads = song->credits.n && told[0].artist_id == song->artist_id;
    size_t n = song->credits.n + !leads;
    struct sg_credit_edit *all = sg_arena_array(a, n, sizeof *all);
    if (!all)
        return sg_fail(e, SG_ENOMEM, "credits");
    if (n > SG_CREDITS_MAX)
        return sg_fail_field(e, "credits", "credits: at most %d are allowed", SG_CREDITS_MAX);
    all[0].artist_id = song->artist_id;
    if (song->credits.n)
        memcpy(all + !leads, told, song->credits.n * sizeof *told);
    for (size_t i = 0; i < n; i++) {
        all[i].name = SG_STR_NONE;
        if (!all[i].role.p)
            all[i].role = SG_STR("main");
        for (size_t j = 0; j < i; j++)
            if (all[i].artist_id == all[j].artist_id && sg_str_eq(all[i].role, all[j].role))
                return sg_fail_field(e, "credits", "credits: %llu is there twice as %.*s",
                                     (unsigned long long)all[i].artist_id, SG_FMT(all[i].role));
    }
    song->credits = (struct sg_list){all, n};
    return 0;
}

static int check_body(struct sg_arena *a, void *wanted, struct sg_error *e)
{
    struct sg_song_edit *s = wanted;
    int rc = s->title.p ? sg_title(a, "title", s->title, SG_NAME_LONGEST, &s->title, e) : 0;
    if (!rc && s->genre.p)
        rc = sg_title(a, "genre", s->genre, 100, &s->genre, e);
    if (!rc && s->duration > SG_DURATION_MAX)
        rc = sg_fail_field(e, "duration", "duration: at most %d seconds", SG_DURATION_MAX);
    if (!rc)
        rc = sg_check_date("release_date", s->release_date, e);
    if (!rc)
        rc = sg_check_isrc(a, &s->isrc, e);
    if (!rc)
        rc = sg_check_markets(&s->markets, e);
    return rc ? rc : sg_check_aliases(a, &s->aliases, e);
}

/* Credits in the same form, to be compared. */
static int align(struct sg_edit *x, struct sg_error *e)
{
    struct sg_song_edit *song = x->thing, *wanted = x->wanted;
    wanted->artist_id = song->artist_id;
    int rc = sg_edit_has(x, "credits") ? order_credits(x->q->arena, wanted, e) : 0;
    return rc ? rc : order_credits(x->q->arena, song, e);
}

static int insert(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    struct sg_arena *a = x->q->arena;
    struct sg_song_edit *song = x->thing;
    int rc = sg_artist_hold(tx, x->q, song->artist_id, e);
    if (!rc)
        rc = order_credits(a, song, e);
    if (!rc)
        rc = sg_song_insert(tx, a, song, e);
    x->id = song->song_id;
    return rc ? rc : sg_song_credit(tx, a, song, e);
}

static int update(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    const struct sg_song_edit *was = x->was;
    struct sg_song_edit *song = x->thing;
    int rc = sg_song_update(tx, x->q->arena, song, song->album_id != was->album_id, e);
    return rc || !sg_edit_has(x, "credits") ? rc : sg_song_credit(tx, x->q->arena, song, e);
}

static int remove_it(struct sg_db_tx *tx, struct sg_edit *x, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {"song_delete",
                                                "DELETE FROM songs WHERE song_id = $1::bigint", 1};
    return sg_tx_run(tx, &drop, (const char *const[]){sg_sql_u64(x->q->arena, x->id)}, NULL, e);
}

static struct sg_extras extras(const void *thing)
{
    const struct sg_song_edit *s = thing;
    return (struct sg_extras){s->markets, s->markets_excluded, s->aliases};
}

#define DATE    "coalesce(s.release_date, al.release_date)"
#define MARKETS SG_SQL_MARKETS("song", "s.song_id")
#define ALIASES SG_SQL_ALIASES("song", "s.song_id")
#define CREATED SG_SQL_TIME("s.created_at")
#define UPDATED SG_SQL_TIME("s.updated_at")

const struct sg_edit_kind sg_song_kind = {
    .kind = SG_SONG,
    .name = "title",
    .made = &sg_new_song_record,
    .change = &sg_song_change_record,
    .thing = &sg_song_edit_record,
    .lock = {"song_lock",
             "SELECT s.version, coalesce(a.user_id, 0), coalesce(" DATE " > CURRENT_DATE, false) "
             "FROM songs s JOIN artists a USING (artist_id) "
             "LEFT JOIN albums al ON al.album_id = s.album_id "
             "WHERE s.song_id = $1::bigint FOR UPDATE OF s",
             1},
    .read =
        {"song_row",
         "SELECT json_build_object('song_id', s.song_id, 'artist_id', s.artist_id, "
         "'title', s.title, 'credits', (SELECT json_agg(json_build_object('artist_id', "
         "c.credited_artist_id, 'name', n.name, 'role', c.role) ORDER BY c.position) "
         "FROM song_artists c JOIN artists n ON n.artist_id = c.credited_artist_id "
         "WHERE c.song_id = s.song_id AND c.position < 50), "
         "'album_id', s.album_id, 'genre', g.name, 'duration', s.duration_s, "
         "'track_no', s.track_no, 'disc_no', s.disc_no, 'release_date', "
         "to_char(s.release_date, 'YYYY-MM-DD'), 'explicit', s.explicit, 'isrc', s.isrc, " MARKETS
         ", " ALIASES ", 'upcoming', coalesce(" DATE " > CURRENT_DATE, false), "
         "'play_count', s.play_count, 'created_at', " CREATED ", 'updated_at', " UPDATED "), "
         "s.version FROM songs s LEFT JOIN genres g USING (genre_id) "
         "LEFT JOIN albums al ON al.album_id = s.album_id WHERE s.song_id = $1::bigint",
         1},
    .check = check_body,
    .align = align,
    .insert = insert,
    .update = update,
    .remove = remove_it,
    .extras = extras,
    .forget = sg_song_forget,
};

void sg_api_song_create(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_create(api, q, r, &sg_song_kind);
}

void sg_api_song_change(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_change(api, q, r, &sg_song_kind);
}

void sg_api_song_delete(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    sg_edit_remove(api, q, r, &sg_song_kind, false);
}
