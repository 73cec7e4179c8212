/* elsewhere.c - words typed in another order, or an artist first: see parts.h.
 *
 * The search index is asked for songs, or else albums, with all the words, best known
 * first, and each is looked at: the words must be in its title or its artists'
 * names, and not in those of its album alone.
 */
#include "core/text.h"
#include "query/suggest/parts.h"

#define WORDS_MAX  10
#define TERM_CHARS 4 /* the longest prefix term, see document.h */
#define READ_MAX   48
#define WORK_MAX   6000
#define LESS       3.0f

struct words {
    size_t n;
    struct sg_str v[WORDS_MAX], terms[WORDS_MAX];
    struct sg_term_group groups[WORDS_MAX];
    char bytes[SG_PREFIX_MAX + WORDS_MAX];
    bool open;
};

static bool read_words(const struct typed *t, struct words *w)
{
    size_t at = 0, used = 0;
    w->open = !t->ended;
    while (at < t->n && w->n < WORDS_MAX) {
        const char *space = memchr(t->text + at, ' ', t->n - at);
        size_t n = space ? (size_t)(space - t->text) - at : t->n - at;
        bool start = !space && w->open;
        struct sg_str word = {t->text + at, n};
        size_t kept = start ? sg_utf8_prefix(word, TERM_CHARS) : n;
        w->bytes[used] = start ? 'P' : 'W';
        memcpy(w->bytes + used + 1, word.p, kept);
        w->v[w->n] = word;
        w->terms[w->n] = (struct sg_str){w->bytes + used, kept + 1};
        w->groups[w->n] = (struct sg_term_group){&w->terms[w->n], 1, false};
        w->n++;
        used += kept + 1;
        at += n + (space != NULL);
    }
    return at >= t->n && w->n > 1;
}

/* Whether one of the text's words is this one, or starts so. */
static bool has_word(struct sg_str text, struct sg_str word, bool open)
{
    for (size_t at = 0; at + word.n <= text.n; at++) {
        const char *p = text.p + at;
        size_t end = at + word.n;
        bool starts =
            (at == 0 || p[-1] == ' ' || p[-1] == SG_SUGGEST_BY) && memcmp(p, word.p, word.n) == 0;
        if (starts && (open || end == text.n || text.p[end] == ' ' || text.p[end] == SG_SUGGEST_BY))
            return true;
    }
    return false;
}

static bool has_words(const struct sg_facts *f, const struct words *w)
{
    for (size_t i = 0; i < w->n; i++) {
        bool open = w->open && i + 1 == w->n;
        if (!has_word(f->title, w->v[i], open) && !has_word(f->artists, w->v[i], open) &&
            !has_word(f->title_aliases, w->v[i], open) &&
            !has_word(f->artist_aliases, w->v[i], open))
            return false;
    }
    return true;
}

static void find_kind(struct sg_searcher *s, enum sg_kind kind, const struct words *w,
                      struct candidates *out)
{
    sg_docref docs[READ_MAX];
    if (sg_match_begin(s, kind, w->groups, w->n, NULL))
        return;
    sg_match_limit(s, WORK_MAX);
    int n = sg_match_next(s, docs, READ_MAX, NULL);
    for (int i = 0; i < n; i++) {
        struct sg_facts f;
        if (sg_searcher_facts(s, kind, docs[i], &f) && has_words(&f, w))
            candidates_add(out, kind, f.id, sg_suggest_score(f.popularity) - LESS);
    }
}

void find_elsewhere(struct sg_searcher *s, const struct typed *t, struct candidates *out)
{
    struct words w = {0};
    if (!read_words(t, &w))
        return;
    size_t before = out->n;
    find_kind(s, SG_SONG, &w, out);
    if (out->n == before)
        find_kind(s, SG_ALBUM, &w, out);
}
