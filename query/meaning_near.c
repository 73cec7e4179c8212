/* meaning_near.c - see meaning_near.h. */
#include "query/embedder.h"
#include "query/run.h"
#include <xxhash.h>

#define VAGUE       0.5f /* a word whose evidence is so much of playlists and genres describes */
#define LEAST       0.2f /* a cosine below is no likeness */
#define NEW_AT_ONCE 256  /* vectors made for one query; the rest by the next ones */
#define FILTERED    2000 /* candidates when filters will take most of them */
#define PROBES_MORE 128

static bool sense_of(const struct sg_search *s, struct sg_meaning_sense *out)
{
    const struct sg_meaning_model *m = sg_searcher_meaning(s->searcher);
    struct sg_str words[SG_WORDS_MAX];
    size_t n = s->query.words.n;
    if (!m || s->options.words_only)
        return false;
    for (size_t i = 0; i < n; i++)
        words[i] = s->query.words.v[i].text;
    return sg_meaning_of_words(m, words, n, out);
}

/* A letter or two of a word mean nothing yet. */
static bool is_beginning(const struct sg_search *s)
{
    return s->readings[0].is_start && s->query.words.n == 1;
}

/* The query as songs' vectors are compared with it, asked for once; NULL: not known. */
static const float *vector_of_query(struct sg_search *s, const struct sg_meaning_sense *sense)
{
    const struct sg_meaning_model *m = sg_searcher_meaning(s->searcher);
    struct sg_neighbourhood *near = &s->near;
    struct sg_embedder *x = s->options.embedder;
    if (!sg_meaning_source(m))
        return sense->v;
    if (near->asked == SG_NEAR_UNASKED) {
        bool known = x && sg_embedder_source(x) == sg_meaning_source(m) &&
                     sg_embedder_dimensions(x) == sg_meaning_song_dimensions(m) &&
                     sg_embedder_vector(x, s->text, s->deadline_us, near->query);
        near->asked = known ? SG_NEAR_KNOWN : SG_NEAR_UNKNOWN;
    }
    return near->asked == SG_NEAR_KNOWN ? near->query : NULL;
}

bool sg_search_is_vague(struct sg_search *s)
{
    struct sg_meaning_sense sense;
    return s->query.kinds >> SG_SONG & 1 && !is_beginning(s) && sense_of(s, &sense) &&
           sense.describing >= VAGUE && vector_of_query(s, &sense);
}

static bool are_wanted(const struct sg_search *s, const struct sg_meaning_sense *sense)
{
    if (!(s->query.kinds >> SG_SONG & 1) || is_beginning(s) || s->query.syntax.constraints.n ||
        s->reworded || s->page.sort != SG_BY_RELEVANCE)
        return false;
    return sense->describing >= VAGUE && s->retrieval.strong < s->query.limit;
}

static bool has_artist(struct sg_search *s, uint64_t song, uint64_t artist)
{
    struct sg_arena a = {0};
    struct sg_song record;
    bool found = false;
    if (!sg_searcher_record(s->searcher, SG_SONG, song, &a, &record, NULL))
        for (size_t i = 0; i < record.artist_ids.n; i++)
            found |= ((const uint64_t *)record.artist_ids.v)[i] == artist;
    sg_arena_free(&a);
    return found;
}

static bool is_filtered(const struct sg_filters *f)
{
    return f->artist_id || f->by_genre || f->year_from || f->year_to || f->is_explicit >= 0;
}

/* What plans say in terms, asked of the song itself. */
static bool passes(struct sg_search *s, const struct sg_facts *f)
{
    const struct sg_filters *x = &s->filters;
    bool genre = !x->by_genre;
    for (size_t i = 0; i < x->n_genres; i++)
        genre |= x->genres[i] == f->genre_id;
    if (!genre || (x->is_explicit >= 0 && x->is_explicit != f->is_explicit))
        return false;
    if ((x->year_from && f->year < x->year_from) || (x->year_to && f->year > x->year_to) ||
        ((x->year_from || x->year_to) && !f->year))
        return false;
    return !x->artist_id || has_artist(s, f->id, x->artist_id);
}

static const struct sg_new_vector *new_vector(struct sg_search *s, const struct sg_meaning_model *m,
                                              sg_docref doc, size_t *made)
{
    struct sg_facts f;
    if (!sg_searcher_facts(s->searcher, SG_SONG, doc, &f))
        return NULL;
    uint64_t key = XXH3_64bits_withSeed(f.title.p, f.title.n, doc) ^
                   XXH3_64bits_withSeed(f.artists.p, f.artists.n, f.genre_id * 10000 + f.year) ^
                   XXH3_64bits(s->vocabulary_of, strlen(s->vocabulary_of));
    struct sg_new_vector *v = &s->near.cache[key % SG_NEWEST_MAX];
    if (v->of == key)
        return v->known ? v : NULL;
    if (*made == NEW_AT_ONCE)
        return NULL;
    ++*made;
    v->of = key;
    v->known = sg_meaning_of_song(m, &f, v->v);
    return v->known ? v : NULL;
}

/* Songs changed since the generation was built, whose base documents are dead. */
static void offer_new(struct sg_search *s, const struct sg_meaning_model *m, const float *query,
                      struct sg_akin *best, size_t *n, size_t k)
{
    sg_docref docs[SG_NEWEST_MAX];
    size_t made = 0, n_docs = sg_searcher_newest(s->searcher, SG_SONG, docs, SG_NEWEST_MAX);
    for (size_t i = 0; i < n_docs; i++) {
        const struct sg_new_vector *v = new_vector(s, m, docs[i], &made);
        if (v)
            sg_akin_offer(best, n, k, (struct sg_akin){docs[i], sg_meaning_cosine(m, query, v->v)});
    }
}

static bool is_live(struct sg_search *s, sg_docref doc, struct sg_facts *f)
{
    return sg_searcher_facts(s->searcher, SG_SONG, doc, f) &&
           ((doc & SG_DELTA_DOC) || !sg_searcher_is_dead(s->searcher, SG_SONG, f->id));
}

/* The best that are alive and pass the filters, with the span of their cosines as nearness. */
static void keep(struct sg_search *s, const struct sg_akin *best, size_t n)
{
    struct sg_neighbourhood *near = &s->near;
    near->n = 0;
    for (size_t i = 0; i < n && near->n < SG_NEAR_MAX && best[i].cosine >= LEAST; i++) {
        struct sg_facts f;
        if (!is_live(s, best[i].doc, &f) || !passes(s, &f))
            continue;
        near->docs[near->n] = best[i].doc;
        near->nearness[near->n++] = best[i].cosine;
    }
    if (!near->n)
        return;
    float most = near->nearness[0], least = near->nearness[near->n - 1];
    for (size_t i = 0; i < near->n; i++)
        near->nearness[i] = most > least ? (near->nearness[i] - least) / (most - least) : 1;
}

float sg_search_nearness(const struct sg_search *s, const struct sg_top_entry *t)
{
    if (s->readings[t->reading].how != SG_AKIN)
        return 0;
    for (size_t i = 0; i < s->near.n; i++)
        if (s->near.docs[i] == t->doc)
            return s->near.nearness[i];
    return 0;
}

static void join(struct sg_search *s, const struct sg_reading *r)
{
    struct sg_ranker *ranker = &s->rankers[SG_SONG];
    struct sg_plan *plan = &s->side;
    plan->check = false; /* passes() has decided */
    ranker->reading = r;
    ranker->verify_last = ranker->verify_all = false;
    struct sg_pass pass = {.plan = plan, .ranker = ranker, .reading = (uint8_t)(r - s->readings)};
    for (size_t i = 0; i < s->near.n; i++) {
        ranker->nearness = s->near.nearness[i];
        sg_retrieve_one(&s->retrieval, &pass, s->near.docs[i]);
    }
    s->totals[SG_SONG].exact = false;
}

int sg_search_neighbours(struct sg_search *s, struct sg_error *e)
{
    const struct sg_meaning_model *m = sg_searcher_meaning(s->searcher);
    struct sg_meaning_sense sense;
    struct sg_akin best[FILTERED];
    struct sg_reading *r = sg_search_next_reading(s);
    s->near.n = 0;
    if (!r || !sense_of(s, &sense) || !are_wanted(s, &sense))
        return 0;
    const float *query = vector_of_query(s, &sense);
    if (!query)
        return 0;
    bool filtered = is_filtered(&s->filters);
    size_t k = filtered ? FILTERED : SG_NEAR_MAX + SG_NEAR_MAX / 2;
    size_t n = sg_meaning_near(m, query, k, filtered ? PROBES_MORE : 0, best);
    if (n == k) /* sorted: a heap again */
        for (size_t i = 0, used = 0; i < n; i++)
            sg_akin_offer(best, &used, k, best[i]);
    if (!sg_meaning_source(m))
        offer_new(s, m, query, best, &n, k);
    sg_akin_sort(best, n);
    keep(s, best, n);
    if (!s->near.n)
        return 0;
    sg_reading_akin(r, &s->query);
    s->n_readings++;
    join(s, r);
    return sg_search_check(s, e);
}
