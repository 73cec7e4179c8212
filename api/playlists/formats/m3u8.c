/* m3u8.c - extended M3U in UTF-8: a line a place, described by the # lines before it.
 *
 *   #EXTM3U
 *   #PLAYLIST:Name
 *   #EXTINF:354,Queen - Bohemian Rhapsody
 *   #EXTALB:A Night at the Opera
 *   #EXTART:Queen
 *   segue:song:98765
 *
 * #EXTART gives the artist where it is there: "Artist - Title" alone cannot be told apart from
 * a title with a dash in it.
 */
#include "api/playlists/formats/parts.h"

struct lines {
    struct sg_str left;
};

/* Ends with \n, \r or both. */
static bool next_line(struct lines *l, struct sg_str *line)
{
    if (!l->left.n)
        return false;
    size_t n = 0;
    while (n < l->left.n && l->left.p[n] != '\n' && l->left.p[n] != '\r')
        n++;
    *line = (struct sg_str){l->left.p, n};
    size_t end = n;
    if (end < l->left.n && l->left.p[end] == '\r')
        end++;
    if (end < l->left.n && l->left.p[end] == '\n')
        end++;
    l->left = (struct sg_str){l->left.p + end, l->left.n - end};
    return true;
}

static bool tagged(struct sg_str line, struct sg_str tag, struct sg_str *value)
{
    if (!sg_str_starts(line, tag))
        return false;
    *value = (struct sg_str){line.p + tag.n, line.n - tag.n};
    return true;
}

/* "354,Queen - Bohemian Rhapsody"; "354.2 tvg-id="x",Title" */
static int read_info(struct sheet_reader *r, struct sg_str value, struct sg_sheet_entry *entry,
                     struct sg_str *shown)
{
    int64_t seconds = 0;
    size_t i = 0;
    for (; i < value.n && value.p[i] >= '0' && value.p[i] <= '9'; i++)
        if (seconds < 1000000)
            seconds = seconds * 10 + (value.p[i] - '0');
    entry->duration_s = seconds <= 86400 ? seconds : 0;
    const char *comma = memchr(value.p, ',', value.n);
    size_t from = comma ? (size_t)(comma - value.p) + 1 : value.n;
    return sheet_text(r, (struct sg_str){value.p + from, value.n - from}, shown);
}

/* Title and artist out of what is shown for an entry. */
static void part(struct sg_sheet_entry *entry, struct sg_str shown)
{
    struct sg_str artist = entry->artist;
    const char *dash = memmem(shown.p, shown.n, " - ", 3);
    entry->title = shown;
    if (artist.n) {
        if (shown.n > artist.n + 3 && sg_str_starts(shown, artist) &&
            memcmp(shown.p + artist.n, " - ", 3) == 0)
            entry->title = (struct sg_str){shown.p + artist.n + 3, shown.n - artist.n - 3};
    } else if (dash && dash > shown.p) {
        size_t n = (size_t)(dash - shown.p);
        entry->artist = (struct sg_str){shown.p, n};
        entry->title = (struct sg_str){dash + 3, shown.n - n - 3};
    }
}

static int read_tag(struct sheet_reader *r, struct sg_str line, struct sg_sheet_entry *entry,
                    struct sg_str *shown)
{
    struct sg_str value;
    if (tagged(line, SG_STR("#EXTINF:"), &value))
        return read_info(r, value, entry, shown);
    if (tagged(line, SG_STR("#EXTALB:"), &value))
        return sheet_text(r, value, &entry->album);
    if (tagged(line, SG_STR("#EXTART:"), &value))
        return sheet_text(r, value, &entry->artist);
    if (tagged(line, SG_STR("#PLAYLIST:"), &value))
        return sheet_text(r, value, &r->sheet->title);
    return 0;
}

/* Without tags the file's name is all there is: "/music/Queen - Bohemian Rhapsody.flac". */
static struct sg_str name_of_file(struct sg_str location)
{
    const char *slash = NULL;
    for (size_t i = 0; i < location.n; i++)
        if (location.p[i] == '/' || location.p[i] == '\\')
            slash = location.p + i;
    if (slash)
        location = (struct sg_str){slash + 1, location.n - (size_t)(slash + 1 - location.p)};
    const char *dot = memrchr(location.p, '.', location.n);
    if (dot && dot > location.p && location.p + location.n - dot <= 6)
        location.n = (size_t)(dot - location.p);
    return location;
}

static int read_place(struct sheet_reader *r, struct sg_str line, struct sg_sheet_entry *entry,
                      struct sg_str shown)
{
    int rc = sheet_text(r, line, &entry->location);
    if (rc)
        return rc;
    sheet_identify(entry, entry->location);
    part(entry, shown.n ? shown : name_of_file(entry->location));
    return sheet_add(r, entry);
}

int sg_m3u8_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e)
{
    struct sg_sheet_entry entry = {0};
    struct sg_str line, shown = SG_STR("");
    *out = (struct sg_sheet){.title = SG_STR(""), .description = SG_STR("")};
    struct sheet_reader r = {.sheet = out, .arena = a, .e = e};
    if (file.n > SG_SHEET_BYTES)
        return sg_fail(e, SG_ELIMIT, "the file is over %u bytes", SG_SHEET_BYTES);
    if (memchr(file.p ? file.p : "", 0, file.n))
        return sg_fail(e, SG_EINVAL, "not an M3U file: it holds zero bytes");
    if (sg_str_starts(file, SG_STR("\xef\xbb\xbf")))
        file = (struct sg_str){file.p + 3, file.n - 3};
    struct lines lines = {file};
    for (int rc; next_line(&lines, &line);) {
        while (line.n && (unsigned char)*line.p <= ' ')
            line.p++, line.n--;
        if (!line.n)
            continue;
        if (*line.p == '#') {
            rc = read_tag(&r, line, &entry, &shown);
        } else {
            rc = read_place(&r, line, &entry, shown);
            entry = (struct sg_sheet_entry){0};
            shown = SG_STR("");
        }
        if (rc)
            return rc;
    }
    return 0;
}

static void put_tag(struct sg_buf *out, const char *tag, struct sg_str value)
{
    if (!value.n)
        return;
    sg_buf_puts(out, tag);
    sheet_put_line(out, value);
    sg_buf_putc(out, '\n');
}

/* A line that begins with # would be a comment, and an empty one nothing. */
static void put_location(struct sg_buf *out, const struct sg_sheet_entry *x)
{
    size_t from = out->n;
    if (x->song_id)
        sg_buf_printf(out, "segue:song:%llu", (unsigned long long)x->song_id);
    else
        sheet_put_line(out, x->location);
    size_t at = from;
    while (at < out->n && out->p[at] == ' ')
        at++;
    if (at == out->n || out->p[at] == '#') {
        out->n = from;
        sg_buf_puts(out, "unknown:");
    }
    sg_buf_putc(out, '\n');
}

void sg_m3u8_write(const struct sg_sheet *s, struct sg_buf *out)
{
    sg_buf_puts(out, "#EXTM3U\n");
    put_tag(out, "#PLAYLIST:", s->title);
    for (size_t i = 0; i < s->n; i++) {
        const struct sg_sheet_entry *x = &s->v[i];
        sg_buf_printf(out, "#EXTINF:%lld,", (long long)(x->duration_s ? x->duration_s : -1));
        sheet_put_line(out, x->artist);
        sg_buf_puts(out, x->artist.n ? " - " : "");
        sheet_put_line(out, x->title);
        sg_buf_putc(out, '\n');
        put_tag(out, "#EXTART:", x->artist);
        put_tag(out, "#EXTALB:", x->album);
        put_location(out, x);
    }
}
