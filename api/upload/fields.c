/* fields.c - see fields.h. */
#include "api/upload/fields.h"
#include "api/catalogue/check.h"
#include "core/title.h"
#include "schemas/edits.h"
#include <sodium.h>

enum { GENRE_CHARACTERS = 100, TRACKS_MAX = 9999, PAIRS_MAX = 32 };

static int read_number(const char *name, struct sg_str v, uint64_t max, uint64_t *out,
                       struct sg_error *e)
{
    uint64_t n;
    if (!sg_str_to_u64(v, &n) || !n || n > max)
        return sg_fail_field(e, name, "%s: expected a whole number from 1 to %llu", name,
                             (unsigned long long)max);
    *out = n;
    return 0;
}

static int read_title(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                      struct sg_error *e)
{
    return sg_title(a, "title", v, SG_NAME_LONGEST, &f->title, e);
}

static int read_genre(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                      struct sg_error *e)
{
    return sg_title(a, "genre", v, GENRE_CHARACTERS, &f->genre, e);
}

static int read_artist(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                       struct sg_error *e)
{
    (void)a;
    return read_number("artist_id", v, INT64_MAX, &f->artist_id, e);
}

static int read_album(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                      struct sg_error *e)
{
    (void)a;
    return read_number("album_id", v, INT64_MAX, &f->album_id, e);
}

static int read_track(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                      struct sg_error *e)
{
    (void)a;
    return read_number("track_no", v, TRACKS_MAX, &f->track_no, e);
}

/* Advisory: what the file says counts. */
static int read_duration(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                         struct sg_error *e)
{
    double s;
    (void)f;
    (void)a;
    if (!sg_str_to_f64(v, &s) || !(s >= 1 && s <= SG_DURATION_MAX))
        return sg_fail_field(e, "duration", "duration: expected 1 to %d seconds", SG_DURATION_MAX);
    return 0;
}

static int read_explicit(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                         struct sg_error *e)
{
    (void)a;
    f->is_explicit = sg_str_eq(v, SG_STR("true")) || sg_str_eq(v, SG_STR("1"));
    if (!f->is_explicit && !sg_str_eq(v, SG_STR("false")) && !sg_str_eq(v, SG_STR("0")))
        return sg_fail_field(e, "explicit", "explicit: expected true or false");
    return 0;
}

static int read_date(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                     struct sg_error *e)
{
    f->release_date = sg_arena_copy(a, v);
    return sg_check_date("release_date", f->release_date, e);
}

static int read_checksum(struct upload_fields *f, struct sg_arena *a, struct sg_str v,
                         struct sg_error *e)
{
    (void)a;
    return upload_digest_hex("checksum", v, &f->checksum, e);
}

static const struct {
    const char *name;
    int (*read)(struct upload_fields *f, struct sg_arena *a, struct sg_str v, struct sg_error *e);
} known[] = {
    {"title", read_title},    {"artist_id", read_artist},  {"album_id", read_album},
    {"genre", read_genre},    {"duration", read_duration}, {"explicit", read_explicit},
    {"track_no", read_track}, {"release_date", read_date}, {"checksum", read_checksum},
};
enum { KNOWN = sizeof known / sizeof *known };

int upload_field(struct upload_fields *f, struct sg_arena *a, struct sg_str name,
                 struct sg_str value, struct sg_error *e)
{
    for (unsigned i = 0; i < KNOWN; i++) {
        if (!sg_str_eq(name, sg_str(known[i].name)))
            continue;
        if (f->seen & 1u << i)
            return sg_fail_field(e, known[i].name, "%s: is told twice", known[i].name);
        f->seen |= 1u << i;
        /* a form's empty field is one that was not filled in */
        return value.n ? known[i].read(f, a, value, e) : 0;
    }
    int shown = (int)(name.n < 40 ? name.n : 40);
    if (!sg_str_is_utf8(name))
        shown = 0;
    return sg_fail(e, SG_EINVAL, "there is no field '%.*s'", shown, name.p);
}

void upload_filename(struct upload_fields *f, struct sg_arena *a, struct sg_str told)
{
    struct sg_error e = SG_ERROR_INIT;
    size_t at = told.n;
    while (at && told.p[at - 1] != '/' && told.p[at - 1] != '\\')
        at--;
    told = (struct sg_str){told.p + at, told.n - at};
    if (sg_title(a, "filename", told, UPLOAD_FILENAME_MAX, &f->filename, &e))
        f->filename = SG_STR("");
}

/* What Uppy and others send along. */
static bool is_passed_over(struct sg_str name)
{
    static const char *const names[] = {"filetype", "name", "type", "relativePath", "contentType"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (sg_str_eq(name, sg_str(names[i])))
            return true;
    return false;
}

static int take_pair(struct upload_fields *f, struct sg_arena *a, struct sg_str pair,
                     struct sg_error *e)
{
    const char *space = memchr(pair.p, ' ', pair.n), *end = NULL;
    struct sg_str name = {pair.p, space ? (size_t)(space - pair.p) : pair.n};
    struct sg_str text = {pair.p + pair.n, 0};
    if (space)
        text = (struct sg_str){space + 1, pair.n - name.n - 1};
    unsigned char *value = sg_arena_alloc(a, text.n + 1);
    size_t n = 0;
    if (!value)
        return sg_fail(e, SG_ENOMEM, "Upload-Metadata");
    if (!name.n ||
        (text.n && sodium_base642bin(value, text.n, text.p, text.n, NULL, &n, &end,
                                     sodium_base64_VARIANT_ORIGINAL)) ||
        (text.n && end != text.p + text.n))
        return sg_fail_field(e, "Upload-Metadata",
                             "Upload-Metadata: expected name BASE64, name BASE64");
    struct sg_str v = {(const char *)value, n};
    if (sg_str_eq(name, SG_STR("filename"))) {
        if (f->seen & 1u << KNOWN)
            return sg_fail_field(e, "Upload-Metadata", "filename: is told twice");
        f->seen |= 1u << KNOWN;
        upload_filename(f, a, v);
        return 0;
    }
    if (n > UPLOAD_FIELD_MAX)
        return sg_fail_field(e, "Upload-Metadata", "Upload-Metadata: a value of %zu bytes", n);
    return is_passed_over(name) ? 0 : upload_field(f, a, name, v, e);
}

int upload_metadata(struct upload_fields *f, struct sg_arena *a, struct sg_str s,
                    struct sg_error *e)
{
    int rc = 0;
    for (int n = 0; !rc && s.n; n++) {
        const char *comma = memchr(s.p, ',', s.n);
        struct sg_str pair = {s.p, comma ? (size_t)(comma - s.p) : s.n};
        size_t skip = pair.n + (comma != NULL);
        s = (struct sg_str){s.p + skip, s.n - skip};
        while (pair.n && *pair.p == ' ')
            pair = (struct sg_str){pair.p + 1, pair.n - 1};
        rc = n == PAIRS_MAX ? sg_fail_field(e, "Upload-Metadata", "Upload-Metadata: too many pairs")
                            : take_pair(f, a, pair, e);
    }
    return rc;
}
