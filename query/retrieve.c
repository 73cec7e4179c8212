/* retrieve.c - see retrieve.h. */
#include "query/retrieve.h"
#include "core/clock.h"

#define CHUNK 256

void sg_retrieval_start(struct sg_retrieval *t, struct sg_searcher *s, const struct sg_filters *f,
                        size_t top)
{
    t->searcher = s;
    t->filters = f;
    sg_top_init(&t->top, top);
    memset(t->found, 0, sizeof t->found);
    t->good = t->strong = t->whole = t->read = t->n_seen = 0;
    t->work = 0;
    t->sort = SG_BY_RELEVANCE;
    t->facets = NULL;
    t->after = NULL;
    t->levers = NULL;
    if (++t->epoch == 1u << 30) {
        memset(t->seen, 0, sizeof t->seen);
        t->epoch = 1;
    }
}

/* The document's slot: holding it, or free. */
static uint64_t *seen_slot(struct sg_retrieval *t, enum sg_kind kind, sg_docref doc, uint64_t *key)
{
    *key = (uint64_t)t->epoch << 34 | (uint64_t)kind << 32 | doc;
    size_t i = (size_t)((*key * 0x9e3779b97f4a7c15ull) >> 32) % SG_SEEN_SLOTS;
    while (t->seen[i] >> 34 == t->epoch && t->seen[i] != *key)
        i = (i + 1) % SG_SEEN_SLOTS;
    return &t->seen[i];
}

static bool has_room(const struct sg_retrieval *t)
{
    return t->n_seen + CHUNK < SG_SEEN_SLOTS * 3 / 4;
}

/* n bytes of text from `at` on as a number in their order, zeros past the end. */
static uint64_t letters(struct sg_str text, size_t at, size_t n)
{
    uint64_t v = 0;
    for (size_t i = at; i < at + n; i++)
        v = v << 8 | (i < text.n ? (unsigned char)text.p[i] : 0);
    return v;
}

/* Titles are compared by their first 14 bytes: 6 in the score, 8 in place of plays. */
static void order_by(enum sg_sort sort, struct sg_top_entry *e, const struct sg_facts *f)
{
    if (sort == SG_BY_POPULARITY)
        e->score = (double)f->popularity;
    else if (sort == SG_BY_NEWEST)
        e->score = f->year;
    else {
        e->score = -(double)letters(f->title, 0, 6);
        e->popularity = ~letters(f->title, 6, 8);
    }
}

static void accept(struct sg_retrieval *t, const struct sg_pass *pass, sg_docref doc,
                   const struct sg_facts *f, float score, enum sg_evidence evidence)
{
    enum sg_kind kind = pass->ranker->kind;
    if (t->levers && sg_levers_hides(t->levers, kind, f->id))
        return;
    t->found[kind]++;
    t->good += evidence >= SG_PREFIX;
    t->strong += evidence >= SG_WORDS;
    t->whole += evidence >= SG_WHOLE;
    struct sg_top_entry entry = {.score = (double)score,
                                 .kind = (uint8_t)kind,
                                 .reading = pass->reading,
                                 .doc = doc,
                                 .popularity = f->popularity,
                                 .id = f->id};
    if (t->sort != SG_BY_RELEVANCE)
        order_by(t->sort, &entry, f);
    if (t->facets)
        sg_facets_add(t->facets, kind, doc, f);
    if (t->levers && t->sort == SG_BY_RELEVANCE && !sg_levers_move(t->levers, &entry))
        return;
    if (!t->after || sg_top_is_better(t->after, &entry))
        sg_top_push(&t->top, &entry);
}

static void judge(struct sg_retrieval *t, const struct sg_pass *pass, sg_docref doc)
{
    enum sg_kind kind = pass->ranker->kind;
    uint64_t key, *slot = seen_slot(t, kind, doc, &key);
    struct sg_facts f;
    if (*slot == key || !sg_searcher_facts(t->searcher, kind, doc, &f))
        return;
    if (pass->plan->check && !sg_filters_pass(t->filters, pass->ranker->reading, kind, &f))
        return;
    float values[SG_FEATURES];
    float score = sg_rank(pass->ranker, &f, values);
    enum sg_evidence evidence = (enum sg_evidence)values[SG_F_EVIDENCE];
    if (evidence == SG_NO_EVIDENCE)
        return;
    *slot = key;
    t->n_seen++;
    accept(t, pass, doc, &f, score, evidence);
}

void sg_retrieve_one(struct sg_retrieval *t, const struct sg_pass *pass, sg_docref doc)
{
    if (has_room(t))
        judge(t, pass, doc);
}

/* The rows of a large catalogue are far away: each is asked for 16 documents
 * ahead, and its text 8 ahead. */
static void judge_all(struct sg_retrieval *t, const struct sg_pass *pass, const sg_docref *docs,
                      size_t n)
{
    enum sg_kind kind = pass->ranker->kind;
    for (size_t i = 0; i < n + 16; i++) {
        if (i < n)
            sg_searcher_prefetch(t->searcher, kind, docs[i], false);
        if (i >= 8 && i - 8 < n)
            sg_searcher_prefetch(t->searcher, kind, docs[i - 8], true);
        if (i >= 16)
            judge(t, pass, docs[i - 16]);
    }
}

static bool wants_more(const struct sg_retrieval *t, const struct sg_pass *pass, size_t read)
{
    if (!has_room(t))
        return false;
    return read < pass->want || (pass->until_us && sg_now_us() < pass->until_us);
}

static int begin(struct sg_retrieval *t, const struct sg_pass *pass, struct sg_error *e)
{
    const struct sg_plan *p = pass->plan;
    enum sg_kind kind = pass->ranker->kind;
    int rc = (pass->delta_only ? sg_match_begin_delta : sg_match_begin)(t->searcher, kind,
                                                                        p->groups, p->n, e);
    if (!rc && pass->work)
        sg_match_limit(t->searcher, pass->work);
    return rc;
}

int sg_retrieve(struct sg_retrieval *t, const struct sg_pass *pass, bool *exhausted,
                struct sg_error *e)
{
    *exhausted = pass->plan->impossible;
    if (*exhausted)
        return 0;
    int n = begin(t, pass, e);
    size_t read = 0;
    bool ended = false, cut;
    while (n >= 0 && !ended && wants_more(t, pass, read)) {
        sg_docref docs[CHUNK];
        size_t left = pass->want > read ? pass->want - read : CHUNK;
        n = sg_match_next(t->searcher, docs, left < CHUNK ? left : CHUNK, e);
        if (n < 0)
            break;
        read += (size_t)n;
        ended = n == 0;
        judge_all(t, pass, docs, (size_t)n);
    }
    t->read += read;
    t->work += sg_match_work(t->searcher, &cut);
    *exhausted = ended && !cut;
    return n < 0 ? n : 0;
}
