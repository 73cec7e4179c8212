/* jspf.c - JSPF (https://xspf.org/jspf): XSPF's elements as JSON. */
#include "api/playlists/formats/parts.h"
#include <jansson.h>

static struct sg_str string_of(const json_t *v)
{
    return json_is_string(v) ? (struct sg_str){json_string_value(v), json_string_length(v)}
                             : SG_STR("");
}

/* A text, or the first of a list of texts. */
static int read_text(struct sheet_reader *r, json_t *object, const char *name, struct sg_str *out)
{
    json_t *v = json_object_get(object, name);
    return sheet_text(r, string_of(json_is_array(v) ? json_array_get(v, 0) : v), out);
}

static int identify_by(struct sheet_reader *r, json_t *names, struct sg_sheet_entry *entry)
{
    size_t n = json_is_array(names) ? json_array_size(names) : 1;
    for (size_t i = 0; i < n && i < 16; i++) {
        struct sg_str name;
        int rc = sheet_text(r, string_of(json_is_array(names) ? json_array_get(names, i) : names),
                            &name);
        if (rc)
            return rc;
        sheet_identify(entry, name);
    }
    return 0;
}

static int read_track(struct sheet_reader *r, json_t *track)
{
    struct sg_sheet_entry entry = {0};
    if (!json_is_object(track))
        return sg_fail(r->e, SG_EINVAL, "not a JSPF file: a track is no object");
    int rc = read_text(r, track, "title", &entry.title);
    if (!rc)
        rc = read_text(r, track, "creator", &entry.artist);
    if (!rc)
        rc = read_text(r, track, "album", &entry.album);
    if (!rc)
        rc = read_text(r, track, "location", &entry.location);
    if (!rc)
        rc = identify_by(r, json_object_get(track, "location"), &entry);
    if (!rc)
        rc = identify_by(r, json_object_get(track, "identifier"), &entry);
    double ms = json_number_value(json_object_get(track, "duration"));
    entry.duration_s = ms > 0 && ms <= 86400e3 ? (int64_t)(ms / 1000 + 0.5) : 0;
    return rc ? rc : sheet_add(r, &entry);
}

static int read_playlist(struct sheet_reader *r, json_t *root)
{
    json_t *playlist = json_object_get(root, "playlist"), *track;
    size_t i;
    if (!json_is_object(playlist))
        return sg_fail(r->e, SG_EINVAL, "not a JSPF file: no object \"playlist\"");
    int rc = read_text(r, playlist, "title", &r->sheet->title);
    if (!rc)
        rc = read_text(r, playlist, "annotation", &r->sheet->description);
    json_array_foreach(json_object_get(playlist, "track"), i, track)
    {
        if (rc)
            break;
        rc = read_track(r, track);
    }
    return rc;
}

int sg_jspf_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e)
{
    json_error_t why;
    *out = (struct sg_sheet){.title = SG_STR(""), .description = SG_STR("")};
    struct sheet_reader r = {.sheet = out, .arena = a, .e = e};
    if (file.n > SG_SHEET_BYTES)
        return sg_fail(e, SG_ELIMIT, "the file is over %u bytes", SG_SHEET_BYTES);
    if (sg_str_starts(file, SG_STR("\xef\xbb\xbf")))
        file = (struct sg_str){file.p + 3, file.n - 3};
    json_t *root = json_loadb(file.p ? file.p : "", file.n, JSON_REJECT_DUPLICATES, &why);
    int rc = root ? read_playlist(&r, root)
                  : sg_fail(e, SG_EINVAL, "not a JSPF file: line %d: %s", why.line, why.text);
    json_decref(root);
    return rc;
}

static void put_member(struct sg_buf *out, const char *name, struct sg_str value)
{
    if (!value.n)
        return;
    sg_buf_printf(out, ",\"%s\":", name);
    sg_buf_json_str(out, value);
}

static void put_track(struct sg_buf *out, const struct sg_sheet_entry *x)
{
    sg_buf_puts(out, "{\"title\":");
    sg_buf_json_str(out, x->title);
    put_member(out, "creator", x->artist);
    put_member(out, "album", x->album);
    if (x->duration_s)
        sg_buf_printf(out, ",\"duration\":%lld", (long long)x->duration_s * 1000);
    if (x->location.n) {
        sg_buf_puts(out, ",\"location\":[");
        sg_buf_json_str(out, x->location);
        sg_buf_putc(out, ']');
    }
    sg_buf_puts(out, ",\"identifier\":[");
    if (x->song_id)
        sg_buf_printf(out, "\"segue:song:%llu\"%s", (unsigned long long)x->song_id,
                      x->isrc.n ? "," : "");
    if (x->isrc.n) {
        struct sg_buf name = {0};
        sg_buf_puts(&name, "isrc:");
        sg_buf_str_put(&name, x->isrc);
        sg_buf_json_str(out, sg_buf_str(&name));
        out->failed = out->failed || sg_buf_failed(&name);
        sg_buf_free(&name);
    }
    sg_buf_puts(out, "]}");
}

void sg_jspf_write(const struct sg_sheet *s, struct sg_buf *out)
{
    sg_buf_puts(out, "{\"playlist\":{\"title\":");
    sg_buf_json_str(out, s->title);
    put_member(out, "annotation", s->description);
    sg_buf_puts(out, ",\"track\":[");
    for (size_t i = 0; i < s->n; i++) {
        sg_buf_puts(out, i ? "," : "");
        put_track(out, &s->v[i]);
    }
    sg_buf_puts(out, "]}}\n");
}
