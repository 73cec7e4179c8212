/* reader.c - the mapped segment: see meaning.h. */
#include "core/map.h"
#include "index/meaning/format.h"
#include <math.h>
#include <stdlib.h>

#define PROBES     24 /* lists of some 500 songs read for a query */
#define PROBES_MAX 512
#define UNKNOWN    0.7f /* weight of a word known by its letters alone */
#define OF_TITLES                                                                                  \
    0.3f /* what a word that only titles hold counts for, beside one that describes                \
          */

struct sg_meaning_model {
    struct sg_map map;
    size_t d, song_d, terms, grams, lists, songs;
    uint64_t source;
    const char *keys, *info, *starts, *docs;
    const float *centroids;
    const int8_t *term_vectors, *gram_vectors, *vectors;
};

static bool sizes_agree(const struct sg_segment *g, const struct sg_meaning_model *m)
{
    const size_t want[SG_SEGMENT_SECTIONS] = {
        [MEANING_KEYS] = m->terms * 8,
        [MEANING_INFO] = m->terms * sizeof(struct meaning_info),
        [MEANING_TERM_VECTORS] = m->terms * m->d,
        [MEANING_GRAM_VECTORS] = m->grams * m->d,
        [MEANING_CENTROIDS] = m->lists * m->song_d * sizeof(float),
        [MEANING_STARTS] = (m->lists + 1) * 4,
        [MEANING_DOCS] = m->songs * 4,
        [MEANING_VECTORS] = m->songs * m->song_d,
    };
    for (int i = 0; i < SG_SEGMENT_SECTIONS; i++)
        if (g->section[i].n != want[i])
            return false;
    return true;
}

static bool starts_ascend(const struct sg_meaning_model *m)
{
    uint32_t before = 0;
    for (size_t i = 0; i <= m->lists; i++) {
        uint32_t start = sg_load32(m->starts + 4 * i);
        if (start < before || (i == 0 && start))
            return false;
        before = start;
    }
    return before == m->songs;
}

static int take(struct sg_meaning_model *m, const struct sg_segment *g, struct sg_error *e)
{
    m->d = g->value[MEANING_DIMENSIONS];
    m->terms = g->value[MEANING_N_TERMS];
    m->grams = g->value[MEANING_N_GRAMS];
    m->lists = g->value[MEANING_N_LISTS];
    m->songs = g->value[MEANING_N_SONGS];
    m->source = g->value[MEANING_SOURCE];
    m->song_d = m->source ? g->value[MEANING_SONG_DIMENSIONS] : m->d;
    if (m->song_d < 16 || m->song_d > SG_MEANING_PLACED_MAX || m->song_d % 16)
        return sg_fail(e, SG_ECORRUPT, "meaning: songs' dimensions are out of bounds");
    if (m->d < 16 || m->d > SG_MEANING_DIMENSIONS_MAX || m->d % 16 || m->terms > MEANING_TERMS ||
        m->grams != MEANING_GRAMS || m->lists > MEANING_LISTS || m->songs > UINT32_MAX)
        return sg_fail(e, SG_ECORRUPT, "meaning: a number is out of bounds");
    if (!sizes_agree(g, m))
        return sg_fail(e, SG_ECORRUPT, "meaning: a section has another size");
    m->keys = g->section[MEANING_KEYS].p;
    m->info = g->section[MEANING_INFO].p;
    m->starts = g->section[MEANING_STARTS].p;
    m->docs = g->section[MEANING_DOCS].p;
    m->centroids = (const void *)g->section[MEANING_CENTROIDS].p;
    m->term_vectors = (const void *)g->section[MEANING_TERM_VECTORS].p;
    m->gram_vectors = (const void *)g->section[MEANING_GRAM_VECTORS].p;
    m->vectors = (const void *)g->section[MEANING_VECTORS].p;
    bool aligned = (uintptr_t)m->centroids % sizeof(float) == 0;
    return aligned && starts_ascend(m) ? 0 : sg_fail(e, SG_ECORRUPT, "meaning: lists are damaged");
}

int sg_meaning_parse(struct sg_meaning_model **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment g;
    int rc = sg_segment_parse(&g, bytes, MEANING_MAGIC, e);
    struct sg_meaning_model *m = rc ? NULL : calloc(1, sizeof *m);
    if (!rc && !m)
        rc = sg_fail(e, SG_ENOMEM, "meaning");
    if (!rc)
        rc = take(m, &g, e);
    if (rc)
        free(m);
    else
        *out = m;
    return rc;
}

int sg_meaning_open(struct sg_meaning_model **out, const char *path, struct sg_error *e)
{
    struct sg_map map;
    int rc = sg_map_open(&map, path, 1, e);
    if (rc)
        return rc;
    rc = sg_meaning_parse(out, (struct sg_str){(const char *)map.p, map.n}, e);
    if (rc) {
        sg_map_close(&map);
        return sg_wrap(e, "%s", path);
    }
    (*out)->map = map;
    return 0;
}

void sg_meaning_close(struct sg_meaning_model *m)
{
    if (!m)
        return;
    sg_map_close(&m->map);
    free(m);
}

size_t sg_meaning_songs(const struct sg_meaning_model *m)
{
    return m->songs;
}

uint64_t sg_meaning_source(const struct sg_meaning_model *m)
{
    return m->source;
}

size_t sg_meaning_song_dimensions(const struct sg_meaning_model *m)
{
    return m->song_d;
}

size_t sg_meaning_lists(const struct sg_meaning_model *m)
{
    return m->lists;
}

const float *sg_meaning_list(const struct sg_meaning_model *m, size_t list, size_t *from,
                             size_t *to)
{
    *from = sg_load32(m->starts + 4 * list);
    *to = sg_load32(m->starts + 4 * list + 4);
    return m->centroids + list * m->song_d;
}

uint32_t sg_meaning_song_at(const struct sg_meaning_model *m, size_t place, const int8_t **vector)
{
    *vector = m->vectors + place * m->song_d;
    return sg_load32(m->docs + 4 * place);
}

/* The term's number; m->terms when it has no vector. */
static size_t find(const struct sg_meaning_model *m, uint64_t key)
{
    size_t low = 0, high = m->terms;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (sg_load64(m->keys + 8 * mid) < key)
            low = mid + 1;
        else
            high = mid;
    }
    return low < m->terms && sg_load64(m->keys + 8 * low) == key ? low : m->terms;
}

static struct meaning_info info_of(const struct sg_meaning_model *m, size_t term)
{
    struct meaning_info info;
    memcpy(&info, m->info + term * sizeof info, sizeof info);
    bool sane =
        info.weight >= 0 && info.weight <= 1 && info.describing >= 0 && info.describing <= 1;
    return sane ? info : (struct meaning_info){0};
}

/* An unknown word by its letters: misspelt, or an inflection of a known one. */
static bool add_letters(const struct sg_meaning_model *m, struct sg_str word, float *to)
{
    uint32_t grams[MEANING_WORD_GRAMS];
    float v[SG_MEANING_DIMENSIONS_MAX] = {0};
    size_t n = meaning_grams(word, grams);
    for (size_t i = 0; i < n; i++)
        meaning_add_bytes(v, m->gram_vectors + grams[i] * m->d, m->d, 1);
    meaning_normalise(v, m->d);
    float length = 0;
    for (size_t i = 0; i < m->d; i++) {
        to[i] += UNKNOWN * v[i];
        length += v[i] * v[i];
    }
    return length > 0;
}

static bool has_length(float *v, size_t d)
{
    float length = 0;
    for (size_t i = 0; i < d; i++)
        length += v[i] * v[i];
    meaning_normalise(v, d);
    return length > 1e-12f;
}

bool sg_meaning_of_words(const struct sg_meaning_model *m, const struct sg_str *words, size_t n,
                         struct sg_meaning_sense *out)
{
    *out = (struct sg_meaning_sense){0};
    bool letters = false;
    float all = 0;
    for (size_t i = 0; i < n; i++) {
        size_t term = find(m, meaning_key(MEANING_WORD, words[i]));
        if (term == m->terms) {
            letters |= add_letters(m, words[i], out->v);
            all += 1;
            continue;
        }
        struct meaning_info info = info_of(m, term);
        float counts = info.weight * (OF_TITLES + (1 - OF_TITLES) * info.describing);
        meaning_add_bytes(out->v, m->term_vectors + term * m->d, m->d, counts);
        out->known++;
        out->describing += info.weight * info.describing;
        all += info.weight;
    }
    out->describing = all > 0 ? out->describing / all : 0;
    return (out->known || letters) && has_length(out->v, m->d);
}

bool sg_meaning_of_song(const struct sg_meaning_model *m, const struct sg_facts *f,
                        int8_t out[SG_MEANING_DIMENSIONS_MAX])
{
    struct meaning_term terms[MEANING_SONG_MAX];
    float v[SG_MEANING_DIMENSIONS_MAX] = {0};
    size_t n = meaning_song_terms(f, SG_STR_NONE, terms);
    for (size_t i = 0; i < n; i++) {
        size_t term = find(m, terms[i].key);
        if (term == m->terms)
            continue;
        float weight = terms[i].text.n ? info_of(m, term).weight : 1;
        meaning_add_bytes(v, m->term_vectors + term * m->d, m->d, terms[i].share * weight);
    }
    return has_length(v, m->d) && sg_meaning_quantise(v, m->d, out);
}

static inline float cosine(const float *query, const int8_t *v, size_t d)
{
    float dot = 0, norm = 0;
    for (size_t i = 0; i < d; i += 16) {
        float p[16], q[16];
        for (size_t k = 0; k < 16; k++) {
            float x = (float)v[i + k];
            p[k] = query[i + k] * x;
            q[k] = x * x;
        }
        for (size_t k = 0; k < 16; k++) {
            dot += p[k];
            norm += q[k];
        }
    }
    return norm > 0 ? dot / sqrtf(norm) : 0;
}

float sg_meaning_cosine(const struct sg_meaning_model *m, const float *query, const int8_t *v)
{
    return cosine(query, v, m->d);
}

static bool is_nearer(const struct sg_akin *a, const struct sg_akin *b)
{
    return a->cosine > b->cosine || (a->cosine == b->cosine && a->doc < b->doc);
}

/* The farthest on top. */
static void sift(struct sg_akin *v, size_t n, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_nearer(&v[child], &v[child + 1]))
            child++;
        if (!is_nearer(&v[at], &v[child]))
            return;
        struct sg_akin swap = v[at];
        v[at] = v[child];
        v[child] = swap;
    }
}

void sg_akin_offer(struct sg_akin *out, size_t *n, size_t k, struct sg_akin one)
{
    if (*n < k) {
        out[(*n)++] = one;
        if (*n == k)
            for (size_t i = k / 2; i-- > 0;)
                sift(out, k, i);
    } else if (k && is_nearer(&one, &out[0])) {
        out[0] = one;
        sift(out, k, 0);
    }
}

static int by_nearness(const void *a, const void *b)
{
    return is_nearer(a, b) ? -1 : 1;
}

void sg_akin_sort(struct sg_akin *v, size_t n)
{
    qsort(v, n, sizeof *v, by_nearness);
}

static size_t nearest_lists(const struct sg_meaning_model *m, const float *query, size_t probes,
                            struct sg_akin *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->lists; i++) {
        const float *c = m->centroids + i * m->song_d;
        float dot = 0;
        for (size_t k = 0; k < m->song_d; k++)
            dot += query[k] * c[k];
        if (dot == dot) /* a damaged file may hold anything */
            sg_akin_offer(out, &n, probes, (struct sg_akin){(uint32_t)i, dot});
    }
    return n;
}

size_t sg_meaning_near(const struct sg_meaning_model *m, const float *query, size_t k,
                       size_t probes, struct sg_akin *out)
{
    struct sg_akin lists[PROBES_MAX];
    size_t n = 0;
    probes = probes == 0 ? PROBES : probes > PROBES_MAX ? PROBES_MAX : probes;
    size_t n_lists = nearest_lists(m, query, probes, lists);
    for (size_t i = 0; i < n_lists; i++) {
        size_t from = sg_load32(m->starts + 4ul * lists[i].doc);
        size_t to = sg_load32(m->starts + 4ul * lists[i].doc + 4);
        for (size_t s = from; s < to; s++) {
            float near = cosine(query, m->vectors + s * m->song_d, m->song_d);
            if (n < k || near >= out[0].cosine)
                sg_akin_offer(out, &n, k, (struct sg_akin){sg_load32(m->docs + 4 * s), near});
        }
    }
    sg_akin_sort(out, n);
    return n;
}
