/* jsonl.c - one JSON record a line: catalogue records with their type, as in
 * schemas/catalogue.h, and change lines {"seq":1,"op":"put"|"delete",...}.
 *
 * Ids are the file's own; records name each other by them. They become external
 * ids "source:id", or import_keys where a record brings an external id.
 * A playlist may list its songs in song_ids; songs, artists and albums other names in
 * aliases, and in hints those that are searched but not shown; songs and artists what
 * people call them in tags.
 */
#include "core/record.h"
#include "core/text.h"
#include "data/calendar.h"
#include "data/import/import.h"
#include "schemas/catalogue.h"
#include <inttypes.h>
#include <stdio.h>

struct line {
    struct sg_str type, op, title, name, description, release_date, image_url, cover_art_url,
        external_id;
    uint64_t song_id, artist_id, album_id, genre_id, playlist_id, play_count, followers;
    int64_t duration_s, track_no;
    bool is_explicit;
    struct sg_list artist_ids, song_ids, aliases, hints, tags;
};

enum { TAGS_MAX = 100 };

#define ID(m)      SG_FIELD_U64(struct line, m, 0, INT64_MAX, SG_OPTIONAL)
#define TEXT(m, n) SG_FIELD_STR(struct line, m, 0, n, SG_OPTIONAL)
static const struct sg_field fields[] = {
    SG_FIELD_STR(struct line, type, 1, 20, SG_REQUIRED),
    TEXT(op, 20),
    TEXT(title, SG_TITLE_MAX),
    TEXT(name, SG_TITLE_MAX),
    TEXT(description, 20000),
    TEXT(release_date, 10),
    TEXT(image_url, 2000),
    TEXT(cover_art_url, 2000),
    TEXT(external_id, 200),
    ID(song_id),
    ID(artist_id),
    ID(album_id),
    ID(genre_id),
    ID(playlist_id),
    ID(play_count),
    ID(followers),
    SG_FIELD_I64(struct line, duration_s, 0, 86400, SG_OPTIONAL),
    SG_FIELD_I64(struct line, track_no, 0, INT32_MAX, SG_OPTIONAL),
    {.name = "explicit",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(struct line, is_explicit),
     .max = 1},
    SG_FIELD_LIST(struct line, artist_ids, SG_T_U64, NULL, SG_ARTISTS_MAX),
    SG_FIELD_LIST(struct line, song_ids, SG_T_U64, NULL, 10000),
    SG_FIELD_LIST(struct line, aliases, SG_T_STR, NULL, SG_ALIASES_MAX),
    SG_FIELD_LIST(struct line, hints, SG_T_STR, NULL, SG_ALIASES_MAX),
    SG_FIELD_LIST(struct line, tags, SG_T_STR, NULL, TAGS_MAX),
};
static const struct sg_record line_record = SG_RECORD("ImportLine", struct line, fields);

struct jsonl {
    struct sg_arena arena;
    bool deleting; /* what the stage holds: puts and deletions never mix */
    const char *source;
};

static struct sg_str key_of(struct jsonl *j, uint64_t id)
{
    return sg_arena_printf(&j->arena, "%s:%" PRIu64, j->source, id);
}

static struct sg_str number(struct jsonl *j, uint64_t v)
{
    return v ? sg_arena_printf(&j->arena, "%" PRIu64, v) : SG_STR_NONE;
}

static struct sg_str present(struct sg_str s)
{
    return s.n ? s : SG_STR_NONE;
}

/* The key of a record; notes that an external id of its own stands for it. */
static struct sg_str own_key(struct jsonl *j, struct sg_import *i, uint64_t line, const char *kind,
                             uint64_t id, struct sg_str external_id)
{
    struct sg_str key = key_of(j, id);
    if (external_id.n && !sg_str_eq(external_id, key))
        sg_stage_put(&i->stage, SG_STAGE_KEY, line,
                     (struct sg_str[]){sg_str(kind), key, external_id}, 3);
    return key;
}

static void put_aliases(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                        const struct line *l)
{
    const struct sg_str *aliases = l->aliases.v, *hints = l->hints.v;
    for (size_t k = 0; k < l->aliases.n; k++)
        sg_import_alias(i, line, kind, key, aliases[k], false);
    for (size_t k = 0; k < l->hints.n; k++)
        sg_import_alias(i, line, kind, key, hints[k], true);
}

static void put_tags(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                     const struct line *l)
{
    const struct sg_str *tags = l->tags.v;
    for (size_t k = 0; k < l->tags.n; k++)
        sg_import_tag(i, line, kind, key, tags[k], 1);
}

static const char *put_genre(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    const char *why = l->genre_id ? sg_import_text(&l->name, 100, false) : "no genre_id";
    if (why)
        return why;
    sg_stage_put(&i->stage, SG_STAGE_GENRE, line, &l->name, 1);
    own_key(j, i, line, "genre", l->genre_id, l->name);
    return NULL;
}

static const char *put_artist(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    const char *why = l->artist_id ? sg_import_text(&l->name, SG_NAME_MAX, false) : "no artist_id";
    if (why)
        return why;
    struct sg_str key = own_key(j, i, line, "artist", l->artist_id, l->external_id);
    sg_stage_put(&i->stage, SG_STAGE_ARTIST, line,
                 (struct sg_str[]){key, l->name, present(l->image_url)}, 3);
    put_aliases(i, line, "artist", key, l);
    put_tags(i, line, "artist", key, l);
    return NULL;
}

static const char *check_date(struct line *l)
{
    int64_t days;
    return !l->release_date.n || sg_date_parse(l->release_date, &days)
               ? NULL
               : "release_date: expected YYYY-MM-DD";
}

static const char *put_album(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    const char *why = !l->album_id    ? "no album_id"
                      : !l->artist_id ? "no artist_id"
                                      : sg_import_text(&l->title, SG_NAME_MAX, false);
    if (!why)
        why = check_date(l);
    if (why)
        return why;
    struct sg_str key = own_key(j, i, line, "album", l->album_id, l->external_id);
    sg_stage_put(&i->stage, SG_STAGE_ALBUM, line,
                 (struct sg_str[]){key, l->title, key_of(j, l->artist_id), present(l->release_date),
                                   present(l->cover_art_url), SG_STR("f")},
                 6);
    put_aliases(i, line, "album", key, l);
    return NULL;
}

static const char *put_song(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    const char *why = !l->song_id        ? "no song_id"
                      : !l->artist_ids.n ? "no artist_ids"
                                         : sg_import_text(&l->title, SG_NAME_MAX, false);
    if (!why)
        why = check_date(l);
    if (why)
        return why;
    struct sg_str key = own_key(j, i, line, "song", l->song_id, l->external_id);
    const uint64_t *artists = l->artist_ids.v;
    for (size_t k = 0; k < l->artist_ids.n; k++)
        sg_stage_put(&i->stage, SG_STAGE_CREDIT, line,
                     (struct sg_str[]){key, number(j, k + 1), key_of(j, artists[k]),
                                       k ? SG_STR("featured") : SG_STR("main")},
                     4);
    sg_stage_put(
        &i->stage, SG_STAGE_SONG, line,
        (struct sg_str[]){key, l->title, l->album_id ? key_of(j, l->album_id) : SG_STR_NONE,
                          l->genre_id ? key_of(j, l->genre_id) : SG_STR_NONE,
                          number(j, (uint64_t)l->duration_s), number(j, (uint64_t)l->track_no),
                          present(l->release_date), l->is_explicit ? SG_STR("t") : SG_STR("f"),
                          number(j, l->play_count)},
        9);
    put_aliases(i, line, "song", key, l);
    put_tags(i, line, "song", key, l);
    return NULL;
}

static const char *put_playlist(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    const char *why =
        l->playlist_id ? sg_import_text(&l->name, SG_NAME_MAX, false) : "no playlist_id";
    if (!why)
        why = sg_import_text(&l->description, 5000, true);
    if (why)
        return why;
    struct sg_str email = sg_arena_printf(&j->arena, "%s@import.invalid", j->source);
    struct sg_str owner = sg_arena_printf(&j->arena, "Import of %s", j->source);
    struct sg_str key = own_key(j, i, line, "playlist", l->playlist_id, l->external_id);
    sg_stage_put(&i->stage, SG_STAGE_USER, line, (struct sg_str[]){email, owner}, 2);
    sg_stage_put(&i->stage, SG_STAGE_PLAYLIST, line,
                 (struct sg_str[]){key, email, l->name,
                                   l->description.n ? l->description : SG_STR(""),
                                   number(j, l->followers)},
                 5);
    const uint64_t *songs = l->song_ids.v;
    for (size_t k = 0; k < l->song_ids.n; k++) {
        char position[16];
        sg_stage_put(
            &i->stage, SG_STAGE_ENTRY, line,
            (struct sg_str[]){key, sg_import_position(position, k + 1), key_of(j, songs[k])}, 3);
    }
    return NULL;
}

static const char *put(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    static const struct {
        const char *type;
        const char *(*put)(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l);
    } types[] = {{"song", put_song},
                 {"artist", put_artist},
                 {"album", put_album},
                 {"playlist", put_playlist},
                 {"genre", put_genre}};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (sg_str_eq(l->type, sg_str(types[k].type)))
            return types[k].put(j, i, line, l);
    return "type: expected song, artist, album, playlist or genre";
}

static const char *put_delete(struct jsonl *j, struct sg_import *i, uint64_t line, struct line *l)
{
    uint64_t ids[SG_KINDS] = {[SG_SONG] = l->song_id,
                              [SG_ARTIST] = l->artist_id,
                              [SG_ALBUM] = l->album_id,
                              [SG_PLAYLIST] = l->playlist_id};
    enum sg_kind kind = sg_kind_of(l->type);
    if (kind == SG_KINDS)
        return "delete: expected type song, artist, album or playlist";
    if (!ids[kind])
        return "delete: no id";
    sg_stage_put(&i->stage, SG_STAGE_DELETE, line,
                 (struct sg_str[]){sg_str(sg_kind_names[kind]), key_of(j, ids[kind])}, 2);
    return NULL;
}

static const char *op_of(const struct line *l, bool *deleting)
{
    *deleting = sg_str_eq(l->op, SG_STR("delete"));
    return *deleting || !l->op.n || sg_str_eq(l->op, SG_STR("put")) ? NULL
                                                                    : "op: expected put or delete";
}

static int row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
               struct sg_error *e)
{
    struct jsonl *j = ctx;
    struct line l;
    struct sg_error wrong = SG_ERROR_INIT;
    if (text.p && !text.n)
        return 0;
    sg_arena_reset(&j->arena);
    const char *why = text.p ? NULL : "longer than 1 MiB";
    if (!why && sg_record_from_json(&line_record, text, &j->arena, &l, &wrong)) {
        if (wrong.code == SG_ENOMEM)
            return sg_fail(e, SG_ENOMEM, "JSON line");
        why = wrong.text;
    }
    bool deleting = j->deleting;
    if (!why)
        why = op_of(&l, &deleting);
    if (!why && deleting != j->deleting) {
        int rc = i->stage.n_rows ? sg_import_flush(i, line - 1, e) : 0;
        if (rc)
            return rc;
        j->deleting = deleting;
    }
    if (!why)
        why = deleting ? put_delete(j, i, line, &l) : put(j, i, line, &l);
    if (why)
        sg_import_reject(i, line, "record", why);
    return 0;
}

int sg_import_jsonl(struct sg_import *i, const char *path, struct sg_error *e)
{
    struct jsonl j = {.source = i->source};
    int rc = sg_import_file(i, path, row, &j, e);
    sg_arena_free(&j.arena);
    return rc;
}
