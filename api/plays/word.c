/* word.c - one thing that a player tells: see parts.h.
 *
 * Clocks: a time in the future is taken as now, since nobody has heard what is to come; one
 * that is older than plays.late_days is refused, for its event id may be forgotten already and
 * it could count twice.
 */
#include "api/plays/parts.h"
#include "core/instant.h"

static bool all_of(struct sg_str s, bool (*is)(char c))
{
    for (size_t i = 0; i < s.n; i++)
        if (!is(s.p[i]))
            return false;
    return true;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_reference(char c)
{
    return is_name(c) || (c >= 'A' && c <= 'Z') || c == ':' || c == '.';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_text(char c)
{
    return (unsigned char)c >= 0x20 && c != 0x7f;
}

static int check_texts(const struct sg_play_word *w, struct sg_error *e)
{
    if (!all_of(w->source, is_name))
        return sg_fail_field(e, "source", "source: expected small letters, digits, - and _");
    if (!all_of(w->context, is_reference))
        return sg_fail_field(e, "context",
                             "context: expected letters, digits and -_.: as "
                             "playlist:12");
    if (!all_of(w->region, is_capital))
        return sg_fail_field(e, "region", "region: expected two capitals, as SE");
    if (!all_of(w->device, is_text))
        return sg_fail_field(e, "device", "device: has control characters");
    return 0;
}

static int read_time(const struct sg_play_word *w, int64_t now_us, int64_t late_days, int64_t *at,
                     struct sg_error *e)
{
    if (!sg_instant_parse(w->played_at, at))
        return sg_fail_field(e, "played_at", "played_at: expected a time as 2026-01-31T12:00:00Z");
    if (*at > now_us)
        *at = now_us;
    if (*at < now_us - late_days * DAY_US)
        return sg_fail_field(e, "played_at", "played_at: more than %lld days ago",
                             (long long)late_days);
    return 0;
}

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Told in the middle, it began as long ago as was heard. */
static int64_t reckon(const struct sg_play_word *w, int64_t now_us, int64_t late_days)
{
    int64_t heard = w->played_s >= 0 ? w->played_s : w->position_s > 0 ? w->position_s : 0;
    return now_us - at_most(heard * 1000000, late_days * DAY_US);
}

int plays_word(const struct sg_play_word *w, uint64_t user_id, uint64_t song_id,
               enum sg_play_outcome outcome, bool begins, int64_t now_us, int64_t late_days,
               unsigned char id[16], struct sg_play_event *out, struct sg_error *e)
{
    int64_t at = begins ? now_us : reckon(w, now_us, late_days);
    int rc = check_texts(w, e);
    if (!rc && w->played_at.p)
        rc = read_time(w, now_us, late_days, &at, e);
    if (!rc && w->event_id.p && !sg_uuid_parse(w->event_id, id))
        rc = sg_fail_field(e, "event_id", "event_id: expected a UUID");
    if (!rc && !w->event_id.p && !begins)
        rc = sg_fail_field(e, "event_id", "event_id: expected that of the play");
    if (rc)
        return rc;
    if (!w->event_id.p)
        sg_uuid_make(id);
    sg_record_init(&sg_play_event_record, out);
    out->what = SG_PLAY_WORD;
    out->user_id = user_id;
    out->song_id = song_id;
    out->id = (struct sg_str){(const char *)id, 16};
    out->at_us = at;
    out->begun = begins || w->played_at.p;
    out->told_us = now_us;
    /* Whoever tells where the player is would tell that little was heard. */
    out->played_s = w->played_s >= 0 ? w->played_s : begins ? -1 : w->position_s;
    out->position_s = w->position_s;
    out->outcome = outcome;
    out->region = w->region;
    out->source = w->source;
    out->context = w->context;
    out->device = w->device;
    return 0;
}
