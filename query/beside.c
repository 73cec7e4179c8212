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

static uint64_t low_bits(size_t n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static int beside_meaning(struct sg_search *s, struct sg_error *e)
{
    struct sg_reading *r = sg_search_next_reading(s);
    bool meant = sg_understand(&s->meaning, &s->query.words, &s->vocabulary);
    uint64_t stop = sg_levers_stop_words(s->levers, &s->query.words);
    if (!meant)
        s->meaning = (struct sg_meaning){0};
    if ((s->meaning.drop | stop) != low_bits(s->query.words.n))
        s->meaning.drop |= stop;
    if (!r || (!meant && !stop) || !narrow(s))
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
    if (!rc)
        rc = sg_search_synonyms(s, e);
    return rc ? rc : beside_joined(s, e);
}

struct writer {
    char *p;
    size_t n, cap;
};

static void say(struct writer *w, const char *operator, struct sg_str value)
{
    bool plain = value.n && !memchr(value.p, ' ', value.n);
    int n = snprintf(w->p + w->n, w->cap - w->n, plain ? "%s%s%.*s" : "%s%s\"%.*s\"",
                     w->n ? " " : "", operator, SG_FMT(value));
    if (n > 0 && (size_t)n < w->cap - w->n)
        w->n += (size_t)n;
}

static void say_words(struct writer *w, const struct sg_reading *r, const char *operator,
                      uint64_t which)
{
    char value[SG_WHOLE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < r->n_words; i++) {
        if (!(which >> i & 1))
            continue;
        if (n)
            value[n++] = ' ';
        memcpy(value + n, r->words[i].p, r->words[i].n);
        n += r->words[i].n;
    }
    if (n)
        say(w, operator,(struct sg_str){value, n});
}

static void say_years(struct writer *w, int from, int to)
{
    char years[32];
    int n = from == to ? snprintf(years, sizeof years, "%d", from)
                       : snprintf(years, sizeof years, "%d..%d", from, to);
    say(w, "year:", (struct sg_str){years, (size_t)n});
}

/* Words that named a genre are said as they were typed. */
static void say_genre(struct writer *w, const struct sg_search *s)
{
    char value[SG_WHOLE_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->query.words.n; i++) {
        struct sg_str word = s->query.words.v[i].text;
        if (!(s->meaning.in_genre >> i & 1))
            continue;
        if (n)
            value[n++] = ' ';
        memcpy(value + n, word.p, word.n);
        n += word.n;
    }
    say(w, "genre:", (struct sg_str){value, n});
}

static const struct sg_reading *meaning_reading(const struct sg_search *s)
{
    for (size_t i = 0; s->has_meaning && i < s->n_readings; i++)
        if (s->readings[i].how == SG_UNDERSTOOD)
            return &s->readings[i];
    return NULL;
}

size_t sg_search_understood(const struct sg_search *s, char *out, size_t cap)
{
    const struct sg_reading *r = meaning_reading(s);
    const struct sg_meaning *m = &s->meaning;
    struct writer w = {out, 0, cap};
    bool used = false;
    if (!r)
        return 0;
    for (size_t i = 0; i < s->retrieval.top.n && !used; i++)
        used = &s->readings[s->retrieval.top.v[i].reading] == r;
    if (!used)
        return 0;
    say_words(&w, r, "", ~(r->in_title | r->in_artist));
    say_words(&w, r, "title:", r->in_title);
    say_words(&w, r, "artist:", r->in_artist);
    if (m->n_genres)
        say_genre(&w, s);
    if (m->year_from)
        say_years(&w, m->year_from, m->year_to);
    for (int k = 0; k < SG_KINDS; k++)
        if (m->typed_kinds == 1u << k)
            say(&w, "type:", sg_str(sg_kind_names[k]));
    return w.n;
}
