/* train.c - from rows of terms to vectors of terms, contexts and songs, and the file.
 *
 *   matrix     a row a song and a row a context, entries share x log(1 + rows / rows with
 *              the term), unit length; a context's words weigh as much as all its songs
 *              together, and all contexts as much as all songs
 *   terms      leading right singular vectors but the first, which says no more than
 *              how common a term is
 *   songs      terms by share and SIF weight, and the mean of the song's contexts
 */
#include "index/meaning/trainer.h"
#include <math.h>
#include <stdlib.h>

#define POWER          1.0f  /* of the singular values: likeness as it is in the matrix */
#define WORD_SONGS_MIN 3     /* a word only in fewer titles tells nothing of other songs */
#define ARTIST_MIN     2     /* songs or contexts of an artist */
#define CONTEXT_SHARE  4.0f  /* of a song in contexts, from them; its own terms have 1 */
#define CONTEXT_ROWS   30.0f /* a context's row weighs at most as that many songs' (root) */

struct training {
    struct sg_meaning_trainer *t;
    uint32_t *column_term; /* by column */
    size_t columns;
    float *idf;     /* by column */
    float *vectors; /* by column: unit length */
    float *weights; /* by column: SIF */
    float context_weight;
    size_t widest;            /* entries of a row */
    float *context_vectors;   /* by context: unit length */
    uint64_t *context_starts; /* by song */
    uint32_t *context_list;
    int8_t *songs;      /* by docid - 1: own */
    const int8_t *rows; /* of songs with a vector: own ones moved together, or placed ones */
    size_t song_d;
    uint8_t *has;     /* by docid - 1: a vector */
    size_t n_vectors; /* of songs */
};

static bool is_wanted(const struct gathered_term *t, uint32_t least)
{
    uint32_t evidence = t->songs + 8 * (t->contexts + t->describes);
    if (evidence < least)
        return false;
    if (t->text_bytes)
        return t->describes || t->labels || t->songs >= WORD_SONGS_MIN;
    return t->songs + t->contexts >= ARTIST_MIN;
}

static size_t count_wanted(const struct sg_meaning_trainer *t, uint32_t least)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_terms; i++)
        n += is_wanted(&t->terms[i], least);
    return n;
}

static int by_key(const void *a, const void *b)
{
    const struct gathered_term *const *x = a, *const *y = b;
    return ((*x)->key > (*y)->key) - ((*x)->key < (*y)->key);
}

/* Columns are the wanted terms in order of key, as the file has them. */
static int choose_columns(struct training *x, struct sg_error *e)
{
    struct sg_meaning_trainer *t = x->t;
    uint32_t least = 0;
    while (count_wanted(t, least) > MEANING_TERMS)
        least = least ? least * 2 : 4;
    size_t n = count_wanted(t, least), at = 0;
    struct gathered_term **order = malloc((n + 1) * sizeof *order);
    x->column_term = malloc((n + 1) * sizeof *x->column_term);
    if (!order || !x->column_term) {
        free(order);
        return sg_fail(e, SG_ENOMEM, "meaning: %zu terms", n);
    }
    for (size_t i = 0; i < t->n_terms; i++) {
        t->terms[i].column = MEANING_NO_COLUMN;
        if (is_wanted(&t->terms[i], least))
            order[at++] = &t->terms[i];
    }
    qsort(order, n, sizeof(struct gathered_term *), by_key);
    for (size_t i = 0; i < n; i++) {
        order[i]->column = (uint32_t)i;
        x->column_term[i] = (uint32_t)(order[i] - t->terms);
    }
    x->columns = n;
    free(order);
    return 0;
}

static int weigh_columns(struct training *x, struct sg_error *e)
{
    struct sg_meaning_trainer *t = x->t;
    double rows = (double)(t->songs.n + t->contexts.n), words = 1;
    size_t widest = 1;
    x->idf = malloc((x->columns + 1) * sizeof *x->idf);
    x->weights = malloc((x->columns + 1) * sizeof *x->weights);
    for (size_t i = 0; i < t->songs.n; i++)
        widest = t->songs.starts[i + 1] - t->songs.starts[i] > widest
                     ? t->songs.starts[i + 1] - t->songs.starts[i]
                     : widest;
    for (size_t i = 0; i < t->contexts.n; i++)
        widest = t->contexts.starts[i + 1] - t->contexts.starts[i] > widest
                     ? t->contexts.starts[i + 1] - t->contexts.starts[i]
                     : widest;
    x->widest = widest;
    if (!x->idf || !x->weights)
        return sg_fail(e, SG_ENOMEM, "meaning: %zu terms", x->columns);
    for (size_t i = 0; i < t->n_terms; i++)
        words += t->terms[i].text_bytes ? t->terms[i].songs + t->terms[i].describes : 0;
    for (size_t c = 0; c < x->columns; c++) {
        const struct gathered_term *g = &t->terms[x->column_term[c]];
        double in = g->songs + g->contexts + g->describes;
        x->idf[c] = (float)log(1 + rows / (in > 0 ? in : 1));
        x->weights[c] = MEANING_SIF / (MEANING_SIF + (float)((g->songs + g->describes) / words));
    }
    x->context_weight = t->contexts.n ? sqrtf((float)t->songs.n / (float)t->contexts.n) : 0;
    if (x->context_weight > CONTEXT_ROWS)
        x->context_weight = CONTEXT_ROWS;
    return 0;
}

/* Entries [from, to) at the end of the row, of the given length together. */
static void put_part(const struct training *x, const struct gathered_rows *r, size_t from,
                     size_t to, float length, struct meaning_row *row)
{
    size_t n = row->n, first = n;
    float sum = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t column = x->t->terms[r->v[i].term].column;
        if (column == MEANING_NO_COLUMN)
            continue;
        float value = r->v[i].value * x->idf[column];
        row->columns[n] = column;
        row->values[n++] = value;
        sum += value * value;
    }
    for (size_t i = first; i < n && sum > 0; i++)
        row->values[i] *= length / sqrtf(sum);
    row->n = n;
}

static void put_context(const struct training *x, size_t c, float length, struct meaning_row *row)
{
    const struct gathered_rows *r = &x->t->contexts;
    size_t from = r->starts[c], words = from + x->t->context_words[c], to = r->starts[c + 1];
    float part = words > from ? length * (float)M_SQRT1_2 : length;
    put_part(x, r, from, words, part, row);
    put_part(x, r, words, to, part, row);
}

static void read_row(const void *ctx, size_t r, struct meaning_row *row)
{
    const struct training *x = ctx;
    const struct gathered_rows *songs = &x->t->songs;
    row->n = 0;
    if (r < songs->n)
        put_part(x, songs, songs->starts[r], songs->starts[r + 1], 1, row);
    else
        put_context(x, r - songs->n, x->context_weight, row);
}

static int factorise(struct training *x, struct sg_error *e)
{
    struct meaning_matrix m = {x->t->songs.n + x->t->contexts.n, x->columns, x->widest, read_row,
                               x};
    int rc = meaning_svd(&m, x->t->d, 1, POWER, x->t->seed, &x->vectors, e);
    for (size_t c = 0; !rc && c < x->columns; c++)
        meaning_normalise(x->vectors + c * x->t->d, x->t->d);
    return rc;
}

static void add_scaled(float *to, const float *v, size_t d, float by)
{
    for (size_t i = 0; i < d; i++)
        to[i] += by * v[i];
}

static int place_contexts(struct training *x, struct sg_error *e)
{
    size_t d = x->t->d, n = x->t->contexts.n;
    struct meaning_row row;
    x->context_vectors = calloc(n * d + 1, sizeof *x->context_vectors);
    bool room = meaning_row_open(&row, x->widest) && x->context_vectors;
    for (size_t c = 0; room && c < n; c++) {
        float *v = x->context_vectors + c * d;
        row.n = 0;
        put_context(x, c, 1, &row);
        for (size_t i = 0; i < row.n; i++)
            add_scaled(v, x->vectors + row.columns[i] * d, d, row.values[i]);
        meaning_normalise(v, d);
    }
    meaning_row_close(&row);
    return room ? 0 : sg_fail(e, SG_ENOMEM, "meaning: %zu contexts", n);
}

/* The contexts of each song: members turned round. */
static int turn_members(struct training *x, struct sg_error *e)
{
    const struct gathered_rows *m = &x->t->members;
    size_t songs = x->t->songs.n;
    x->context_starts = calloc(songs + 2, sizeof *x->context_starts);
    x->context_list = malloc((m->used + 1) * sizeof *x->context_list);
    if (!x->context_starts || !x->context_list)
        return sg_fail(e, SG_ENOMEM, "meaning: contexts");
    for (size_t i = 0; i < m->used; i++)
        x->context_starts[m->v[i].term + 2]++;
    for (size_t i = 2; i < songs + 2; i++)
        x->context_starts[i] += x->context_starts[i - 1];
    for (size_t c = 0; c < m->n; c++)
        for (size_t i = m->starts[c]; i < m->starts[c + 1]; i++)
            x->context_list[x->context_starts[m->v[i].term + 1]++] = (uint32_t)c;
    return 0;
}

static void place_song(struct training *x, size_t song)
{
    size_t d = x->t->d;
    const struct gathered_rows *r = &x->t->songs;
    float v[SG_MEANING_DIMENSIONS_MAX] = {0}, mean[SG_MEANING_DIMENSIONS_MAX] = {0};
    for (size_t i = r->starts[song]; i < r->starts[song + 1]; i++) {
        const struct gathered_term *g = &x->t->terms[r->v[i].term];
        if (g->column == MEANING_NO_COLUMN)
            continue;
        float weight = g->text_bytes ? x->weights[g->column] : 1;
        add_scaled(v, x->vectors + g->column * d, d, weight * r->v[i].value);
    }
    for (size_t i = x->context_starts[song]; i < x->context_starts[song + 1]; i++)
        add_scaled(mean, x->context_vectors + x->context_list[i] * d, d, 1);
    meaning_normalise(v, d);
    meaning_normalise(mean, d);
    add_scaled(v, mean, d, CONTEXT_SHARE);
    meaning_normalise(v, d);
    x->has[song] = sg_meaning_quantise(v, d, x->songs + song * d);
    x->n_vectors += x->has[song];
}

static int place_songs(struct training *x, struct sg_error *e)
{
    size_t n = x->t->songs.n;
    x->rows = x->t->placed;
    x->song_d = x->t->placed_d;
    x->n_vectors = n;
    if (x->rows)
        return 0;
    x->n_vectors = 0;
    x->song_d = x->t->d;
    x->songs = malloc(n * x->t->d + 1);
    x->has = malloc(n + 1);
    if (!x->songs || !x->has)
        return sg_fail(e, SG_ENOMEM, "meaning: %zu songs", n);
    for (size_t i = 0; i < n; i++)
        place_song(x, i);
    x->rows = x->songs;
    return 0;
}

static void put_vector(struct sg_segment_writer *w, const float *v, size_t d)
{
    int8_t bytes[SG_MEANING_DIMENSIONS_MAX];
    sg_meaning_quantise(v, d, bytes);
    sg_segment_put(w, bytes, d);
}

/* By rates: said by so many of all contexts, so many of all songs are labelled so, and it
 * stands in so many of all titles. */
static float describing(const struct sg_meaning_trainer *t, const struct gathered_term *g)
{
    float songs = t->songs.n ? (float)t->songs.n : 1,
          contexts = t->contexts.n ? (float)t->contexts.n : 1;
    float said = (float)g->describes / contexts + (float)g->labels / songs;
    float all = said + (float)(g->songs - g->labels) / songs;
    return all > 0 ? said / all : 0;
}

static void write_terms(const struct training *x, struct sg_segment_writer *w)
{
    sg_segment_begin(w, MEANING_KEYS);
    for (size_t c = 0; c < x->columns; c++)
        sg_segment_put(w, &x->t->terms[x->column_term[c]].key, sizeof(uint64_t));
    sg_segment_begin(w, MEANING_INFO);
    for (size_t c = 0; c < x->columns; c++) {
        const struct gathered_term *g = &x->t->terms[x->column_term[c]];
        struct meaning_info info = {x->weights[c], describing(x->t, g)};
        sg_segment_put(w, &info, sizeof info);
    }
    sg_segment_begin(w, MEANING_TERM_VECTORS);
    for (size_t c = 0; c < x->columns; c++)
        put_vector(w, x->vectors + c * x->t->d, x->t->d);
}

static int write_grams(const struct training *x, struct sg_segment_writer *w, struct sg_error *e)
{
    size_t d = x->t->d;
    float *sums = calloc(MEANING_GRAMS * d, sizeof *sums);
    if (!sums)
        return sg_fail(e, SG_ENOMEM, "meaning: letters");
    for (size_t c = 0; c < x->columns; c++) {
        const struct gathered_term *g = &x->t->terms[x->column_term[c]];
        uint32_t grams[MEANING_WORD_GRAMS];
        struct sg_str word = {x->t->text.p + g->text_at, g->text_bytes};
        size_t n = g->text_bytes ? meaning_grams(word, grams) : 0;
        for (size_t i = 0; i < n; i++)
            add_scaled(sums + grams[i] * d, x->vectors + c * d, d, x->weights[c]);
    }
    sg_segment_begin(w, MEANING_GRAM_VECTORS);
    for (size_t i = 0; i < MEANING_GRAMS; i++)
        put_vector(w, sums + i * d, d);
    free(sums);
    return 0;
}

static size_t lists_for(size_t songs)
{
    size_t n = (size_t)(2 * sqrt((double)songs));
    return songs == 0 ? 0 : n < 1 ? 1 : n > MEANING_LISTS ? MEANING_LISTS : n;
}

/* Songs with a vector, moved together; docs: their docids. */
static void close_ranks(struct training *x, uint32_t *docs)
{
    size_t at = 0, d = x->t->d;
    for (size_t i = 0; i < x->t->songs.n; i++) {
        if (x->has && !x->has[i])
            continue;
        if (x->has)
            memmove(x->songs + at * d, x->songs + i * d, d);
        docs[at++] = (uint32_t)i + 1;
    }
}

static void write_lists(const struct training *x, struct sg_segment_writer *w, size_t lists,
                        const float *centroids, const uint32_t *order, const uint32_t *starts,
                        const uint32_t *docs)
{
    size_t d = x->song_d;
    sg_segment_begin(w, MEANING_CENTROIDS);
    sg_segment_put(w, centroids, lists * d * sizeof *centroids);
    sg_segment_begin(w, MEANING_STARTS);
    sg_segment_put(w, starts, (lists + 1) * sizeof *starts);
    sg_segment_begin(w, MEANING_DOCS);
    for (size_t i = 0; i < x->n_vectors; i++)
        sg_segment_put(w, &docs[order[i]], sizeof *docs);
    sg_segment_begin(w, MEANING_VECTORS);
    for (size_t i = 0; i < x->n_vectors; i++)
        sg_segment_put(w, x->rows + order[i] * d, d);
}

/* starts: lists + 2 zeros. */
static void sort_by_list(const uint32_t *list, size_t n, size_t lists, uint32_t *starts,
                         uint32_t *order)
{
    for (size_t i = 0; i < n; i++)
        starts[list[i] + 2]++;
    for (size_t i = 2; i < lists + 2; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < n; i++)
        order[starts[list[i] + 1]++] = (uint32_t)i;
}

static int write_songs(struct training *x, struct sg_segment_writer *w, size_t *lists,
                       struct sg_error *e)
{
    size_t n = x->n_vectors;
    uint32_t *docs = malloc((n + 1) * sizeof *docs), *list = malloc((n + 1) * sizeof *list);
    uint32_t *order = malloc((n + 1) * sizeof *order);
    *lists = lists_for(n);
    uint32_t *starts = calloc(*lists + 2, sizeof *starts);
    float *centroids = NULL;
    int rc = docs && list && order && starts ? 0 : sg_fail(e, SG_ENOMEM, "meaning: %zu songs", n);
    if (!rc)
        close_ranks(x, docs);
    if (!rc && n)
        rc = meaning_cluster(x->rows, n, x->song_d, *lists, x->t->seed, list, &centroids, e);
    if (!rc) {
        sort_by_list(list, n, *lists, starts, order);
        write_lists(x, w, *lists, centroids, order, starts, docs);
    }
    free(centroids);
    free(starts);
    free(order);
    free(list);
    free(docs);
    return rc;
}

static int write_segment(struct training *x, const char *path, struct sg_error *e)
{
    struct sg_segment_writer w;
    size_t lists = 0;
    int rc = sg_segment_create(&w, path, MEANING_MAGIC, e);
    if (rc)
        return rc;
    write_terms(x, &w);
    rc = write_grams(x, &w, e);
    if (!rc)
        rc = write_songs(x, &w, &lists, e);
    w.header.value[MEANING_DIMENSIONS] = x->t->d;
    w.header.value[MEANING_N_TERMS] = x->columns;
    w.header.value[MEANING_N_GRAMS] = MEANING_GRAMS;
    w.header.value[MEANING_N_LISTS] = lists;
    w.header.value[MEANING_N_SONGS] = x->n_vectors;
    w.header.value[MEANING_SOURCE] = x->t->source;
    w.header.value[MEANING_SONG_DIMENSIONS] = x->t->source ? x->song_d : 0;
    if (!rc)
        return sg_segment_commit(&w, e);
    sg_segment_abort(&w);
    return rc;
}

int sg_meaning_train(struct sg_meaning_trainer *t, const char *path, struct sg_error *e)
{
    struct training x = {.t = t};
    int rc = choose_columns(&x, e);
    if (!rc)
        rc = weigh_columns(&x, e);
    if (!rc && x.columns)
        rc = factorise(&x, e);
    if (!rc && !t->placed)
        rc = place_contexts(&x, e);
    if (!rc && !t->placed)
        rc = turn_members(&x, e);
    if (!rc)
        rc = place_songs(&x, e);
    if (!rc)
        rc = write_segment(&x, path, e);
    free(x.column_term);
    free(x.idf);
    free(x.vectors);
    free(x.weights);
    free(x.context_vectors);
    free(x.context_starts);
    free(x.context_list);
    free(x.songs);
    free(x.has);
    return rc;
}
