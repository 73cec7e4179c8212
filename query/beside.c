/* beside.c - readings beside the literal one: see run.h.
 *
 * The meaning of the words (hello by adele, 80s rock), what says the same (4 and
 * iv, with and without the), and two words that are one (sugar cane, sugarcane).
 * Each is looked for in its own right, and what the literal reading has found
 * keeps its place: a record is ranked once, by the strictest reading.
 */
#include "core/clock.h"
#include "query/run.h"
#include <stdio.h>

#define BESIDE_WANT   128     /* candidates of a reading */
#define JOIN_WORDS    3       /* longer queries are joined only when they find too little */
#define VOCABULARY_US 5000000 /* genres may be renamed while a generation lives */

int sg_search_vocabulary(struct sg_search *s, struct sg_arena *a, struct sg_error *e)
{
    const char *generation = sg_searcher_generation(s->searcher);
    struct sg_list all;
    if (!strcmp(generation, s->vocabulary_of) && s->start_us - s->vocabulary_us < VOCABULARY_US)
        return 0;
    int rc = sg_searcher_genres(s->searcher, a, &all, e);
    if (rc)
        return rc;
    const struct sg_genre *g = all.v;
    s->vocabulary.n = 0;
    for (size_t i = 0; i < all.n; i++)
        sg_vocabulary_add(&s->vocabulary, g[i].name, g[i].genre_id);
    snprintf(s->vocabulary_of, sizeof s->vocabulary_of, "%s", generation);
    s->vocabulary_us = s->start_us;
    return 0;
}

struct sg_scope sg_search_meaning_scope(const struct sg_search *s)
{
    return (struct sg_scope){&s->meaning_filters, s->query.kinds & s->meaning.kinds};
}

/* Filters of the request stay; those of the words narrow them. False when both
 * speak of the same thing. */
static bool narrow(struct sg_search *s)
{
    struct sg_meaning *m = &s->meaning;
    struct sg_filters *f = &s->meaning_filters;
    *f = s->filters;
    if ((m->n_genres && f->by_genre) || (m->year_from && (f->year_from || f->year_to)))
        return false;
    if (m->n_genres) {
        f->by_genre = true;
        f->genres = m->genres;
        f->n_genres = m->n_genres;
    }
    if (m->year_from) {
        f->year_from = m->year_from;
        f->year_to = m->year_to;
    }
    unsigned dated = 1u << SG_SONG | 1u << SG_ALBUM;
    unsigned may = m->n_genres ? 1u << SG_SONG : m->year_from ? dated : SG_ALL_KINDS;
    m->kinds = (m->kinds ? m->kinds : may) & may;
    return (m->kinds & s->query.kinds) != 0;
}

static int beside_meaning(struct sg_search *s, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    if (!r || !sg_understand(&s->meaning, &s->query.words, &s->vocabulary) || !narrow(s))
        return 0;
    s->has_meaning = true;
    sg_reading_meaning(r, &s->query, &s->meaning);
    s->n_readings++;
    struct sg_scope in = sg_search_meaning_scope(s);
    size_t page = s->query.offset + s->query.limit;
    return sg_search_loose(s, r, &in, page > BESIDE_WANT ? page : BESIDE_WANT, e);
}

static int beside_equivalent(struct sg_search *s, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    if (s->retrieval.whole || !r || !sg_reading_equivalent(r, &s->query))
        return 0;
    s->n_readings++;
    struct sg_scope in = sg_search_scope(s);
    return sg_search_loose(s, r, &in, BESIDE_WANT, e);
}

static int beside_joined(struct sg_search *s, struct sg_error *e)
{
    const struct sg_query *q = &s->query;
    struct sg_scope in = sg_search_scope(s);
    int rc = 0;
    for (size_t i = 0; i + 1 < q->words.n && q->words.n <= JOIN_WORDS && s->spell && !rc; i++) {
        struct sg_reading *r = sg_search_next_reading(s);
        if (!r || !sg_reading_join(r, q, s->spell, i, 2))
            continue;
        s->n_readings++;
        rc = sg_search_loose(s, r, &in, BESIDE_WANT / 2, e);
    }
    return rc;
}

int sg_search_beside(struct sg_search *s, struct sg_error *e)
{
    if (s->query.syntax.constraints.n || s->query.words.n == 0)
        return 0;
    int rc = beside_meaning(s, e);
    if (!rc)
        rc = beside_equivalent(s, e);
    return rc ? rc : beside_joined(s, e);
}
