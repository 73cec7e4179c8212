/* constraint.c - operators checked on a record's own fields: see constraint.h. */
#include "query/understand/constraint.h"
#include "query/rank.h"

static uint64_t head_of(struct sg_str word)
{
    uint64_t head = 0;
    for (size_t i = 0; i < word.n && i < 8; i++)
        head |= (uint64_t)(unsigned char)word.p[i] << (8 * i);
    return head;
}

/* Which words of the constraint this one is, as a bit set from its first. */
static uint64_t wanted_bits(const struct sg_reading *r, const struct sg_constraint *c,
                            struct sg_str word)
{
    uint64_t bits = 0, head = head_of(word);
    for (size_t i = r->first[c->from]; i < r->first[c->to]; i++) {
        const struct sg_pattern *p = &r->patterns[i];
        if (sg_pattern_matches(p, word, head))
            bits |= 1ull << (p->word - c->from);
    }
    return bits;
}

static uint64_t unwanted_bits(const struct sg_words *unwanted, const struct sg_constraint *c,
                              struct sg_str word)
{
    uint64_t bits = 0;
    for (size_t i = c->from; i < c->to; i++)
        if (sg_str_eq(unwanted->v[i].text, word))
            bits |= 1ull << (i - c->from);
    return bits;
}

struct looked {
    uint64_t seen, run; /* words seen; ends of runs of words that follow each other */
    bool phrase;
};

/* The words of values joined by 0x1f; a run never crosses from one to the next. */
static void look(const struct sg_constraints *all, const struct sg_constraint *c,
                 const struct sg_reading *r, struct sg_str values, struct looked *l)
{
    uint64_t last = 1ull << (c->to - c->from - 1);
    l->run = 0;
    for (size_t i = 0; i < values.n;) {
        size_t end = i;
        while (end < values.n && values.p[end] != ' ' && values.p[end] != 0x1f)
            end++;
        struct sg_str word = {values.p + i, end - i};
        uint64_t bits =
            c->negated ? unwanted_bits(&all->unwanted, c, word) : wanted_bits(r, c, word);
        l->seen |= bits;
        l->run = (l->run << 1 | 1) & bits;
        l->phrase |= (l->run & last) != 0;
        if (end < values.n && values.p[end] == 0x1f)
            l->run = 0;
        i = end + 1;
    }
}

static bool is_in(const struct sg_constraint *c, enum sg_kind kind, enum sg_field_id field)
{
    if (c->field == SG_FIELD_ANY || c->field == field)
        return true;
    if (field != SG_FIELD_TITLE)
        return false;
    return (kind == SG_ARTIST && c->field == SG_FIELD_ARTIST) ||
           (kind == SG_ALBUM && c->field == SG_FIELD_ALBUM);
}

static bool holds(const struct sg_constraints *all, const struct sg_constraint *c,
                  const struct sg_reading *r, enum sg_kind kind, const struct sg_facts *f)
{
    struct looked l = {0};
    const struct {
        enum sg_field_id field;
        struct sg_str values;
    } fields[] = {
        {SG_FIELD_TITLE, f->title},           {SG_FIELD_ARTIST, f->artists},
        {SG_FIELD_ALBUM, f->album},           {SG_FIELD_TITLE, f->title_aliases},
        {SG_FIELD_ARTIST, f->artist_aliases},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (is_in(c, kind, fields[i].field))
            look(all, c, r, fields[i].values, &l);
    size_t n = (size_t)(c->to - c->from);
    uint64_t every = n >= 64 ? ~0ull : (1ull << n) - 1;
    return c->phrase ? l.phrase : l.seen == every;
}

bool sg_constraints_hold(const struct sg_constraints *all, const struct sg_reading *r,
                         enum sg_kind kind, const struct sg_facts *f)
{
    for (size_t i = 0; i < all->n; i++)
        if (holds(all, &all->v[i], r, kind, f) == all->v[i].negated)
            return false;
    return true;
}
