/* names.c - see names.h. */
#include "tests/relevance/names.h"
#include "core/text.h"
#include "tests/relevance/damage.h"
#include "tests/relevance/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

const char *const name_class_names[NAME_CLASSES] = {
    "one typo",  "two typos",  "other order",        "missing word",  "no marks",
    "no spaces", "one string", "completion at 40 %", "artist at 40 %"};
const char *const name_source_names[NAME_SOURCES] = {"archive tracks", "Billboard songs", "albums",
                                                     "artists", "Last.fm artists"};

/* The words of a name without their order, and whose name it is. */
struct name_bag {
    uint64_t words, key;
};

static uint64_t words_hash(struct sg_str text)
{
    struct sg_words w;
    uint64_t h = 0;
    sg_text_words(&w, text);
    for (size_t i = 0; i < w.n; i++)
        h += XXH3_64bits(w.v[i].text.p, w.v[i].text.n);
    return h;
}

size_t name_write(const struct name_item *item, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s%s%s", item->title, *item->artist ? " " : "", item->artist);
    return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

static int by_words(const void *a, const void *b)
{
    const struct name_bag *x = a, *y = b;
    return x->words != y->words ? (x->words < y->words ? -1 : 1)
                                : (x->key > y->key) - (x->key < y->key);
}

static void collect_bags(struct names *x)
{
    x->bags = malloc((x->n + 1) * sizeof *x->bags);
    for (size_t i = 0; x->bags && i < x->n; i++) {
        char text[4096];
        size_t n = name_write(&x->v[i], text, sizeof text);
        x->bags[i] = (struct name_bag){words_hash((struct sg_str){text, n}), x->v[i].key};
    }
    if (x->bags)
        qsort(x->bags, x->n, sizeof *x->bags, by_words);
}

static bool names_another(const struct names *x, struct sg_str q, uint64_t key)
{
    struct name_bag want = {words_hash(q), 0};
    size_t lo = 0, hi = x->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (by_words(&x->bags[mid], &want) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < x->n && x->bags[lo].words == want.words; lo++)
        if (x->bags[lo].key != key)
            return true;
    return false;
}

static enum name_source source_of(enum sg_kind kind, const char *external_id)
{
    if (kind == SG_ALBUM)
        return NAME_ALBUMS;
    if (kind == SG_ARTIST)
        return strncmp(external_id, "lastfm:", 7) ? NAME_ARTISTS : NAME_LASTFM_ARTISTS;
    return strncmp(external_id, "billboard:", 10) ? NAME_ARCHIVE_SONGS : NAME_BILLBOARD_SONGS;
}

static void read_item(struct name_item *out, PGresult *r, int row)
{
    *out = (struct name_item){.kind = (enum sg_kind)atoi(PQgetvalue(r, row, 0)),
                              .id = strtoull(PQgetvalue(r, row, 1), NULL, 10),
                              .plays = strtoull(PQgetvalue(r, row, 2), NULL, 10),
                              .title = strdup(PQgetvalue(r, row, 3)),
                              .artist = strdup(PQgetvalue(r, row, 4))};
    const char *external = PQgetvalue(r, row, 5);
    out->source = source_of(out->kind, external);
    out->key = engine_key(sg_str(out->title), sg_str(out->artist));
    out->order = XXH3_64bits_withSeed(external, strlen(external), out->kind + 1);
    out->held = XXH3_64bits_withSeed(&out->key, sizeof out->key, 3) % 3 == 0;
}

static int by_order(const void *a, const void *b)
{
    const struct name_item *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

void names_read(struct names *x, PGconn *c)
{
    static const char sql[] =
        "SELECT * FROM (SELECT 0 AS kind, song_id AS id, s.play_count, s.title, a.name, "
        "coalesce(s.external_id, '') AS external "
        "FROM songs s JOIN artists a USING (artist_id) UNION ALL "
        "SELECT 1, artist_id, (SELECT coalesce(sum(play_count), 0)::bigint FROM songs s WHERE "
        "s.artist_id = a.artist_id), name, '', coalesce(external_id, '') FROM artists a UNION ALL "
        "SELECT 2, l.album_id, (SELECT coalesce(sum(play_count), 0)::bigint FROM songs s WHERE "
        "s.album_id = l.album_id), l.title, a.name, coalesce(l.external_id, '') "
        "FROM albums l JOIN artists a USING (artist_id)) x "
        "ORDER BY kind, external COLLATE \"C\", id";
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK) {
        fprintf(stderr, "names: %s\n", PQerrorMessage(c));
        exit(1);
    }
    x->n = (size_t)PQntuples(r);
    x->v = calloc(x->n + 1, sizeof *x->v);
    for (size_t i = 0; x->v && i < x->n; i++)
        read_item(&x->v[i], r, (int)i);
    PQclear(r);
    if (x->v) {
        qsort(x->v, x->n, sizeof *x->v, by_order);
        collect_bags(x);
    }
    if (!x->v || !x->bags)
        abort();
}

void names_free(struct names *x)
{
    for (size_t i = 0; i < x->n; i++) {
        free(x->v[i].title);
        free(x->v[i].artist);
    }
    free(x->v);
    free(x->bags);
}

static bool damage(struct damage_text *t, enum name_class class, uint64_t *random)
{
    switch (class) {
    case NAME_ONE_TYPO:
        return damage_typos(t, 1, random);
    case NAME_TWO_TYPOS:
        return damage_typos(t, 2, random);
    case NAME_ORDER:
        return damage_order(t, random);
    case NAME_MISSING:
        return damage_missing(t, random);
    case NAME_NO_MARKS:
        return damage_marks(t);
    case NAME_NO_SPACES:
        return damage_spaces(t, false);
    case NAME_ONE_STRING:
        return t->title_n < t->n && damage_spaces(t, true);
    case NAME_COMPLETION:
        return t->title_n < t->n && damage_cut(t, 40);
    case NAME_COMPLETION_NAME:
        return t->title_n == t->n && damage_cut(t, 40);
    case NAME_CLASSES:
        break;
    }
    return false;
}

/* The question has words, and other ones than the name (marks do not count as words). */
static bool differs(struct sg_str q, const struct name_item *item)
{
    char name[4096], a[SG_TEXT_MAX], b[SG_TEXT_MAX];
    size_t n = name_write(item, name, sizeof name);
    size_t x = sg_text_fold(a, sizeof a, q),
           y = sg_text_fold(b, sizeof b, (struct sg_str){name, n});
    return x > 0 && (x != y || memcmp(a, b, x) != 0);
}

bool name_class_completes(enum name_class c)
{
    return c == NAME_COMPLETION || c == NAME_COMPLETION_NAME;
}

size_t names_ask(const struct names *x, const struct name_item *item, enum name_class class,
                 uint64_t seed, char *out, size_t cap)
{
    struct damage_text t;
    uint64_t random = XXH3_64bits_withSeed(&item->order, sizeof item->order, seed + class) | 1;
    if (!damage_read(&t, sg_str(item->title), sg_str(item->artist)) || !damage(&t, class, &random))
        return 0;
    struct sg_str q = {out, damage_write(&t, out, cap)};
    if (q.n == 0 || name_class_completes(class))
        return q.n;
    if (class != NAME_NO_MARKS && !differs(q, item))
        return 0;
    return names_another(x, q, item->key) ? 0 : q.n;
}

/* One question and whom it is for. */
struct asked {
    uint64_t text, key;
};

static int by_text(const void *a, const void *b)
{
    const struct asked *x = a, *y = b;
    return x->text != y->text ? (x->text < y->text ? -1 : 1)
                              : (x->key > y->key) - (x->key < y->key);
}

static int by_count_down(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x < y) - (x > y);
}

/* counts: how many items stand behind each name that shares the question. */
static double best_of(size_t *counts, size_t n, bool completes)
{
    double sum = 0;
    qsort(counts, n, sizeof *counts, by_count_down);
    for (size_t i = 0; i < n && i < (completes ? 5 : 10); i++)
        sum += (double)counts[i] / (completes ? 1 : (double)(i + 1));
    return sum;
}

static double best_order(struct asked *v, size_t n, size_t *counts, bool completes)
{
    double sum = 0;
    for (size_t i = 0, k; i < n; i += k) {
        size_t names = 0;
        for (k = 0; i + k < n && v[i + k].text == v[i].text; k++) {
            if (k == 0 || v[i + k].key != v[i + k - 1].key)
                counts[names++] = 0;
            counts[names - 1]++;
        }
        sum += best_of(counts, names, completes);
    }
    return n ? sum / (double)n : 0;
}

double names_reachable(const struct names *x, enum name_class class, uint64_t seed)
{
    struct asked *v = malloc((x->n + 1) * sizeof *v);
    size_t *counts = malloc((x->n + 1) * sizeof *counts), n = 0;
    for (size_t i = 0; v && counts && i < x->n; i++) {
        char text[4096], folded[SG_TEXT_MAX];
        struct sg_str q = {text, names_ask(x, &x->v[i], class, seed, text, sizeof text)};
        size_t m = q.n ? sg_text_fold(folded, sizeof folded, q) : 0;
        if (m)
            v[n++] = (struct asked){XXH3_64bits(folded, m), x->v[i].key};
    }
    if (v)
        qsort(v, n, sizeof *v, by_text);
    double best = v && counts ? best_order(v, n, counts, name_class_completes(class)) : 0;
    free(v);
    free(counts);
    return best;
}
