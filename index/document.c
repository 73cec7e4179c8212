/* document.c - see document.h.
 *
 * A document has some 40 terms and rarely over a hundred; the few thousand of
 * a long credit list are the exception. So the set that keeps each term single
 * starts small enough to be cleared for every document and moves once.
 */
#include "index/document.h"
#include "index/lyrics.h"
#include <xxhash.h>

#define NAMES_MARK '\x1e'

enum { small_slots = 1024, big_slots = 2 * SG_DOC_TERMS_MAX };

/* Terms already given, by hash: a collision of 64 bits costs one term of one
 * document, so the bytes are not kept. */
struct seen {
    uint64_t *slots;
    size_t mask, n;
    uint64_t small[small_slots], big[big_slots];
};

struct emitter {
    sg_term_fn emit;
    void *ctx;
    struct seen seen;
};

static bool insert(uint64_t *slots, size_t mask, uint64_t hash)
{
    size_t i = hash & mask;
    for (; slots[i]; i = (i + 1) & mask)
        if (slots[i] == hash)
            return false;
    slots[i] = hash;
    return true;
}

static void seen_init(struct seen *s)
{
    memset(s->small, 0, sizeof s->small);
    s->slots = s->small;
    s->mask = small_slots - 1;
    s->n = 0;
}

static void seen_grow(struct seen *s)
{
    memset(s->big, 0, sizeof s->big);
    for (size_t i = 0; i < small_slots; i++)
        if (s->small[i])
            insert(s->big, big_slots - 1, s->small[i]);
    s->slots = s->big;
    s->mask = big_slots - 1;
}

static bool is_new(struct seen *s, struct sg_str term)
{
    if (s->n >= SG_DOC_TERMS_MAX)
        return false;
    if (s->slots == s->small && s->n >= small_slots * 3 / 4)
        seen_grow(s);
    uint64_t hash = XXH3_64bits(term.p, term.n);
    if (!insert(s->slots, s->mask, hash ? hash : 1))
        return false;
    s->n++;
    return true;
}

static int give(struct emitter *em, struct sg_str term)
{
    return is_new(&em->seen, term) ? em->emit(em->ctx, term) : 0;
}

/* Past a leading article that names something else than itself. */
static struct sg_str past_article(struct sg_str folded)
{
    size_t n = folded.n > 4 && !memcmp(folded.p, "the ", 4) ? 4 : 0;
    return (struct sg_str){folded.p + n, folded.n - n};
}

struct sg_str sg_term_whole(char prefix, struct sg_str folded, char out[SG_TERM_MAX])
{
    struct sg_str rest = past_article(folded);
    size_t n = 1;
    out[0] = prefix;
    for (size_t i = 0; i < rest.n && n < SG_TERM_MAX; i++)
        if (rest.p[i] != ' ')
            out[n++] = rest.p[i];
    struct sg_str letters = {out + 1, n - 1};
    if (letters.n > SG_TERM_WHOLE_MAX)
        letters.n = sg_utf8_floor(letters, SG_TERM_WHOLE_MAX);
    return (struct sg_str){out, letters.n + 1};
}

struct sg_str sg_term_number(char prefix, uint64_t number, char out[SG_TERM_MAX])
{
    char digits[20];
    size_t i = sizeof digits;
    do
        digits[--i] = (char)('0' + number % 10);
    while (number /= 10);
    if (prefix == 'Y')
        while (i > sizeof digits - 4)
            digits[--i] = '0';
    out[0] = prefix;
    memcpy(out + 1, digits + i, sizeof digits - i);
    return (struct sg_str){out, 1 + sizeof digits - i};
}

static int give_number(struct emitter *em, char prefix, uint64_t number)
{
    char term[SG_TERM_MAX];
    return number ? give(em, sg_term_number(prefix, number, term)) : 0;
}

static int give_whole(struct emitter *em, char prefix, struct sg_str forms)
{
    char term[SG_TERM_MAX];
    struct sg_str folded = sg_forms_fold(forms);
    return folded.n ? give(em, sg_term_whole(prefix, folded, term)) : 0;
}

static int give_filters(struct emitter *em, const struct sg_document *d)
{
    int rc = give(em, SG_STR("Q"));
    for (size_t i = 0; !rc && i < d->n_artists; i++)
        rc = give_number(em, 'A', d->artist_ids[i]);
    if (!rc)
        rc = give_number(em, 'L', d->album_id);
    if (!rc)
        rc = give_number(em, 'G', d->genre_id);
    if (!rc && d->year > 0)
        rc = give_number(em, 'Y', (uint64_t)d->year);
    return !rc && d->is_explicit ? give(em, SG_STR("E1")) : rc;
}

static int give_wholes_of(struct emitter *em, char prefix, struct sg_str names)
{
    struct sg_str forms;
    int rc = 0;
    while (!rc && sg_names_next(&names, &forms))
        rc = give_whole(em, prefix, forms);
    return rc;
}

static int give_wholes(struct emitter *em, const struct sg_document *d)
{
    int rc = give_whole(em, 'T', d->title);
    for (size_t i = 0; !rc && i < d->n_artists; i++)
        rc = give_whole(em, 'N', d->artists[i]);
    if (!rc)
        rc = give_wholes_of(em, 'T', d->title_aliases);
    for (size_t i = 0; !rc && i < d->n_artists; i++)
        rc = give_wholes_of(em, 'N', d->artist_aliases[i]);
    return rc;
}

/* A word seen before brings no new prefix either. */
static int give_word(struct emitter *em, struct sg_str word)
{
    char term[1 + SG_WORD_MAX];
    if (!word.n || word.n > SG_WORD_MAX)
        return 0;
    term[0] = 'W';
    memcpy(term + 1, word.p, word.n);
    struct sg_str whole = {term, word.n + 1};
    if (!is_new(&em->seen, whole))
        return 0;
    int rc = em->emit(em->ctx, whole);
    term[0] = 'P';
    for (size_t k = 1, n = 0; !rc && k <= 4 && n < word.n; k++) {
        n = sg_utf8_prefix(word, k);
        rc = give(em, (struct sg_str){term, n + 1});
    }
    return rc;
}

static int give_words(struct emitter *em, struct sg_str forms)
{
    struct sg_str word;
    int rc = 0;
    while (!rc && sg_forms_next(&forms, &word))
        rc = give_word(em, word);
    return rc;
}

static int give_words_of(struct emitter *em, struct sg_str names)
{
    struct sg_str forms;
    int rc = 0;
    while (!rc && sg_names_next(&names, &forms))
        rc = give_words(em, forms);
    return rc;
}

static int give_sung(void *ctx, struct sg_str word)
{
    char term[1 + SG_WORD_MAX];
    if (!word.n || word.n > SG_WORD_MAX)
        return 0;
    term[0] = 'V';
    memcpy(term + 1, word.p, word.n);
    return give(ctx, (struct sg_str){term, word.n + 1});
}

static int give_lyrics(struct emitter *em, struct sg_str packed)
{
    struct sg_str language, body;
    int rc = 0;
    while (!rc && sg_lyrics_next(&packed, &language, &body))
        rc = sg_lyrics_each_word(body, give_sung, em);
    return rc;
}

int sg_document_terms(const struct sg_document *d, sg_term_fn emit, void *ctx)
{
    struct emitter em;
    em.emit = emit;
    em.ctx = ctx;
    seen_init(&em.seen);
    int rc = give_filters(&em, d);
    if (!rc)
        rc = give_wholes(&em, d);
    if (!rc)
        rc = give_words(&em, d->title);
    for (size_t i = 0; !rc && i < d->n_artists; i++)
        rc = give_words(&em, d->artists[i]);
    if (!rc)
        rc = give_words(&em, d->album);
    if (!rc)
        rc = give_words_of(&em, d->title_aliases);
    for (size_t i = 0; !rc && i < d->n_artists; i++)
        rc = give_words_of(&em, d->artist_aliases[i]);
    if (!rc)
        rc = give_words_of(&em, d->album_aliases);
    return rc ? rc : give_lyrics(&em, d->lyrics);
}

bool sg_names_next(struct sg_str *names, struct sg_str *forms)
{
    if (!names->n)
        return false;
    const char *mark = memchr(names->p, NAMES_MARK, names->n);
    size_t n = mark ? (size_t)(mark - names->p) : names->n, used = n + (mark != NULL);
    *forms = (struct sg_str){names->p, n};
    names->p += used;
    names->n -= used;
    return true;
}

static void credit(struct sg_document *d, uint64_t artist_id, sg_name_fn name, void *ctx)
{
    if (!artist_id || d->n_artists == SG_DOC_ARTISTS_MAX)
        return;
    for (size_t i = 0; i < d->n_artists; i++)
        if (d->artist_ids[i] == artist_id)
            return;
    size_t at = d->n_artists++;
    struct sg_str names = name(ctx, SG_ARTIST, artist_id);
    d->artist_ids[at] = artist_id;
    if (sg_names_next(&names, &d->artists[at]))
        d->artist_aliases[at] = names;
}

static void of_song(struct sg_document *d, const struct sg_song *s, sg_name_fn name, void *ctx)
{
    const uint64_t *ids = s->artist_ids.v;
    d->id = s->song_id;
    for (size_t i = 0; i < s->artist_ids.n && i < SG_DOC_ARTISTS_MAX; i++)
        credit(d, ids[i], name, ctx);
    if (s->album_id) {
        struct sg_str names = name(ctx, SG_ALBUM, s->album_id);
        if (sg_names_next(&names, &d->album))
            d->album_aliases = names;
    }
    d->album_id = s->album_id;
    d->genre_id = s->genre_id;
    d->year = sg_release_year(s->release_date);
    d->release = sg_release_of(s->release_date);
    d->is_explicit = s->is_explicit;
    d->popularity = s->play_count;
}

static void of_album(struct sg_document *d, const struct sg_album *a, sg_name_fn name, void *ctx)
{
    d->id = a->album_id;
    credit(d, a->artist_id, name, ctx);
    d->year = sg_release_year(a->release_date);
    d->release = sg_release_of(a->release_date);
}

static void of_playlist(struct sg_document *d, const struct sg_playlist *p)
{
    d->id = p->playlist_id;
    d->popularity = p->followers;
}

static struct sg_str title_of(enum sg_kind kind, const void *record)
{
    switch (kind) {
    case SG_SONG:
        return ((const struct sg_song *)record)->title;
    case SG_ARTIST:
        return ((const struct sg_artist *)record)->name;
    case SG_ALBUM:
        return ((const struct sg_album *)record)->title;
    default:
        return ((const struct sg_playlist *)record)->name;
    }
}

struct sg_str sg_document_text(struct sg_arena *a, struct sg_str text)
{
    char forms[SG_FORMS_MAX];
    return sg_arena_copy(a, (struct sg_str){forms, sg_text_forms(forms, text)});
}

static void put_forms(struct sg_buf *out, struct sg_str text)
{
    char *forms = sg_buf_reserve(out, SG_FORMS_MAX);
    if (forms)
        out->n += sg_text_forms(forms, text);
}

static void put_aliases(struct sg_buf *out, const struct sg_list *aliases)
{
    const struct sg_str *v = aliases ? aliases->v : NULL;
    for (size_t i = 0; v && i < aliases->n; i++) {
        sg_buf_putc(out, NAMES_MARK);
        put_forms(out, v[i]);
    }
}

void sg_document_put_names(struct sg_buf *out, enum sg_kind kind, const void *record)
{
    put_forms(out, title_of(kind, record));
    put_aliases(out, sg_aliases_of(kind, (void *)record, false));
    put_aliases(out, sg_aliases_of(kind, (void *)record, true));
}

static bool has_aliases(enum sg_kind kind, const void *record)
{
    return kind != SG_PLAYLIST && (sg_aliases_of(kind, (void *)record, false)->n ||
                                   sg_aliases_of(kind, (void *)record, true)->n);
}

struct sg_str sg_document_names(struct sg_arena *a, enum sg_kind kind, const void *record)
{
    struct sg_buf all = {0};
    if (!has_aliases(kind, record))
        return sg_document_text(a, title_of(kind, record));
    sg_document_put_names(&all, kind, record);
    struct sg_str names = sg_buf_failed(&all) ? SG_STR_NONE : sg_arena_copy(a, sg_buf_str(&all));
    sg_buf_free(&all);
    return names;
}

int sg_document_of(struct sg_document *d, enum sg_kind kind, const void *record, sg_name_fn name,
                   void *ctx, struct sg_arena *a)
{
    memset(d, 0, sizeof *d);
    d->kind = kind;
    struct sg_str names = sg_document_names(a, kind, record);
    if (!names.p)
        return SG_ENOMEM;
    if (sg_names_next(&names, &d->title))
        d->title_aliases = names;
    if (kind == SG_SONG)
        of_song(d, record, name, ctx);
    else if (kind == SG_ARTIST)
        d->id = ((const struct sg_artist *)record)->artist_id;
    else if (kind == SG_ALBUM)
        of_album(d, record, name, ctx);
    else
        of_playlist(d, record);
    return 0;
}

int sg_static_rank_cmp(uint64_t popularity_a, uint64_t id_a, uint64_t popularity_b, uint64_t id_b)
{
    if (popularity_a != popularity_b)
        return popularity_a > popularity_b ? -1 : 1;
    return (id_a > id_b) - (id_a < id_b);
}

enum { release_origin = 18262 }; /* 2020-01-01 */

static uint16_t release_number(int64_t day)
{
    int64_t v = day - release_origin;
    return (uint16_t)(v < 0 ? 0 : v > SG_RELEASE_MAX ? SG_RELEASE_MAX : v);
}

uint16_t sg_release_of(struct sg_str date)
{
    return release_number(sg_release_day(date));
}

uint16_t sg_release_today(int64_t wall_us)
{
    return release_number(wall_us / (INT64_C(86400) * 1000000));
}
