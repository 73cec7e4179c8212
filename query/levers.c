/* levers.c - see levers.h. */
#include "query/levers.h"
#include "core/clock.h"
#include "core/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

#define LOOSE_MAX 8192 /* entries of each lever that are held */

enum match { EXACT, WORDS, STARTS };
enum action { PIN, HIDE, BOOST, REPLACE, ACTIONS };

struct rule {
    uint64_t id, record;
    enum match match;
    enum action action;
    enum sg_kind kind;
    size_t position;
    double factor;
    int64_t from_us, until_us;
    struct sg_str query, replacement, market, note; /* query: folded */
};
struct synonym {
    struct sg_str words, means; /* folded */
};
/* What begins with a word, or is a whole query: found by its hash. */
enum of { OF_QUERY, OF_WORD, OF_SYNONYM, OF_STOP_WORD };
struct entry {
    uint64_t hash;
    uint32_t of, at;
};

struct sg_levers {
    uint64_t version; /* sg_searcher_levers; 0: nothing is held */
    struct sg_arena arena;
    struct rule *rules;
    struct synonym *synonyms;
    struct entry *entries;
    size_t n_rules, n_synonyms, n_entries, cap_rules, cap_synonyms, cap_entries;
    bool failed; /* some are left out: too many, or out of memory */
    /* Of the search at hand. */
    size_t n_holding, n_pins;
    const struct rule *holding[SG_RULES_MAX], *replacing;
    struct sg_pin pins[SG_PINS_MAX];
};

int sg_levers_open(struct sg_levers **out, struct sg_error *e)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : sg_fail(e, SG_ENOMEM, "levers");
}

void sg_levers_close(struct sg_levers *l)
{
    if (!l)
        return;
    sg_arena_free(&l->arena);
    free(l->rules);
    free(l->synonyms);
    free(l->entries);
    free(l);
}

/* Room for one more; NULL when out of memory or there are too many. */
static void *grow(void *v, size_t n, size_t *cap, size_t size, size_t most)
{
    if (n < *cap)
        return v;
    size_t wanted = *cap ? *cap * 2 : 64;
    void *grown = n < most ? reallocarray(v, wanted, size) : NULL;
    if (grown)
        *cap = wanted;
    return grown;
}

static void enter(struct sg_levers *l, enum of of, struct sg_str text, size_t at)
{
    void *v = grow(l->entries, l->n_entries, &l->cap_entries, sizeof *l->entries, 4 * LOOSE_MAX);
    l->failed |= !v;
    if (!v)
        return;
    l->entries = v;
    l->entries[l->n_entries++] =
        (struct entry){XXH3_64bits_withSeed(text.p, text.n, of), of, (uint32_t)at};
}

static struct sg_str first_word(struct sg_str folded)
{
    const char *space = memchr(folded.p, ' ', folded.n);
    return (struct sg_str){folded.p, space ? (size_t)(space - folded.p) : folded.n};
}

static struct sg_str fold(struct sg_levers *l, struct sg_str text)
{
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, text);
    return n ? sg_arena_copy(&l->arena, (struct sg_str){folded, n}) : SG_STR_NONE;
}

static struct sg_str keep(struct sg_levers *l, struct sg_str text)
{
    return text.n ? sg_arena_copy(&l->arena, text) : SG_STR_NONE;
}

/* "2026-11-24 20:43:56.5+00"; otherwise when absent. */
static int64_t time_of(struct sg_str text, int64_t otherwise)
{
    char copy[48] = "";
    struct tm t = {0};
    if (!text.n || text.n >= sizeof copy)
        return otherwise;
    memcpy(copy, text.p, text.n);
    if (sscanf(copy, "%d-%d-%d %d:%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min,
               &t.tm_sec) != 6)
        return otherwise;
    t.tm_year -= 1900;
    t.tm_mon--;
    return (int64_t)timegm(&t) * 1000000;
}

static int one_of(struct sg_str text, const char *const *names, int n)
{
    int i = 0;
    while (i < n && !sg_str_eq(text, sg_str(names[i])))
        i++;
    return i;
}

static int take_rule(void *ctx, const void *record)
{
    static const char *const matches[] = {"exact", "words", "starts"};
    static const char *const actions[] = {"pin", "hide", "boost", "replace"};
    struct sg_levers *l = ctx;
    const struct sg_rule *r = record;
    int match = one_of(r->match, matches, 3), action = one_of(r->action, actions, ACTIONS);
    enum sg_kind kind = sg_kind_of(r->kind);
    struct sg_str query = fold(l, r->query);
    bool whole = action == REPLACE ? r->replacement.n > 0 : kind != SG_KINDS && r->id;
    if (!r->enabled || match == 3 || action == ACTIONS || !query.n || !whole)
        return 0;
    void *v = grow(l->rules, l->n_rules, &l->cap_rules, sizeof *l->rules, LOOSE_MAX);
    l->failed |= !v;
    if (!v)
        return 1;
    l->rules = v;
    double factor = r->factor < 0.1 ? 0.1 : r->factor > 10 ? 10 : r->factor;
    l->rules[l->n_rules] = (struct rule){.id = r->rule_id,
                                         .record = r->id,
                                         .match = (enum match)match,
                                         .action = (enum action)action,
                                         .kind = kind,
                                         .position = r->position > 1 ? (size_t)r->position : 1,
                                         .factor = factor,
                                         .from_us = time_of(r->valid_from, INT64_MIN),
                                         .until_us = time_of(r->valid_until, INT64_MAX),
                                         .query = query,
                                         .replacement = keep(l, r->replacement),
                                         .market = keep(l, r->market),
                                         .note = keep(l, r->note)};
    bool exact = match == EXACT;
    enter(l, exact ? OF_QUERY : OF_WORD, exact ? query : first_word(query), l->n_rules++);
    return 0;
}

static void add_synonym(struct sg_levers *l, struct sg_str words, struct sg_str means)
{
    void *v =
        grow(l->synonyms, l->n_synonyms, &l->cap_synonyms, sizeof *l->synonyms, 2 * LOOSE_MAX);
    l->failed |= !v;
    if (!v || !words.n || !means.n || sg_str_eq(words, means))
        return;
    l->synonyms = v;
    l->synonyms[l->n_synonyms] = (struct synonym){words, means};
    enter(l, OF_SYNONYM, first_word(words), l->n_synonyms++);
}

static int take_synonym(void *ctx, const void *record)
{
    struct sg_levers *l = ctx;
    const struct sg_synonym *s = record;
    struct sg_str words = fold(l, s->words), means = fold(l, s->means);
    add_synonym(l, words, means);
    if (s->two_way)
        add_synonym(l, means, words);
    return 0;
}

static int take_stop_word(void *ctx, const void *record)
{
    struct sg_levers *l = ctx;
    struct sg_str word = fold(l, ((const struct sg_stop_word *)record)->word);
    if (word.n)
        enter(l, OF_STOP_WORD, word, 0);
    return 0;
}

static int by_hash(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static int read_all(struct sg_levers *l, struct sg_searcher *s, uint64_t version,
                    struct sg_error *e)
{
    struct sg_arena lists = {0};
    l->n_rules = l->n_synonyms = l->n_entries = 0;
    l->version = 0;
    l->failed = false;
    sg_arena_reset(&l->arena);
    int rc = sg_searcher_each_lever(s, SG_LEVER_RULE, take_rule, l, &lists, e);
    if (rc >= 0)
        rc = sg_searcher_each_lever(s, SG_LEVER_SYNONYM, take_synonym, l, &lists, e);
    if (rc >= 0)
        rc = sg_searcher_each_lever(s, SG_LEVER_STOP_WORD, take_stop_word, l, &lists, e);
    sg_arena_free(&lists);
    if (l->n_entries)
        qsort(l->entries, l->n_entries, sizeof *l->entries, by_hash);
    if (l->failed)
        sg_log(SG_LOG_WARN, "too many rules, synonyms or stop words: some are not obeyed",
               "held=%zu", l->n_entries);
    if (rc >= 0)
        l->version = version;
    return rc < 0 ? rc : 0;
}

/* The first entry of this kind and text; n_entries: there is none. */
static size_t look_up(const struct sg_levers *l, enum of of, struct sg_str text)
{
    uint64_t hash = XXH3_64bits_withSeed(text.p, text.n, of);
    size_t lo = 0, hi = l->n_entries;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (l->entries[mid].hash < hash)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < l->n_entries && l->entries[lo].hash == hash && l->entries[lo].of == of
               ? lo
               : l->n_entries;
}

static bool has_word(const struct sg_words *words, struct sg_str word)
{
    for (size_t i = 0; i < words->n; i++)
        if (sg_str_eq(words->v[i].text, word))
            return true;
    return false;
}

static bool has_all(const struct sg_words *words, struct sg_str text)
{
    while (text.n) {
        struct sg_str word = first_word(text);
        if (!has_word(words, word))
            return false;
        size_t used = word.n + (word.n < text.n);
        text = (struct sg_str){text.p + used, text.n - used};
    }
    return true;
}

static bool starts(struct sg_str whole, struct sg_str text)
{
    return sg_str_starts(whole, text) && (whole.n == text.n || whole.p[text.n] == ' ');
}

static bool is_in_force(const struct rule *r, struct sg_str market, int64_t now)
{
    return now >= r->from_us && now < r->until_us && (!r->market.n || sg_str_eq(r->market, market));
}

static bool holds(const struct rule *r, const struct sg_query *q, struct sg_str market, int64_t now)
{
    if (!is_in_force(r, market, now))
        return false;
    return r->match == EXACT    ? sg_str_eq(q->whole, r->query)
           : r->match == STARTS ? starts(q->whole, r->query)
                                : has_all(&q->words, r->query);
}

static void obey(struct sg_levers *l, const struct rule *r, bool again)
{
    for (size_t i = 0; i < l->n_holding; i++)
        if (l->holding[i] == r)
            return;
    if (l->n_holding == SG_RULES_MAX || (again && r->action == REPLACE))
        return;
    l->holding[l->n_holding++] = r;
    if (r->action == REPLACE && !l->replacing)
        l->replacing = r;
}

static void obey_at(struct sg_levers *l, size_t at, const struct sg_query *q, struct sg_str market,
                    bool again)
{
    int64_t now = sg_wall_us();
    for (size_t i = at; i < l->n_entries && l->entries[i].hash == l->entries[at].hash; i++) {
        const struct rule *r = &l->rules[l->entries[i].at];
        if (holds(r, q, market, now))
            obey(l, r, again);
    }
}

static bool is_pinned(const struct sg_levers *l, const struct rule *r)
{
    for (size_t i = 0; i < l->n_pins; i++)
        if (l->pins[i].id == r->record && l->pins[i].kind == r->kind)
            return true;
    return false;
}

/* By position, then the older rule first. */
static void add_pin(struct sg_levers *l, const struct rule *r)
{
    if (l->n_pins == SG_PINS_MAX || is_pinned(l, r) || sg_levers_hides(l, r->kind, r->record))
        return;
    size_t at = l->n_pins++;
    for (; at && (l->pins[at - 1].position > r->position ||
                  (l->pins[at - 1].position == r->position && l->pins[at - 1].rule > r->id));
         at--)
        l->pins[at] = l->pins[at - 1];
    l->pins[at] = (struct sg_pin){r->kind, r->record, r->id, r->position, false, false};
}

int sg_levers_start(struct sg_levers *l, struct sg_searcher *s, const struct sg_query *q,
                    struct sg_str market, bool again, struct sg_error *e)
{
    uint64_t version = sg_searcher_levers(s);
    if (!again) {
        l->n_holding = 0;
        l->replacing = NULL;
    }
    l->n_pins = 0;
    int rc = version == l->version ? 0 : read_all(l, s, version, e);
    if (rc || !l->n_rules || !q->words.n)
        return rc;
    obey_at(l, look_up(l, OF_QUERY, q->whole), q, market, again);
    for (size_t i = 0; i < q->words.n; i++)
        obey_at(l, look_up(l, OF_WORD, q->words.v[i].text), q, market, again);
    for (size_t i = 0; i < l->n_holding; i++)
        if (l->holding[i]->action == PIN)
            add_pin(l, l->holding[i]);
    return 0;
}

void sg_levers_hide_begun(struct sg_levers *l, const struct sg_query *q, struct sg_str market)
{
    int64_t now = l->n_rules ? sg_wall_us() : 0;
    for (size_t i = 0; i < l->n_rules; i++) {
        const struct rule *r = &l->rules[i];
        if (r->action == HIDE && sg_str_starts(r->query, q->whole) && is_in_force(r, market, now))
            obey(l, r, true);
    }
}

struct sg_str sg_levers_replacement(const struct sg_levers *l)
{
    return l->replacing ? l->replacing->replacement : SG_STR_NONE;
}

bool sg_levers_act(const struct sg_levers *l)
{
    return l->n_holding > (l->replacing != NULL);
}

static const struct rule *rule_for(const struct sg_levers *l, enum action action, enum sg_kind kind,
                                   uint64_t id)
{
    for (size_t i = 0; i < l->n_holding; i++) {
        const struct rule *r = l->holding[i];
        if (r->action == action && r->record == id && r->kind == kind)
            return r;
    }
    return NULL;
}

bool sg_levers_hides(const struct sg_levers *l, enum sg_kind kind, uint64_t id)
{
    return rule_for(l, HIDE, kind, id) != NULL;
}

bool sg_levers_move(struct sg_levers *l, struct sg_top_entry *t)
{
    for (size_t i = 0; i < l->n_pins; i++)
        if (l->pins[i].id == t->id && l->pins[i].kind == t->kind) {
            l->pins[i].found = true;
            return false;
        }
    const struct rule *boost = rule_for(l, BOOST, (enum sg_kind)t->kind, t->id);
    if (boost)
        t->score = t->score > 0 ? t->score * boost->factor : t->score / boost->factor;
    return true;
}

size_t sg_levers_pins(struct sg_levers *l, struct sg_pin **pins)
{
    *pins = l->pins;
    return l->n_pins;
}

static struct sg_str say(const struct rule *r, struct sg_arena *a)
{
    char what[64];
    if (r->action == PIN)
        snprintf(what, sizeof what, "pinned to %zu", r->position);
    else if (r->action == BOOST)
        snprintf(what, sizeof what, "score times %g", r->factor);
    else
        snprintf(what, sizeof what, "%s", r->action == HIDE ? "hidden" : "query replaced");
    return sg_arena_printf(a, "rule %llu: %s%s%.*s", (unsigned long long)r->id, what,
                           r->note.n ? ": " : "", SG_FMT(r->note));
}

struct sg_str sg_levers_say(const struct sg_levers *l, enum sg_kind kind, uint64_t id,
                            struct sg_arena *a)
{
    const struct rule *r = rule_for(l, PIN, kind, id);
    r = r ? r : rule_for(l, BOOST, kind, id);
    return r ? say(r, a) : SG_STR_NONE;
}

int sg_levers_say_all(const struct sg_levers *l, struct sg_arena *a, struct sg_list *out,
                      struct sg_error *e)
{
    struct sg_str *v = sg_arena_array(a, l->n_holding + 1, sizeof *v);
    for (size_t i = 0; v && i < l->n_holding; i++)
        v[i] = say(l->holding[i], a);
    *out = (struct sg_list){v, v ? l->n_holding : 0};
    return v ? 0 : sg_fail(e, SG_ENOMEM, "rules");
}

uint64_t sg_levers_stop_words(const struct sg_levers *l, const struct sg_words *words)
{
    uint64_t stop = 0;
    for (size_t w = 0; l->n_entries && w < words->n; w++)
        if (look_up(l, OF_STOP_WORD, words->v[w].text) < l->n_entries)
            stop |= 1ull << w;
    return (size_t)__builtin_popcountll(stop) < words->n ? stop : 0;
}

/* Words of the text when they stand at w; 0: they do not. */
static size_t stands_at(const struct sg_words *words, size_t w, struct sg_str text)
{
    size_t n = 0;
    while (text.n) {
        struct sg_str word = first_word(text);
        if (w + n >= words->n || !sg_str_eq(words->v[w + n].text, word))
            return 0;
        size_t used = word.n + (word.n < text.n);
        text = (struct sg_str){text.p + used, text.n - used};
        n++;
    }
    return n;
}

static size_t put(char *out, size_t at, struct sg_str text)
{
    if (at + text.n + 1 > SG_WHOLE_MAX)
        return at;
    if (at)
        out[at++] = ' ';
    memcpy(out + at, text.p, text.n);
    return at + text.n;
}

static size_t write_with(const struct sg_words *words, size_t from, size_t n, struct sg_str means,
                         char *out)
{
    size_t at = 0;
    for (size_t w = 0; w < words->n; w++) {
        if (w == from)
            at = put(out, at, means);
        if (w < from || w >= from + n)
            at = put(out, at, words->v[w].text);
    }
    return at;
}

size_t sg_levers_synonym(const struct sg_levers *l, const struct sg_words *words, size_t i,
                         char out[SG_WHOLE_MAX])
{
    for (size_t w = 0; l->n_synonyms && w < words->n; w++) {
        size_t at = look_up(l, OF_SYNONYM, words->v[w].text);
        for (size_t k = at; k < l->n_entries && l->entries[k].hash == l->entries[at].hash; k++) {
            const struct synonym *s = &l->synonyms[l->entries[k].at];
            size_t n = stands_at(words, w, s->words);
            if (n && i-- == 0)
                return write_with(words, w, n, s->means, out);
        }
    }
    return 0;
}
