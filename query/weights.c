/* weights.c - see weights.h. */
#include "query/weights.h"
#include "core/map.h"

static const struct {
    const char *name;
    float weight;
} table[SG_FEATURES] = {
    [SG_F_EVIDENCE] = {"evidence", 100},
    [SG_F_TITLE_WORDS] = {"title_words", 8},
    [SG_F_TITLE_COVER] = {"title_cover", 30},
    [SG_F_ARTIST_WORDS] = {"artist_words", 5},
    [SG_F_ARTIST_COVER] = {"artist_cover", 5},
    [SG_F_ALBUM_WORDS] = {"album_words", 2},
    [SG_F_ORDER] = {"order", 6},
    [SG_F_STARTS] = {"starts", 8},
    [SG_F_UNTYPED] = {"untyped", -3},
    [SG_F_VERSION] = {"version", -6},
    [SG_F_EDITS] = {"edits", -5},
    [SG_F_ALIAS] = {"alias", -3},
    [SG_F_DROPPED] = {"dropped", -20},
    [SG_F_POPULARITY] = {"popularity", 30},
    [SG_F_FRESHNESS] = {"freshness", 1.5f},
    [SG_F_LIKING] = {"liking", 12},
    [SG_F_NEARNESS] = {"nearness", 35},
    [SG_F_LYRICS] = {"lyrics", 45},
    [SG_F_KIND_SONG] = {"kind_song", 7},
    [SG_F_KIND_ARTIST] = {"kind_artist", 6},
    [SG_F_KIND_ALBUM] = {"kind_album", 1},
    [SG_F_KIND_PLAYLIST] = {"kind_playlist", 0},
};

const char *sg_feature_name(enum sg_feature_id f)
{
    return table[f].name;
}

void sg_weights_default(struct sg_weights *w)
{
    for (size_t i = 0; i < SG_FEATURES; i++)
        w->w[i] = table[i].weight;
}

static struct sg_str trim(struct sg_str s)
{
    while (s.n && (unsigned char)s.p[0] <= ' ')
        s.p++, s.n--;
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

static struct sg_str before(struct sg_str s, char c)
{
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return (struct sg_str){s.p, at ? (size_t)(at - s.p) : s.n};
}

static size_t feature_of(struct sg_str name)
{
    size_t i = 0;
    while (i < SG_FEATURES && !sg_str_eq(name, sg_str(table[i].name)))
        i++;
    return i;
}

static int parse_line(struct sg_weights *w, struct sg_str line, const char *file, size_t number,
                      struct sg_error *e)
{
    line = trim(before(line, '#'));
    if (line.n == 0)
        return 0;
    struct sg_str name = before(line, '=');
    if (name.n == line.n)
        return sg_fail(e, SG_EINVAL, "%s:%zu: expected 'feature = weight'", file, number);
    struct sg_str value = trim((struct sg_str){line.p + name.n + 1, line.n - name.n - 1});
    name = trim(name);
    size_t feature = feature_of(name);
    if (feature == SG_FEATURES)
        return sg_fail(e, SG_EINVAL, "%s:%zu: no feature is called '%.*s'", file, number,
                       name.n > 40 ? 40 : (int)name.n, name.p);
    double v;
    if (!sg_str_to_f64(value, &v) || !(v >= -1e6 && v <= 1e6))
        return sg_fail(e, SG_EINVAL, "%s:%zu: expected a number from -1e6 to 1e6, got '%.*s'", file,
                       number, value.n > 40 ? 40 : (int)value.n, value.p);
    w->w[feature] = (float)v;
    return 0;
}

int sg_weights_parse(struct sg_weights *w, const char *name, struct sg_str text, struct sg_error *e)
{
    for (size_t number = 1; text.n; number++) {
        struct sg_str line = before(text, '\n');
        int rc = parse_line(w, line, name, number, e);
        if (rc)
            return rc;
        size_t used = line.n + (line.n < text.n);
        text.p += used;
        text.n -= used;
    }
    return 0;
}

int sg_weights_load(struct sg_weights *w, const char *path, struct sg_error *e)
{
    sg_weights_default(w);
    if (!path || !*path)
        return 0;
    struct sg_map m;
    int rc = sg_map_open(&m, path, 0, e);
    if (rc)
        return sg_wrap(e, "ranker weights %s", path);
    rc = sg_weights_parse(w, path, (struct sg_str){(const char *)m.p, m.n}, e);
    sg_map_close(&m);
    return rc;
}
