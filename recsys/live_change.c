/* live_change.c - see live_change.h. */
#include "recsys/live_change.h"
#include "core/clock.h"
#include <stdio.h>
#include <time.h>

/* "2026-11-24 13:40:00.5+00" (ISO, UTC) as microseconds since 1970. */
static bool read_time(struct sg_str s, int64_t *out)
{
    struct tm tm = {0};
    char z[40];
    double seconds = 0;
    if (s.n < 19 || s.n >= sizeof z)
        return false;
    memcpy(z, s.p, s.n);
    z[s.n] = '\0';
    if (sscanf(z, "%4d-%2d-%2d %2d:%2d:%lf", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &seconds) != 6 ||
        !(seconds >= 0 && seconds < 61))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *out = (int64_t)timegm(&tm) * 1000000 + (int64_t)(seconds * 1e6);
    return true;
}

int live_play_read(struct live_play *out, struct sg_str song_id, struct sg_str at,
                   struct sg_str region, struct sg_str played_s, struct sg_error *e)
{
    int64_t seconds;
    struct live_play p = {.played_s = -1, .region = sg_region(region)};
    if (!sg_str_to_u64(song_id, &p.song_id) || !read_time(at, &p.at_us))
        return sg_fail(e, SG_ECORRUPT, "play of song '%.*s' at '%.*s'", SG_FMT(song_id),
                       SG_FMT(at));
    if (played_s.p && sg_str_to_i64(played_s, &seconds) && seconds >= 0)
        p.played_s = seconds < INT32_MAX ? (int32_t)seconds : INT32_MAX - 1;
    *out = p;
    return 0;
}

int live_play_count(struct sg_trends *t, const struct live_play *p, struct sg_error *e)
{
    int64_t now = sg_wall_us();
    if (sg_play_is_skip(p->played_s))
        return 0;
    return sg_trends_play(t, p->song_id, p->region, p->at_us < now ? p->at_us : now, e);
}

static struct sg_str cell(const struct sg_change *c, const struct sg_tuple *t, const char *column)
{
    const struct sg_cell *v = t ? sg_tuple_get(c->relation, t, column) : NULL;
    return v && v->kind == SG_CELL_TEXT ? v->text : SG_STR_NONE;
}

static bool number(const struct sg_change *c, const struct sg_tuple *t, const char *column,
                   uint64_t *out)
{
    struct sg_str s = cell(c, t, column);
    return s.p && sg_str_to_u64(s, out);
}

/* Whoever a row was or is of is read again. */
static void unsaid(const struct sg_change *c, uint64_t xid, struct sg_people *people)
{
    const struct sg_tuple *rows[] = {c->old_tuple, c->new_tuple};
    struct sg_person_change x = {.kind = SG_CHANGED_UNSAID, .xid = xid};
    for (int i = 0; i < 2; i++)
        if (number(c, rows[i], "user_id", &x.user_id))
            sg_people_change(people, &x);
}

static int play(const struct sg_change *c, uint64_t xid, struct sg_trends *trends,
                struct sg_people *people, struct sg_error *e)
{
    const struct sg_tuple *row = c->new_tuple;
    struct sg_person_change x = {.kind = SG_CHANGED_PLAY, .xid = xid};
    struct live_play p;
    if (c->kind != SG_CHANGE_INSERT) {
        unsaid(c, xid, people);
        return 0;
    }
    int rc = live_play_read(&p, cell(c, row, "song_id"), cell(c, row, "played_at"),
                            cell(c, row, "region"), cell(c, row, "played_s"), e);
    if (rc)
        return rc;
    x.id = p.song_id;
    x.at_us = p.at_us;
    x.played_s = p.played_s;
    if (number(c, row, "user_id", &x.user_id))
        sg_people_change(people, &x);
    return live_play_count(trends, &p, e);
}

static int follow(const struct sg_change *c, uint64_t xid, struct sg_people *people)
{
    bool on = c->kind == SG_CHANGE_INSERT;
    const struct sg_tuple *row = on ? c->new_tuple : c->old_tuple;
    struct sg_person_change x = {
        .kind = SG_CHANGED_LIST, .xid = xid, .list = SG_PERSON_FOLLOWED, .on = on};
    if (c->kind == SG_CHANGE_UPDATE || !number(c, row, "user_id", &x.user_id) ||
        !number(c, row, "target_id", &x.id))
        unsaid(c, xid, people);
    else if (sg_str_eq(cell(c, row, "target_kind"), SG_STR("artist")))
        sg_people_change(people, &x);
    return 0;
}

static bool verdict_list(struct sg_str verdict, enum sg_person_list *out)
{
    static const char *const names[] = {"like", "dislike", "not_interested", "hide_artist"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sg_str_eq(verdict, sg_str(names[i]))) {
            *out = (enum sg_person_list)i;
            return true;
        }
    return false;
}

/* A key that changed (old row and new one) is no verdict of ours. */
static int feedback(const struct sg_change *c, uint64_t xid, struct sg_people *people)
{
    bool gone = c->kind == SG_CHANGE_DELETE;
    const struct sg_tuple *row = gone ? c->old_tuple : c->new_tuple;
    bool artist = sg_str_eq(cell(c, row, "target_kind"), SG_STR("artist"));
    struct sg_person_change x = {.kind = gone && !artist ? SG_CHANGED_SONG : SG_CHANGED_LIST,
                                 .xid = xid,
                                 .list = SG_PERSON_HIDDEN,
                                 .on = !gone};
    if ((c->new_tuple && c->old_tuple) || !number(c, row, "user_id", &x.user_id) ||
        !number(c, row, "target_id", &x.id) ||
        (!gone && !verdict_list(cell(c, row, "verdict"), &x.list)))
        unsaid(c, xid, people);
    else
        sg_people_change(people, &x);
    return 0;
}

int live_change_apply(const struct sg_change *c, uint64_t xid, struct sg_trends *trends,
                      struct sg_people *people, struct sg_error *e)
{
    struct sg_str table = c->relation->name;
    if (c->kind == SG_CHANGE_TRUNCATE)
        sg_people_forget(people);
    else if (sg_str_eq(table, SG_STR("listening_history")))
        return play(c, xid, trends, people, e);
    else if (sg_str_eq(table, SG_STR("follows")))
        return follow(c, xid, people);
    else if (sg_str_eq(table, SG_STR("feedback")))
        return feedback(c, xid, people);
    else if (sg_str_eq(table, SG_STR("users")))
        unsaid(c, xid, people);
    return 0;
}
