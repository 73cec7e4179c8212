/* csv.c - songs as comma-separated values with a header line (RFC 4180).
 *
 * Columns are found by name, or as the map says. Without an id column a song is
 * known by its title, artist and album; artists are known by name, albums by
 * title and lead artist. Other names of the song and of its lead artist, searched as
 * their own, stand in aliases and artist_aliases, what people call them in tags and
 * artist_tags, between semicolons.
 */
#include "core/text.h"
#include "data/calendar.h"
#include "data/import/import.h"
#include <stdio.h>
#include <strings.h>
#include <xxhash.h>

enum column {
    ID,
    TITLE,
    ARTIST,
    ALBUM,
    GENRE,
    DURATION,
    TRACK,
    RELEASED,
    EXPLICIT,
    PLAYS,
    ALIASES,
    ARTIST_ALIASES,
    TAGS,
    ARTIST_TAGS,
    COLUMNS
};
static const char *const names[COLUMNS] = {"id",       "title",      "artist",   "album",
                                           "genre",    "duration_s", "track_no", "release_date",
                                           "explicit", "play_count", "aliases",  "artist_aliases",
                                           "tags",     "artist_tags"};

#define ARTISTS_MAX 20
#define ALIASES_MAX 100
#define TAGS_MAX    100

struct csv {
    const struct sg_csv_options *o;
    int column[COLUMNS]; /* -1: not there */
    struct sg_buf song, album, artist, named;
};

static int find_column(const struct sg_str *header, size_t n, struct sg_str name)
{
    for (size_t i = 0; i < n; i++)
        if (header[i].n == name.n && !strncasecmp(header[i].p, name.p, name.n))
            return (int)i;
    return -1;
}

static int map_one(struct csv *c, struct sg_str pair, const struct sg_str *header, size_t n,
                   struct sg_error *e)
{
    const char *equals = memchr(pair.p, '=', pair.n);
    if (!equals)
        return sg_fail(e, SG_EINVAL, "--map: expected field=Column, got '%.*s'", SG_FMT(pair));
    struct sg_str field = {pair.p, (size_t)(equals - pair.p)};
    struct sg_str column = {equals + 1, pair.n - field.n - 1};
    for (int k = 0; k < COLUMNS; k++) {
        if (!sg_str_eq(field, sg_str(names[k])))
            continue;
        c->column[k] = find_column(header, n, column);
        return c->column[k] >= 0
                   ? 0
                   : sg_fail(e, SG_EINVAL, "--map: the file has no column '%.*s'", SG_FMT(column));
    }
    return sg_fail(
        e, SG_EINVAL,
        "--map: no field '%.*s'; fields are id, title, artist, album, genre, "
        "duration_s, track_no, release_date, explicit, play_count, aliases, artist_aliases, tags, "
        "artist_tags",
        SG_FMT(field));
}

static int begin(void *ctx, const struct sg_str *header, size_t n, struct sg_error *e)
{
    struct csv *c = ctx;
    struct sg_str pairs[COLUMNS];
    size_t n_pairs = 0;
    int rc = 0;
    for (int k = 0; k < COLUMNS; k++)
        c->column[k] = find_column(header, n, sg_str(names[k]));
    if (c->o->map)
        n_pairs = sg_fields_split(sg_str(c->o->map), ',', pairs, COLUMNS);
    if (n_pairs > COLUMNS)
        return sg_fail(e, SG_EINVAL, "--map: more fields than there are");
    for (size_t i = 0; !rc && i < n_pairs; i++)
        rc = map_one(c, pairs[i], header, n, e);
    if (!rc && (c->column[TITLE] < 0 || c->column[ARTIST] < 0))
        rc = sg_fail(e, SG_EINVAL, "no column for %s; name it with --map %s=COLUMN",
                     c->column[TITLE] < 0 ? "title" : "artist",
                     c->column[TITLE] < 0 ? "title" : "artist");
    return rc;
}

static const char *check_number(struct sg_str *s, uint64_t max)
{
    uint64_t v;
    if (!s->n)
        *s = SG_STR_NONE;
    else if (!sg_str_to_u64(*s, &v) || v > max)
        return "expected a whole number in range";
    else if (!v)
        *s = SG_STR_NONE;
    return NULL;
}

/* "YYYY-MM-DD"; a year alone is its first day. */
static const char *check_date(struct sg_str *s, char out[11])
{
    int64_t days;
    if (!s->n) {
        *s = SG_STR_NONE;
        return NULL;
    }
    if (s->n == 4) {
        memcpy(out, s->p, 4);
        memcpy(out + 4, "-01-01", 7);
        *s = sg_str(out);
    }
    return sg_date_parse(*s, &days) ? NULL : "expected YYYY-MM-DD or YYYY";
}

static const char *check_flag(struct sg_str *s)
{
    static const char *const yes[] = {"true", "t", "1", "yes", "y"}, *const no[] = {"false", "f",
                                                                                    "0",     "no",
                                                                                    "n",     ""};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (s->n == strlen(yes[i]) && !strncasecmp(s->p, yes[i], s->n)) {
            *s = SG_STR("t");
            return NULL;
        }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (s->n == strlen(no[i]) && !strncasecmp(s->p, no[i], s->n)) {
            *s = SG_STR("f");
            return NULL;
        }
    return "expected true or false";
}

static const char *check(struct sg_str *v, char date[11], enum column *what)
{
    const char *why = NULL;
    for (int k = 0; !why && k < COLUMNS; k++) {
        *what = (enum column)k;
        bool many = k == ARTIST || k >= ALIASES;
        why = sg_import_text(&v[k], many ? SG_NAME_MAX * ARTISTS_MAX : SG_NAME_MAX,
                             k != TITLE && k != ARTIST);
        if (!why && k == ID && v[k].n > 150)
            why = "longer than 150 bytes";
        if (!why && k == GENRE && sg_utf8_count(v[k]) > 100)
            why = "too long";
        if (!why && (k == DURATION || k == TRACK || k == PLAYS))
            why = check_number(&v[k], k == DURATION ? 86400 : k == TRACK ? INT32_MAX : INT64_MAX);
        if (!why && k == RELEASED)
            why = check_date(&v[k], date);
        if (!why && k == EXPLICIT)
            why = check_flag(&v[k]);
    }
    return why;
}

static struct sg_str hashed(struct sg_buf *out, const char *source, struct sg_str text)
{
    XXH128_hash_t h = XXH3_128bits(text.p, text.n);
    char hex[33];
    snprintf(hex, sizeof hex, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
    return sg_import_key(out, source, (struct sg_str){hex, 32});
}

static struct sg_str join(struct sg_buf *out, struct sg_str a, struct sg_str b, struct sg_str c)
{
    sg_buf_reset(out);
    sg_buf_str_put(out, a);
    sg_buf_putc(out, '\t');
    sg_buf_str_put(out, b);
    sg_buf_putc(out, '\t');
    sg_buf_str_put(out, c);
    return sg_buf_str(out);
}

/* The artists of a song; how many, or 0 when one is not fit. */
static size_t split_artists(const struct csv *c, struct sg_str all, struct sg_str *out)
{
    const char *separator = c->o->artist_separator;
    size_t n = 0, width = separator ? strlen(separator) : 0;
    while (width && n + 1 < ARTISTS_MAX) {
        const char *at = memmem(all.p, all.n, separator, width);
        if (!at)
            break;
        out[n++] = (struct sg_str){all.p, (size_t)(at - all.p)};
        all = (struct sg_str){at + width, all.n - (size_t)(at - all.p) - width};
    }
    out[n++] = all;
    for (size_t k = 0; k < n; k++)
        if (sg_import_text(&out[k], SG_NAME_MAX, false))
            return 0;
    return n;
}

static void put_artists(struct csv *c, struct sg_import *i, uint64_t line, struct sg_str song,
                        const struct sg_str *artists, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        char position[8];
        snprintf(position, sizeof position, "%zu", k + 1);
        struct sg_str key = hashed(&c->artist, i->source, artists[k]);
        sg_stage_put(&i->stage, SG_STAGE_ARTIST, line, (struct sg_str[]){key, artists[k]}, 2);
        sg_stage_put(
            &i->stage, SG_STAGE_CREDIT, line,
            (struct sg_str[]){song, sg_str(position), key, k ? SG_STR("featured") : SG_STR("main")},
            4);
    }
}

static struct sg_str put_album(struct csv *c, struct sg_import *i, uint64_t line,
                               const struct sg_str *v, struct sg_str lead)
{
    if (!v[ALBUM].n)
        return SG_STR_NONE;
    struct sg_str album =
        hashed(&c->album, i->source, join(&c->named, v[ALBUM], lead, SG_STR("album")));
    sg_stage_put(&i->stage, SG_STAGE_ALBUM, line,
                 (struct sg_str[]){album, v[ALBUM], hashed(&c->artist, i->source, lead),
                                   v[RELEASED], SG_STR_NONE, SG_STR("t")},
                 6);
    return album;
}

static void put_aliases(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                        struct sg_str all)
{
    struct sg_str v[ALIASES_MAX];
    size_t n = all.n ? sg_fields_split(all, ';', v, ALIASES_MAX) : 0;
    if (n > ALIASES_MAX)
        sg_import_reject(i, line, "aliases", "more than 100");
    for (size_t k = 0; k < n && n <= ALIASES_MAX; k++)
        sg_import_alias(i, line, kind, key, v[k], false);
}

static void put_tags(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                     struct sg_str all)
{
    struct sg_str v[TAGS_MAX];
    size_t n = all.n ? sg_fields_split(all, ';', v, TAGS_MAX) : 0;
    if (n > TAGS_MAX)
        sg_import_reject(i, line, "tags", "more than 100");
    for (size_t k = 0; k < n && n <= TAGS_MAX; k++)
        sg_import_tag(i, line, kind, key, v[k], 1);
}

static void put(struct csv *c, struct sg_import *i, uint64_t line, const struct sg_str *v,
                const struct sg_str *artists, size_t n)
{
    struct sg_str song =
        v[ID].n ? sg_import_key(&c->song, i->source, v[ID])
                : hashed(&c->song, i->source, join(&c->named, v[TITLE], v[ARTIST], v[ALBUM]));
    put_artists(c, i, line, song, artists, n);
    struct sg_str album = put_album(c, i, line, v, artists[0]);
    if (v[GENRE].n)
        sg_stage_put(&i->stage, SG_STAGE_GENRE, line, &v[GENRE], 1);
    sg_stage_put(&i->stage, SG_STAGE_SONG, line,
                 (struct sg_str[]){song, v[TITLE], album, v[GENRE].n ? v[GENRE] : SG_STR_NONE,
                                   v[DURATION], v[TRACK], v[RELEASED], v[EXPLICIT], v[PLAYS]},
                 9);
    put_aliases(i, line, "song", song, v[ALIASES]);
    struct sg_str artist = hashed(&c->artist, i->source, artists[0]);
    put_aliases(i, line, "artist", artist, v[ARTIST_ALIASES]);
    put_tags(i, line, "song", song, v[TAGS]);
    put_tags(i, line, "artist", artist, v[ARTIST_TAGS]);
}

static void row(void *ctx, struct sg_import *i, uint64_t line, const struct sg_str *fields,
                size_t n)
{
    struct csv *c = ctx;
    struct sg_str v[COLUMNS], artists[ARTISTS_MAX];
    char date[11];
    enum column what;
    (void)n;
    for (int k = 0; k < COLUMNS; k++)
        v[k] = c->column[k] >= 0 ? fields[c->column[k]] : SG_STR("");
    const char *why = check(v, date, &what);
    if (why) {
        sg_import_reject(i, line, names[what], why);
        return;
    }
    size_t n_artists = split_artists(c, v[ARTIST], artists);
    if (n_artists)
        put(c, i, line, v, artists, n_artists);
    else
        sg_import_reject(i, line, "artist", "an empty or overlong name");
}

int sg_import_csv(struct sg_import *i, const char *path, const struct sg_csv_options *o,
                  struct sg_error *e)
{
    struct csv c = {.o = o};
    struct sg_csv_format format = {o->delimiter, begin, row};
    int rc = sg_import_csv_file(i, path, &format, &c, e);
    sg_buf_free(&c.song);
    sg_buf_free(&c.album);
    sg_buf_free(&c.artist);
    sg_buf_free(&c.named);
    return rc;
}
