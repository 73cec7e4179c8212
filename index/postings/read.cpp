/* read.cpp - see postings.h: matches. */
#include "index/postings/group.hpp"
#include <memory>
#include <unistd.h>

using namespace sg;

namespace
{

const uint32_t no_window = UINT32_MAX;

/* The rarest group of a match by windows has at least this many docids in one. */
const uint64_t window_least = 128;

} // namespace

struct sg_postings {
    Base base;
    uint32_t from = 1; /* where the running match goes on */
    uint64_t work = 0, limit = UINT64_MAX;
    std::vector<Group> groups;

    explicit sg_postings(const char *path) : base(path)
    {
    }
    uint32_t next_match();
    void choose_way();

  private:
    bool by_window = false;
    uint32_t window = no_window; /* which one `left` is of */
    Window left, other;          /* what is left of it after the groups, one by one */

    bool is_refused(uint32_t docid);
    uint32_t next_by_skips();
    uint32_t next_by_windows();
    void fill(uint32_t window);
};

int sg_postings_open(struct sg_postings **out, const char *path, struct sg_error *e)
{
    if (access(path, F_OK) != 0)
        return sg_fail_errno(e, "open %s", path);
    return guarded(e, path, [&] {
        std::unique_ptr<sg_postings> p(new sg_postings(path));
        int rc = p->base.open_lists(path, e);
        if (!rc)
            *out = p.release();
        return rc;
    });
}

void sg_postings_close(struct sg_postings *p)
{
    delete p;
}

uint32_t sg_postings_frequency(struct sg_postings *p, struct sg_str term)
{
    uint32_t frequency = 0;
    if (is_term(term))
        guarded(nullptr, "frequency", [&] {
            frequency = p->base.frequency(term);
            return 0;
        });
    return frequency;
}

uint32_t sg_postings_count(struct sg_postings *p)
{
    return p->base.documents;
}

static int check_groups(const struct sg_term_group *groups, size_t n, struct sg_error *e)
{
    bool positive = false;
    for (size_t i = 0; i < n && n <= SG_GROUPS_MAX; i++) {
        positive |= !groups[i].negate;
        if (groups[i].n > SG_GROUP_TERMS_MAX)
            return sg_fail(e, SG_EINVAL, "%zu terms in a group, at most %d", groups[i].n,
                           SG_GROUP_TERMS_MAX);
        for (size_t t = 0; t < groups[i].n; t++)
            if (!is_term(groups[i].terms[t]))
                return sg_fail(e, SG_EINVAL, "a term of %zu bytes, at most %zu",
                               groups[i].terms[t].n, term_limit);
    }
    if (!positive)
        return sg_fail(e, SG_EINVAL, "%zu groups, from 1 to %d and one not negated", n,
                       SG_GROUPS_MAX);
    return 0;
}

int sg_postings_begin(struct sg_postings *p, const struct sg_term_group *groups, size_t n,
                      struct sg_error *e)
{
    p->groups.clear();
    p->from = end_of_list;
    p->work = 0;
    p->limit = UINT64_MAX;
    int rc = check_groups(groups, n, e);
    if (rc)
        return rc;
    return guarded(e, "match", [&] {
        p->groups.resize(n);
        for (size_t i = 0; i < n; i++)
            p->groups[i].count(p->base, groups[i]);
        std::sort(p->groups.begin(), p->groups.end(), leads);
        if (p->groups[0].frequency == 0)
            return 0; /* nothing can match: no list is opened */
        for (Group &g : p->groups)
            g.open(p->base);
        p->choose_way();
        p->from = 1;
        return 0;
    });
}

void sg_postings_limit(struct sg_postings *p, uint64_t work)
{
    p->limit = work;
}

uint64_t sg_postings_work(const struct sg_postings *p, bool *cut)
{
    *cut = p->work > p->limit;
    return p->work;
}

bool sg_postings::is_refused(uint32_t docid)
{
    for (size_t i = groups.size(); i > 0 && groups[i - 1].negate; i--)
        if (groups[i - 1].advance(docid, work) == docid)
            return true;
    return false;
}

/* Work over the limit ends the match. */
uint32_t sg_postings::next_by_skips()
{
    uint32_t docid = groups[0].advance(from, work);
    for (size_t i = 1; docid != end_of_list && work <= limit;) {
        if (i < groups.size() && !groups[i].negate) {
            uint32_t other = groups[i].advance(docid, work);
            i++;
            if (other == docid)
                continue;
            docid = other == end_of_list ? other : groups[0].advance(other, work);
            i = 1;
        } else if (is_refused(docid)) {
            docid = groups[0].advance(docid + 1, work);
            i = 1;
        } else {
            return docid;
        }
    }
    return end_of_list;
}

void sg_postings::choose_way()
{
    uint64_t rarest = groups[0].frequency;
    by_window = rarest >= window_least && rarest * SG_WINDOW_BITS >= window_least * base.documents;
    window = no_window;
}

void sg_postings::fill(uint32_t which)
{
    window = which;
    left.clear();
    groups[0].add_to(left, which, work);
    bool any = true;
    for (size_t i = 1; i < groups.size() && any; i++) {
        other.clear();
        groups[i].add_to(other, which, work);
        any = groups[i].negate ? left.drop(other) : left.keep(other);
        work += window_cost;
    }
}

uint32_t sg_postings::next_by_windows()
{
    uint32_t docid = from;
    for (;;) {
        if (docid / SG_WINDOW_BITS == window) {
            uint32_t found = left.next(docid % SG_WINDOW_BITS);
            if (found < SG_WINDOW_BITS)
                return window * SG_WINDOW_BITS + found;
            if (window == no_window / SG_WINDOW_BITS)
                break;
            docid = (window + 1) * SG_WINDOW_BITS;
        }
        if (work > limit)
            break;
        docid = groups[0].advance(docid, work);
        if (docid == end_of_list)
            break;
        fill(docid / SG_WINDOW_BITS);
    }
    return end_of_list;
}

uint32_t sg_postings::next_match()
{
    return by_window ? next_by_windows() : next_by_skips();
}

int sg_postings_next(struct sg_postings *p, uint32_t *out, size_t cap, struct sg_error *e)
{
    cap = std::min(cap, (size_t)INT32_MAX);
    return guarded(e, "match", [&] {
        size_t n = 0;
        while (n < cap && p->from != end_of_list) {
            uint32_t docid = p->next_match();
            p->from = docid == end_of_list ? docid : docid + 1;
            if (docid != end_of_list)
                out[n++] = docid;
        }
        return (int)n;
    });
}

uint64_t sg_postings_estimate(struct sg_postings *p)
{
    if (p->groups.empty() || !p->base.documents)
        return 0;
    double all = p->base.documents, share = 1;
    for (const Group &g : p->groups) {
        double f = std::min((double)g.frequency, all) / all;
        share *= g.negate ? 1 - f : f;
    }
    uint64_t most = std::min(p->groups[0].frequency, (uint64_t)p->base.documents);
    return std::min((uint64_t)(share * all + 0.5), most);
}
