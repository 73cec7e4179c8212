/* reading.c - see reading.h. */
#include "query/reading.h"
#include "query/understand/cost.h"
#include "query/understand/equal.h"
#include <math.h>

#define CANDIDATES        32    /* corrections looked at */
#define CORRECTIONS       12    /* of them tried for an unknown word */
#define CORRECTIONS_KNOWN 6     /* for a word that exists but leads nowhere */
#define DOUBTED_MAX       12    /* words of a long query that are doubted */
#define STARTS            4     /* corrected starts of an unfinished word */
#define START_MIN         4     /* letters of one */
#define FREQUENT          0.04f /* of an edit, for every doubling of a word's frequency */
#define RARE              3     /* documents; a word used less may be a slip */
#define START_LETTERS     3     /* an unfinished word up to this long is only a start */
#define SPLIT_BYTES       5     /* a shorter word is not cut */
#define SOUNDS            8     /* words that sound alike, of one word */
#define PIECES_MAX        16
#define SUSPECT_RATIO     20 /* times more frequent is the word that was meant */

const char *const sg_loosening_names[SG_LOOSENINGS] = {
    [SG_TYPO] = "typo",
    [SG_JOINED] = "joined words",
    [SG_SPLIT] = "split word",
    [SG_DROPPED] = "dropped word",
    [SG_LAYOUT] = "keyboard layout",
    [SG_SOUND] = "sounds like",
    [SG_SUNG] = "lyrics",
    [SG_AKIN] = "meaning",
};

int sg_reading_edits(struct sg_str word)
{
    size_t n = sg_utf8_count(word);
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] >= '0' && word.p[i] <= '9')
            return 0;
    return n <= 3 ? 0 : n <= 7 ? 1 : 2;
}

struct weighed {
    const struct sg_spelling *spelling;
    float cost, rank;
};

static void set_head(struct sg_pattern *p)
{
    size_t n = p->text.n < 8 ? p->text.n : 8;
    p->head = 0;
    for (size_t i = 0; i < n; i++)
        p->head |= (uint64_t)(unsigned char)p->text.p[i] << (8 * i);
    p->mask = p->open && n < 8 ? ~0ull >> (64 - 8 * n) : ~0ull;
}

static void add_pattern(struct sg_reading *r, struct sg_str text, size_t word, int edits, bool open)
{
    if (r->n_patterns == SG_SPELLINGS_MAX)
        return;
    struct sg_pattern *p = &r->patterns[r->n_patterns++];
    *p = (struct sg_pattern){
        .text = text, .word = (uint8_t)word, .edits = (uint8_t)edits, .open = open};
    set_head(p);
}

static struct sg_str keep(struct sg_reading *r, struct sg_str s)
{
    if (s.n == 0 || s.n > sizeof r->bytes - r->used)
        return SG_STR_NONE;
    char *p = memcpy(r->bytes + r->used, s.p, s.n);
    r->used += s.n;
    return (struct sg_str){p, s.n};
}

static void begin(struct sg_reading *r, enum sg_loosening how)
{
    r->how = how;
    r->n_words = r->n_dropped = r->n_patterns = r->used = 0;
    r->in_title = r->in_artist = 0;
    r->prefix = false;
    r->first[0] = 0;
    r->is_start = false;
}

/* text must outlive r, or be inside it. */
static void add_word(struct sg_reading *r, struct sg_str text, int edits, bool open)
{
    if (r->n_words == SG_WORDS_MAX || text.n == 0)
        return;
    r->words[r->n_words] = text;
    add_pattern(r, text, r->n_words, edits, open);
    r->n_words++;
    r->first[r->n_words] = (uint8_t)r->n_patterns;
}

static bool is_open(const struct sg_query *q, size_t word)
{
    return q->prefix && word + 1 == q->words.n;
}

void sg_reading_as_typed(struct sg_reading *r, const struct sg_query *q)
{
    begin(r, SG_AS_TYPED);
    r->prefix = q->prefix;
    r->is_start =
        q->prefix && q->words.n && sg_utf8_count(q->words.v[q->words.n - 1].text) <= START_LETTERS;
    for (size_t i = 0; i < q->words.n; i++)
        add_word(r, q->words.v[i].text, 0, is_open(q, i));
}

static int halves(float cost)
{
    int n = (int)(cost * 2 + 0.5f);
    return n < 1 ? 1 : n > SG_EDITS_MAX ? SG_EDITS_MAX : n;
}

/* Likeliest first: what slips cost, and a little of how frequent the word is. */
static size_t weigh(struct sg_str typed, const struct sg_spelling *found, size_t n,
                    struct weighed *out)
{
    for (size_t i = 0; i < n; i++) {
        float cost = sg_edit_cost(typed, found[i].word);
        float rank = cost - FREQUENT * log2f(1 + (float)found[i].frequency);
        size_t at = i;
        for (; at && out[at - 1].rank > rank; at--)
            out[at] = out[at - 1];
        out[at] = (struct weighed){&found[i], cost, rank};
    }
    return n;
}

static int edits_forgiven(struct sg_str word, enum sg_doubt doubt)
{
    int edits = sg_reading_edits(word);
    bool has_digits = edits == 0 && sg_utf8_count(word) > 3;
    bool more = doubt == SG_DOUBT_MORE && edits < 2 && sg_utf8_count(word) > 2 && !has_digits;
    return more ? edits + 1 : edits;
}

static size_t add_starts(struct sg_reading *r, const struct sg_spell *s, struct sg_str word)
{
    struct sg_spelling found[STARTS];
    size_t n = sg_utf8_count(word) < START_MIN ? 0 : sg_spell_starts(s, word, found, STARTS);
    for (size_t i = 0; i < n; i++) {
        struct sg_str text = keep(r, found[i].word);
        if (text.n)
            add_pattern(r, text, r->n_words - 1, halves(sg_edit_cost(word, text)), true);
    }
    return n;
}

/* The corrections of the word just added. A word of the catalogue is doubted in
 * favour of more frequent ones, unless nothing else is left. */
static size_t add_corrections(struct sg_reading *r, const struct sg_spell *s, enum sg_doubt doubt,
                              bool open)
{
    size_t w = r->n_words - 1, added = 0;
    struct sg_str word = r->words[w];
    uint32_t frequency = sg_spell_frequency(s, word);
    int edits = edits_forgiven(word, doubt);
    if (edits == 0 || (frequency > RARE && doubt == SG_DOUBT_RARE))
        return 0;
    struct sg_spelling found[CANDIDATES];
    struct weighed best[CANDIDATES];
    size_t n = weigh(word, found, sg_spell_correct(s, word, edits, found, CANDIDATES), best);
    size_t want = frequency && doubt != SG_DOUBT_MORE ? CORRECTIONS_KNOWN : CORRECTIONS;
    for (size_t i = 0; i < n && added < want; i++) {
        bool likelier = doubt == SG_DOUBT_MORE || best[i].spelling->frequency > frequency;
        struct sg_str text = likelier ? keep(r, best[i].spelling->word) : SG_STR_NONE;
        if (text.n == 0)
            continue;
        add_pattern(r, text, w, halves(best[i].cost), open);
        added++;
    }
    if (open && frequency <= RARE)
        added += add_starts(r, s, word);
    r->first[w + 1] = (uint8_t)r->n_patterns;
    return added;
}

bool sg_reading_typo(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     enum sg_doubt doubt)
{
    begin(r, SG_TYPO);
    r->prefix = q->prefix;
    size_t added = 0;
    for (size_t i = 0; i < q->words.n; i++) {
        bool open = is_open(q, i);
        add_word(r, q->words.v[i].text, 0, open);
        if (i < DOUBTED_MAX)
            added += add_corrections(r, s, doubt, open);
    }
    return added > 0;
}

bool sg_reading_join(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     size_t i, size_t n)
{
    char joined[SG_WORD_MAX];
    size_t used = 0;
    for (size_t w = i; w < i + n; w++) {
        struct sg_str word = q->words.v[w].text;
        if (used + word.n > sizeof joined)
            return false;
        memcpy(joined + used, word.p, word.n);
        used += word.n;
    }
    struct sg_str word = {joined, used};
    if (sg_spell_frequency(s, word) == 0)
        return false;
    begin(r, SG_JOINED);
    r->prefix = q->prefix;
    for (size_t w = 0; w < q->words.n; w++) {
        if (w == i)
            add_word(r, keep(r, word), 0, is_open(q, i + n - 1));
        else if (w < i || w >= i + n)
            add_word(r, q->words.v[w].text, 0, is_open(q, w));
    }
    return true;
}

static bool is_known(const struct sg_spell *s, struct sg_str word, bool open)
{
    struct sg_spelling best;
    bool more;
    return sg_spell_frequency(s, word) || (open && sg_spell_prefix(s, word, &best, 1, &more));
}

bool sg_reading_layout(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                       struct sg_str text)
{
    struct sg_words words;
    sg_text_words(&words, text);
    begin(r, SG_LAYOUT);
    for (size_t w = 0; w < words.n; w++) {
        bool open = q->prefix && w + 1 == words.n;
        struct sg_str word = keep(r, words.v[w].text);
        if (!word.n || !is_known(s, word, open))
            return false;
        r->prefix = open;
        add_word(r, word, 0, open);
    }
    return r->n_words > 0;
}

bool sg_reading_sound(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s)
{
    size_t added = 0;
    begin(r, SG_SOUND);
    for (size_t w = 0; w < q->words.n; w++) {
        struct sg_str word = q->words.v[w].text;
        bool open = is_open(q, w);
        add_word(r, word, 0, open);
        if (sg_spell_frequency(s, word) > RARE)
            continue;
        struct sg_spelling found[SOUNDS];
        size_t n = sg_spell_sounds(s, word, found, SOUNDS);
        for (size_t i = 0; i < n; i++) {
            struct sg_str text = keep(r, found[i].word);
            if (text.n)
                add_pattern(r, text, w, halves(sg_edit_cost(word, text)), false), added++;
        }
        r->first[w + 1] = (uint8_t)r->n_patterns;
        r->prefix = open;
    }
    return added > 0;
}

/* Long enough, or letters and digits. */
static bool may_be_cut(struct sg_str word)
{
    bool digit = false, letter = false;
    for (size_t i = 0; i < word.n; i++)
        *(word.p[i] >= '0' && word.p[i] <= '9' ? &digit : &letter) = true;
    return word.n >= SPLIT_BYTES || (digit && letter);
}

/* The word in pieces; 0: it is better left whole. */
static size_t pieces_of(struct sg_str word, const struct sg_spell *s, bool open, size_t way,
                        struct sg_str *out)
{
    if (sg_spell_frequency(s, word) > RARE)
        way = 0;
    size_t n = sg_spell_segment(s, word, open, way, out, PIECES_MAX);
    if (n == 1 && way == 0)
        n = sg_spell_segment(s, word, open, 1, out, PIECES_MAX);
    return n > 1 ? n : 0;
}

/* Unknown words; when there are none, one of the long ones after the other. */
static uint64_t to_cut(const struct sg_query *q, const struct sg_spell *s, size_t way)
{
    uint64_t one = 0, unknown = 0;
    size_t longer = 0;
    for (size_t w = 0; w < q->words.n; w++) {
        struct sg_str word = q->words.v[w].text;
        if (!may_be_cut(word))
            continue;
        if (longer++ + 1 == way)
            one = 1ull << w;
        if (sg_spell_frequency(s, word) <= RARE)
            unknown |= 1ull << w;
    }
    return unknown ? unknown : one;
}

bool sg_reading_split(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                      size_t way)
{
    uint64_t cut_words = to_cut(q, s, way);
    bool split = false;
    begin(r, SG_SPLIT);
    for (size_t w = 0; w < q->words.n; w++) {
        struct sg_str word = q->words.v[w].text, pieces[PIECES_MAX];
        bool cut = word.n > SG_WORD_MAX - 4; /* by folding, and the last piece may go on */
        bool open = is_open(q, w) || cut;
        size_t n = cut_words >> w & 1 ? pieces_of(word, s, open, way, pieces) : 0;
        split |= n > 0;
        if (n == 0)
            pieces[n++] = word;
        for (size_t i = 0; i < n; i++)
            add_word(r, pieces[i], 0, open && i + 1 == n);
        r->prefix = open;
    }
    return split;
}

static void add_words(struct sg_reading *r, struct sg_str folded)
{
    folded = keep(r, folded);
    for (size_t at = 0; at < folded.n;) {
        const char *space = memchr(folded.p + at, ' ', folded.n - at);
        size_t n = space ? (size_t)(space - folded.p) - at : folded.n - at;
        add_word(r, (struct sg_str){folded.p + at, n}, 0, false);
        at += n + 1;
    }
}

bool sg_reading_respaced(struct sg_reading *r, const struct sg_query *q, struct sg_str first,
                         struct sg_str second)
{
    begin(r, SG_SPLIT);
    add_words(r, first);
    add_words(r, second);
    bool same = r->n_words == q->words.n;
    for (size_t w = 0; same && w < r->n_words; w++)
        same = sg_str_eq(r->words[w], q->words.v[w].text);
    return !same && r->n_words > 0;
}

bool sg_reading_drop(struct sg_reading *r, const struct sg_query *q, const struct sg_spell *s,
                     uint64_t drop)
{
    begin(r, SG_DROPPED);
    r->prefix = q->prefix && !(drop >> (q->words.n - 1) & 1);
    for (size_t w = 0; w < q->words.n; w++) {
        if (drop >> w & 1) {
            r->n_dropped++;
            continue;
        }
        add_word(r, q->words.v[w].text, 0, is_open(q, w));
        add_corrections(r, s, SG_DOUBT_RARE, is_open(q, w));
    }
    return r->n_words > 0;
}

void sg_reading_partial(struct sg_reading *r, const struct sg_query *q)
{
    sg_reading_as_typed(r, q);
    r->how = SG_DROPPED;
}

void sg_reading_sung(struct sg_reading *r, const struct sg_query *q)
{
    sg_reading_as_typed(r, q);
    r->how = SG_SUNG;
}

void sg_reading_akin(struct sg_reading *r, const struct sg_query *q)
{
    sg_reading_as_typed(r, q);
    r->how = SG_AKIN;
}

void sg_reading_meaning(struct sg_reading *r, const struct sg_query *q, const struct sg_meaning *m)
{
    begin(r, SG_UNDERSTOOD);
    for (size_t w = 0; w < q->words.n; w++) {
        if (m->drop >> w & 1)
            continue;
        if (m->of_artist)
            r->in_artist |= 1ull << r->n_words;
        else if (m->by)
            *(w < m->by ? &r->in_title : &r->in_artist) |= 1ull << r->n_words;
        r->prefix = is_open(q, w);
        add_word(r, q->words.v[w].text, 0, r->prefix);
    }
}

/* Other spellings of the word just added. */
static size_t add_equals(struct sg_reading *r, const struct sg_equal *equals, size_t n)
{
    size_t w = r->n_words - 1, added = 0;
    for (size_t i = 0; i < n; i++) {
        struct sg_str text = keep(r, sg_str(equals[i].text));
        if (text.n)
            add_pattern(r, text, w, 0, false), added++;
    }
    r->first[w + 1] = (uint8_t)r->n_patterns;
    return added;
}

bool sg_reading_equivalent(struct sg_reading *r, const struct sg_query *q)
{
    size_t changed = 0;
    begin(r, SG_EQUIVALENT);
    for (size_t w = 0; w < q->words.n; w++) {
        struct sg_equal equals[SG_EQUALS_MAX];
        struct sg_str word = q->words.v[w].text;
        bool open = is_open(q, w);
        if (sg_str_eq(word, SG_STR("the")) && !open) {
            changed++;
            continue;
        }
        char digits[16];
        size_t spelled = sg_number_spelled(&q->words, w, digits);
        if (spelled > 1) {
            w += spelled - 1;
            r->prefix = false;
            add_word(r, keep(r, sg_str(digits)), 0, false);
            changed++;
            continue;
        }
        size_t n = sg_equals_of(equals, word, w ? q->words.v[w - 1].text : SG_STR_NONE,
                                w > 0 && w + 1 < q->words.n);
        r->prefix = open;
        add_word(r, word, 0, open);
        changed += r->n_words ? add_equals(r, equals, n) : 0;
    }
    return changed > 0 && r->n_words > 0;
}

/* An unfinished word is no slip while well-known words start with it. */
static bool is_promising(const struct sg_spell *s, struct sg_str prefix)
{
    struct sg_spelling best;
    bool more;
    return sg_spell_prefix(s, prefix, &best, 1, &more) && best.frequency > RARE;
}

bool sg_reading_is_suspect(const struct sg_query *q, const struct sg_spell *s)
{
    for (size_t i = 0; i < q->words.n; i++) {
        struct sg_str word = q->words.v[i].text;
        uint32_t frequency = sg_spell_frequency(s, word);
        struct sg_spelling better;
        if (frequency > RARE || sg_reading_edits(word) == 0 ||
            (is_open(q, i) && is_promising(s, word)))
            continue;
        if (sg_spell_correct(s, word, 1, &better, 1) &&
            better.frequency >= SUSPECT_RATIO * (frequency + 1))
            return true;
    }
    return false;
}

void sg_reading_synonym(struct sg_reading *r, struct sg_str folded)
{
    begin(r, SG_EQUIVALENT);
    add_words(r, folded);
}
