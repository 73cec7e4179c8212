/* listenbrainz.c - the body of POST /1/submit-listens, as players write it.
 *
 *   {"listen_type": "single" | "playing_now" | "import",
 *    "payload": [{"listened_at": 1733000000,
 *                 "track_metadata": {"artist_name": .., "track_name": .., "release_name": ..,
 *                                    "additional_info": {..}}}]}
 *
 * https://listenbrainz.readthedocs.io/en/latest/users/json.html. Of additional_info what
 * finds the song is read, in the types that players use: numbers may be texts. Texts are cut
 * to what is kept, at a whole character.
 */
#include "api/plays/parts.h"
#include <jansson.h>
#include <xxhash.h>

#define FIRST_S    1033430400 /* 2002-10-01, ListenBrainz' LISTEN_MINIMUM_TS */
#define AHEAD_S    86400      /* clocks of players differ */
#define NAME_MAX_N 1000

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text of a member, trimmed and at most max bytes; none: absent, no text, or empty. */
static struct sg_str text_of(const json_t *o, const char *key, size_t max, struct sg_arena *a)
{
    const json_t *v = json_object_get(o, key);
    struct sg_str s = {json_string_value(v), json_string_length(v)};
    while (s.n && is_blank(*s.p))
        s = (struct sg_str){s.p + 1, s.n - 1};
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    if (!s.p || !s.n || memchr(s.p, 0, s.n))
        return SG_STR_NONE;
    if (s.n > max) {
        s.n = max;
        while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
            s.n--;
    }
    return sg_arena_copy(a, s);
}

static int64_t number_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    int64_t n = 0;
    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_real(v) && json_real_value(v) > 0 && json_real_value(v) < 1e15)
        return (int64_t)json_real_value(v);
    if (json_is_string(v))
        sg_str_to_i64((struct sg_str){json_string_value(v), json_string_length(v)}, &n);
    return n;
}

static void read_info(const json_t *info, struct sg_arena *a, struct sg_listen *l)
{
    int64_t ms = number_of(info, "duration_ms"), s = ms > 0 ? ms / 1000 : 0, song;
    if (s <= 0)
        s = number_of(info, "duration");
    l->duration_s = s > 0 && s <= 86400 ? s : 0;
    song = number_of(info, "song_id");
    l->song_id = song > 0 ? (uint64_t)song : 0;
    l->recording_mbid = text_of(info, "recording_mbid", 36, a);
    l->isrc = text_of(info, "isrc", 12, a);
    l->external_id = text_of(info, "external_id", 200, a);
    l->player = text_of(info, "media_player", 64, a);
    if (!l->player.p)
        l->player = text_of(info, "submission_client", 64, a);
}

static int read_time(const json_t *item, int64_t now_us, bool playing, struct sg_listen *l,
                     struct sg_error *e)
{
    const json_t *at = json_object_get(item, "listened_at");
    int64_t s = number_of(item, "listened_at");
    l->at_us = now_us;
    if (playing)
        return at ? sg_fail_field(e, "listened_at", "listened_at: not in what is playing now") : 0;
    if (!at)
        return sg_fail_field(e, "listened_at", "listened_at: missing");
    if (s < FIRST_S || s > now_us / 1000000 + AHEAD_S)
        return sg_fail_field(e, "listened_at", "listened_at: expected seconds from %d to now",
                             FIRST_S);
    if (s * 1000000 < now_us)
        l->at_us = s * 1000000;
    return 0;
}

static int read_listen(const json_t *item, int64_t now_us, bool playing, struct sg_arena *a,
                       struct sg_listen *l, struct sg_error *e)
{
    const json_t *track = json_object_get(item, "track_metadata");
    *l = (struct sg_listen){0};
    if (!json_is_object(item) || !json_is_object(track))
        return sg_fail_field(e, "track_metadata", "track_metadata: expected an object");
    int rc = read_time(item, now_us, playing, l, e);
    if (rc)
        return rc;
    l->artist = text_of(track, "artist_name", NAME_MAX_N, a);
    l->track = text_of(track, "track_name", NAME_MAX_N, a);
    l->release = text_of(track, "release_name", NAME_MAX_N, a);
    if (!l->artist.p)
        return sg_fail_field(e, "artist_name", "artist_name: expected a text");
    if (!l->track.p)
        return sg_fail_field(e, "track_name", "track_name: expected a text");
    read_info(json_object_get(track, "additional_info"), a, l);
    return 0;
}

static int read_type(const json_t *root, size_t n, bool *playing, struct sg_error *e)
{
    const char *type = json_string_value(json_object_get(root, "listen_type"));
    bool import = type && strcmp(type, "import") == 0;
    *playing = type && strcmp(type, "playing_now") == 0;
    if (!type || (!import && !*playing && strcmp(type, "single") != 0))
        return sg_fail_field(e, "listen_type",
                             "listen_type: expected single, playing_now or import");
    if (n == 0)
        return sg_fail_field(e, "payload", "payload: expected a list of listens");
    if (n > LISTENS_MAX)
        return sg_fail_field(e, "payload", "payload: more than %d listens", LISTENS_MAX);
    if (!import && n > 1)
        return sg_fail_field(e, "payload", "payload: more than one listen of type %s", type);
    return 0;
}

int listens_parse(struct sg_str json, int64_t now_us, struct sg_arena *a, struct sg_list *out,
                  bool *playing, struct sg_error *e)
{
    json_error_t at;
    json_t *root = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, &at);
    if (!root)
        return sg_fail(e, SG_EINVAL, "JSON, line %d column %d: %s", at.line, at.column, at.text);
    const json_t *payload = json_object_get(root, "payload");
    size_t n = json_is_array(payload) ? json_array_size(payload) : 0;
    int rc = read_type(root, n, playing, e);
    struct sg_listen *v = rc ? NULL : sg_arena_array(a, n, sizeof *v);
    if (!rc && !v)
        rc = sg_fail(e, SG_ENOMEM, "listens");
    for (size_t i = 0; !rc && i < n; i++)
        rc = read_listen(json_array_get(payload, i), now_us, *playing, a, &v[i], e);
    json_decref(root);
    if (!rc)
        *out = (struct sg_list){v, n};
    return rc;
}

void listen_key(const struct sg_listen *l, unsigned char key[16])
{
    uint64_t seed = XXH3_64bits_withSeed(l->artist.p, l->artist.n, (uint64_t)l->at_us);
    XXH128_hash_t h = XXH3_128bits_withSeed(l->track.p, l->track.n, seed);
    memcpy(key, &h, 16);
    key[6] = (unsigned char)((key[6] & 0x0f) | 0x80); /* RFC 9562: version 8, of our own making */
    key[8] = (unsigned char)((key[8] & 0x3f) | 0x80);
}
