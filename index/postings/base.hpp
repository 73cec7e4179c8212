/* base.hpp - the postings of a kind, term by term; private to index/postings. */
#pragma once
#include "index/postings/guard.hpp"
#include "index/postings/window.hpp"
#include <vector>

namespace sg
{

const uint32_t end_of_list = UINT32_MAX;

/* What a skip costs, in postings decoded: Xapian reads on within a chunk, and
 * finds another chunk from the root. */
const uint32_t skip_cost = 8, chunk_cost = 600, seek_cost = 4;

/* One term's postings; `at` is where they stand. */
class Leaf
{
  public:
    uint32_t at;

    explicit Leaf(uint32_t last) : at(last ? 1 : end_of_list), kind(everything), last(last)
    {
    }
    explicit Leaf(const struct sg_postlist &l) : at(l.at), kind(listed), list(l)
    {
    }
    Leaf(Xapian::PostingIterator first, float density)
        : at(first == Xapian::PostingIterator() ? end_of_list : *first), kind(based), it(first),
          density(density)
    {
    }

    /* Returns its cost. */
    uint64_t skip_to(uint32_t target)
    {
        if (kind == listed) {
            at = sg_postlist_seek(&list, target);
            return seek_cost;
        }
        if (kind == everything) {
            at = target <= last ? target : end_of_list;
            return 1;
        }
        float decoded = (float)(target - at) * density;
        it.skip_to(target);
        at = it == Xapian::PostingIterator() ? end_of_list : *it;
        return skip_cost + (decoded < (float)chunk_cost ? (uint32_t)decoded : chunk_cost);
    }

    void read_all(std::vector<uint32_t> &out)
    {
        if (kind == based)
            out.insert(out.end(), it, Xapian::PostingIterator());
        else
            for (; at != end_of_list; skip_to(at + 1))
                out.push_back(at);
    }

    /* Adds what it has of a window; windows come in ascending order. Returns its cost. */
    uint64_t add_to(Window &bits, uint32_t window)
    {
        uint32_t first = window * SG_WINDOW_BITS, end = first + (SG_WINDOW_BITS - 1);
        if (kind == listed)
            return sg_postlist_window(&list, window, bits.bits);
        if (kind == everything) {
            bits.add_range(std::max(first, UINT32_C(1)), std::min(end, last));
            return window_cost;
        }
        uint64_t cost = at < first ? skip_to(first) : 1;
        for (; at <= end && at != end_of_list; cost += skip_to(at + 1))
            bits.add(at);
        return cost;
    }

  private:
    enum { everything, listed, based } kind;
    Xapian::PostingIterator it;
    float density = 0; /* of its postings among all docids */
    struct sg_postlist list = {};
    uint32_t last = 0;
};

/* All postings of a kind. */
class Base
{
  public:
    uint32_t documents = 0;

    explicit Base(const char *path) : db(path, Xapian::DB_BACKEND_GLASS)
    {
        documents = db.get_doccount();
    }
    ~Base()
    {
        sg_lists_close(lists);
    }
    Base(const Base &) = delete;
    Base &operator=(const Base &) = delete;

    int open_lists(const char *path, struct sg_error *e)
    {
        int rc = sg_lists_open(&lists, lists_path(path).c_str(), e);
        if (!rc && sg_lists_documents(lists) != documents)
            rc = sg_fail(e, SG_ECORRUPT, "%s: %u documents, its lists are of %u", path, documents,
                         sg_lists_documents(lists));
        return rc;
    }

    uint32_t frequency(struct sg_str term) const
    {
        if (is_everything(term))
            return documents;
        uint32_t listed = sg_lists_frequency(lists, term);
        return listed || !is_word(term) ? listed : db.get_termfreq(std::string(term.p, term.n));
    }

    Leaf open(const std::string &text, uint32_t frequency) const
    {
        struct sg_str term = {text.data(), text.size()};
        if (is_everything(term))
            return Leaf(documents);
        if (!is_word(term) || sg_lists_frequency(lists, term))
            return Leaf(sg_postlist_open(lists, term));
        return Leaf(db.postlist_begin(text), (float)frequency / (float)documents);
    }

  private:
    Xapian::Database db;
    struct sg_lists *lists = nullptr;
};

} // namespace sg
