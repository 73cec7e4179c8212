/* lyric_match.c - see lyric_match.h. */
#include "query/lyric_match.h"
#include "index/spell.h"
#include "query/reading.h"

#define SLIP       0.8f /* what a word counts that is misspelt or unfinished */
#define IN_ORDER   0.4f /* of closeness that the order decides */
#define OPEN_LEAST 2    /* bytes of a beginning */

struct matching {
    const struct sg_lyric_query *q;
    const struct sg_lyrics *l;
    uint16_t mask[SG_LYRICS_WORDS]; /* of a song's word: which of the query's it is */
    float credit[SG_LYRIC_WORDS];
    float total;
    uint32_t at[SG_LYRIC_WORDS];      /* last position of each, from 1 */
    uint16_t time[SG_LYRIC_WORDS];    /* and the line it was in */
    uint32_t starts, ends, run, seen; /* of phrases, by Shift-And */
    size_t best_time;
    struct sg_lyric_found best;
};

static bool find_exact(struct matching *m, size_t i)
{
    bool found = false;
    for (size_t w = 0; w < m->l->n_words; w++)
        if (sg_str_eq(m->l->words[w], m->q->words[i])) {
            m->mask[w] |= (uint16_t)(1u << i);
            found = true;
        }
    return found;
}

static void find_near(struct matching *m, size_t i)
{
    struct sg_str word = m->q->words[i];
    bool open = m->q->open && i + 1 == m->q->n && word.n >= OPEN_LEAST;
    int edits = sg_reading_edits(word);
    m->credit[i] *= SLIP;
    for (size_t w = 0; w < m->l->n_words; w++) {
        struct sg_str other = m->l->words[w];
        size_t apart = other.n > word.n ? other.n - word.n : word.n - other.n;
        if ((open && sg_str_starts(other, word)) ||
            (edits && apart <= 4u * (unsigned)edits &&
             sg_spell_distance(other, word, edits) <= edits))
            m->mask[w] |= (uint16_t)(1u << i);
    }
}

static bool in_phrase(const struct sg_lyric_query *q, size_t i)
{
    for (size_t k = 0; k < q->n_phrases; k++)
        if (i >= q->phrases[k].from && i < q->phrases[k].to)
            return true;
    return false;
}

static void find_words(struct matching *m)
{
    memset(m->mask, 0, m->l->n_words * sizeof *m->mask);
    for (size_t i = 0; i < m->q->n; i++) {
        m->credit[i] = m->q->weight[i];
        m->total += m->q->weight[i];
        if (!find_exact(m, i) && !in_phrase(m->q, i))
            find_near(m, i);
    }
    for (size_t k = 0; k < m->q->n_phrases; k++) {
        m->starts |= 1u << m->q->phrases[k].from;
        m->ends |= 1u << (m->q->phrases[k].to - 1);
    }
}

/* The line that holds most of the window's words. */
static size_t line_of(const struct matching *m, uint64_t within)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < m->q->n; i++) {
        size_t n = 0;
        for (size_t k = 0; k < m->q->n; k++)
            n += (within >> k & 1) && m->time[k] == m->time[i];
        if ((within >> i & 1) && (n > most || (n == most && m->time[i] < best))) {
            most = n;
            best = m->time[i];
        }
    }
    return best;
}

/* The window that ends at pos. */
static void judge(struct matching *m, uint32_t pos)
{
    const struct sg_lyric_query *q = m->q;
    uint32_t width = (uint32_t)(q->n + q->n / 2 + 2);
    uint64_t within = 0;
    size_t n = 0, pairs = 0;
    float held = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (!m->at[i] || m->at[i] + width <= pos)
            continue;
        within |= 1ull << i;
        held += m->credit[i];
        n++;
        pairs += i && (within >> (i - 1) & 1) &&
                 (m->at[i] == m->at[i - 1] + 1 || sg_str_eq(q->words[i], q->words[i - 1]));
    }
    float cover = held / m->total, order = q->n > 1 ? (float)pairs / (float)(q->n - 1) : 1;
    float closeness = cover * cover * cover * (1 - IN_ORDER + IN_ORDER * order);
    if (closeness <= m->best.closeness)
        return;
    m->best.closeness = closeness;
    m->best.cover = cover;
    m->best.n_words = n;
    m->best_time = line_of(m, within);
}

static void take_token(struct matching *m, uint16_t word, uint16_t time, uint32_t pos)
{
    uint32_t bits = m->mask[word];
    m->run = (m->run << 1 | m->starts) & bits;
    m->seen |= m->run & m->ends;
    if (!bits)
        return;
    for (uint32_t left = bits; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        m->at[i] = pos;
        m->time[i] = time;
    }
    judge(m, pos);
}

static bool match_body(const struct sg_lyric_query *q, struct sg_str body, struct sg_lyrics *room,
                       struct sg_lyric_found *out)
{
    struct matching m;
    uint32_t pos = 0;
    if (!sg_lyrics_open(room, body))
        return false;
    memset(&m, 0, offsetof(struct matching, mask));
    memset(m.credit, 0, sizeof m - offsetof(struct matching, credit));
    m.q = q;
    m.l = room;
    find_words(&m);
    for (size_t t = 0; t < room->n_times; t++) {
        size_t line = room->times[t].line;
        for (uint32_t k = room->first[line]; k < room->first[line + 1]; k++)
            take_token(&m, room->tokens[k], (uint16_t)t, ++pos);
    }
    if (m.best.closeness <= 0 || m.seen != m.ends)
        return false;
    *out = m.best;
    out->start_ms = room->times[m.best_time].start_ms;
    out->text = sg_lyrics_text(room, room->times[m.best_time].line);
    return true;
}

bool sg_lyric_match(const struct sg_lyric_query *q, struct sg_str packed, struct sg_lyrics *room,
                    struct sg_lyric_found *out)
{
    struct sg_str language, body;
    bool found = false;
    *out = (struct sg_lyric_found){.closeness = 0};
    while (sg_lyrics_next(&packed, &language, &body)) {
        struct sg_lyric_found one;
        if (!match_body(q, body, room, &one) || one.closeness <= out->closeness)
            continue;
        *out = one;
        out->language = language;
        found = true;
    }
    return found;
}
