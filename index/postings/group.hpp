/* group.hpp - a disjunction of terms; private to index/postings. */
#pragma once
#include "index/postings/base.hpp"

namespace sg
{

inline bool stands_later(const Leaf &a, const Leaf &b)
{
    return a.at > b.at;
}

/* A disjunction: a heap of leaves, the lowest docid first. Of several terms, the
 * short lists are read at once into one sorted pool: skipping in each of them
 * for every docid asked about would cost far more. */
class Group
{
  public:
    bool negate = false;
    uint64_t frequency = 0;

    void count(const Base &base, const struct sg_term_group &g)
    {
        negate = g.negate;
        for (size_t i = 0; i < g.n; i++) {
            uint32_t f = base.frequency(g.terms[i]);
            frequency += f;
            if (f)
                terms.push_back({std::string(g.terms[i].p, g.terms[i].n), f});
        }
    }

    void open(const Base &base)
    {
        for (const Term &t : terms) {
            bool is_short = t.frequency <= pooled_list && pool.size() + t.frequency <= pool_limit;
            Leaf leaf = base.open(t.text, t.frequency);
            if (terms.size() > 1 && is_short)
                leaf.read_all(pool);
            else
                leaves.push_back(std::move(leaf));
        }
        std::sort(pool.begin(), pool.end());
        std::make_heap(leaves.begin(), leaves.end(), stands_later);
    }

    /* The first docid of the group at or after target; adds to work. */
    uint32_t advance(uint32_t target, uint64_t &work)
    {
        uint32_t pooled = advance_pool(target);
        if (leaves.empty())
            return pooled;
        while (leaves[0].at < target) {
            work += leaves[0].skip_to(target);
            sift_down();
        }
        return std::min(pooled, leaves[0].at);
    }

    /* Adds its docids of a window; windows come in ascending order, and so do the
     * targets of advance() among them. */
    void add_to(Window &bits, uint32_t window, uint64_t &work)
    {
        uint32_t first = window * SG_WINDOW_BITS, end = first + (SG_WINDOW_BITS - 1);
        advance_pool(first);
        for (; pool_at < pool.size() && pool[pool_at] <= end; pool_at++)
            bits.add(pool[pool_at]);
        for (Leaf &leaf : leaves)
            work += leaf.add_to(bits, window);
        std::make_heap(leaves.begin(), leaves.end(), stands_later);
    }

  private:
    static const size_t pooled_list = 256, pool_limit = 4096; /* postings */
    struct Term {
        std::string text;
        Xapian::doccount frequency;
    };
    std::vector<Term> terms;
    std::vector<Leaf> leaves;
    std::vector<uint32_t> pool;
    size_t pool_at = 0;

    uint32_t advance_pool(uint32_t target)
    {
        if (pool_at < pool.size() && pool[pool_at] < target)
            pool_at =
                (size_t)(std::lower_bound(pool.begin() + (ptrdiff_t)pool_at, pool.end(), target) -
                         pool.begin());
        return pool_at < pool.size() ? pool[pool_at] : end_of_list;
    }

    void sift_down()
    {
        size_t i = 0, n = leaves.size();
        for (;;) {
            size_t child = 2 * i + 1;
            if (child >= n)
                return;
            if (child + 1 < n && leaves[child + 1].at < leaves[child].at)
                child++;
            if (leaves[i].at <= leaves[child].at)
                return;
            std::swap(leaves[i], leaves[child]);
            i = child;
        }
    }
};

inline bool leads(const Group &a, const Group &b)
{
    return a.negate != b.negate ? b.negate : a.frequency < b.frequency;
}

} // namespace sg
