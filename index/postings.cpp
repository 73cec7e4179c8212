/* postings.cpp - see postings.h. No exception leaves this unit. */
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>
#include <xapian.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function have a struct's name: sg_str */
extern "C" {
#include "index/lists.h"
#include "index/postings.h"
}
#pragma GCC diagnostic pop

namespace
{

const uint32_t end_of_list = UINT32_MAX;
const size_t term_limit = 245; /* bytes: Xapian's own, chert and glass */

/* Xapian flushes by itself every 10,000 documents unless told otherwise, and
 * reads the threshold from the environment when a database opens: set before
 * main, while there is one thread. Writers commit by their own count: Xapian
 * inverts into a tree of trees, which is slow once it outgrows the caches, and
 * committing rewrites what the file has, which is slow when done too often. */
const int flush_documents = 20000;
__attribute__((constructor)) void raise_flush_threshold()
{
    setenv("XAPIAN_FLUSH_THRESHOLD", "1000000000", 0);
}

bool is_full_disk(const Xapian::Error &x)
{
    const char *os = x.get_error_string();
    const char *full = strerror(ENOSPC);
    return (os && strcmp(os, full) == 0) || x.get_msg().find(full) != std::string::npos;
}

int describe(struct sg_error *e, int code, const char *what, const Xapian::Error &x)
{
    const char *os = x.get_error_string();
    return sg_fail(e, is_full_disk(x) ? SG_ENOSPC : code, "%s: %s%s%s", what, x.get_msg().c_str(),
                   os ? ": " : "", os ? os : "");
}

/* Called while an exception is being handled. */
int trouble(struct sg_error *e, const char *what)
{
    try {
        throw;
    } catch (const Xapian::InvalidArgumentError &x) {
        return describe(e, SG_EINVAL, what, x);
    } catch (const Xapian::DatabaseCorruptError &x) {
        return describe(e, SG_ECORRUPT, what, x);
    } catch (const Xapian::DatabaseOpeningError &x) {
        return describe(e, SG_ECORRUPT, what, x);
    } catch (const Xapian::Error &x) {
        return describe(e, SG_EIO, what, x);
    } catch (const std::bad_alloc &) {
        return sg_fail(e, SG_ENOMEM, "%s: out of memory", what);
    } catch (const std::exception &x) {
        return sg_fail(e, SG_EINTERNAL, "%s: %s", what, x.what());
    }
}

template <class F> int guarded(struct sg_error *e, const char *what, F f)
{
    try {
        return f();
    } catch (...) {
        return trouble(e, what);
    }
}

/* Where a term's postings are: the base has the words, lists.h the common words
 * and all other terms, and Q, which every document has, is kept nowhere. */
bool is_everything(struct sg_str term)
{
    return term.n == 1 && term.p[0] == 'Q';
}
bool is_word(struct sg_str term)
{
    return term.n > 0 && term.p[0] == 'W';
}

/* The lists lie in the base's own folder. */
std::string lists_path(const char *base)
{
    return std::string(base) + "/lists.seg";
}

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

bool stands_later(const Leaf &a, const Leaf &b)
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

bool leads(const Group &a, const Group &b)
{
    return a.negate != b.negate ? b.negate : a.frequency < b.frequency;
}

bool is_term(struct sg_str term)
{
    size_t zeros = (size_t)std::count(term.p, term.p + term.n, '\0');
    return term.n > 0 && term.n + zeros <= term_limit; /* a zero byte is stored as two */
}

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
    bool is_refused(uint32_t docid);
};

struct sg_postings_writer {
    Xapian::WritableDatabase db;
    Xapian::Document document;
    std::string term, path;
    struct sg_lists_writer *lists = nullptr;
    uint32_t documents = 0;

    ~sg_postings_writer()
    {
        sg_lists_writer_abort(lists);
    }
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
uint32_t sg_postings::next_match()
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

int sg_postings_writer_open(struct sg_postings_writer **out, const char *path, struct sg_error *e)
{
    const int flags = Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_BACKEND_GLASS |
                      Xapian::DB_NO_TERMLIST | Xapian::DB_NO_SYNC | Xapian::DB_DANGEROUS;
    return guarded(e, path, [&] {
        std::unique_ptr<sg_postings_writer> w(new sg_postings_writer);
        w->db = Xapian::WritableDatabase(path, flags);
        w->path = path;
        int rc = sg_lists_writer_open(&w->lists, e);
        if (!rc)
            *out = w.release();
        return rc;
    });
}

int sg_postings_writer_term(struct sg_postings_writer *w, struct sg_str term, struct sg_error *e)
{
    if (!is_term(term))
        return sg_fail(e, SG_EINVAL, "a term of %zu bytes, at most %zu", term.n, term_limit);
    if (is_everything(term))
        return 0;
    int rc = sg_lists_writer_add(w->lists, term, w->documents + 1, e);
    if (rc || !is_word(term))
        return rc;
    return guarded(e, "add a term", [&] {
        w->term.assign(term.p, term.n);
        w->document.add_boolean_term(w->term);
        return 0;
    });
}

int sg_postings_writer_end(struct sg_postings_writer *w, struct sg_error *e)
{
    return guarded(e, "add a document", [&] {
        w->db.add_document(w->document);
        w->document.clear_terms();
        if (++w->documents % flush_documents == 0)
            w->db.commit();
        return 0;
    });
}

struct adding {
    struct sg_postings_writer *w;
    struct sg_error *e;
};

static int add_term(void *ctx, struct sg_str term)
{
    struct adding *a = static_cast<struct adding *>(ctx);
    return sg_postings_writer_term(a->w, term, a->e);
}

int sg_postings_writer_add(struct sg_postings_writer *w, const struct sg_document *d,
                           struct sg_error *e)
{
    struct adding a = {w, e};
    int rc = sg_document_terms(d, add_term, &a);
    return rc ? rc : sg_postings_writer_end(w, e);
}

int sg_postings_writer_finish(struct sg_postings_writer *w, struct sg_error *e)
{
    std::unique_ptr<sg_postings_writer> owned(w);
    return guarded(e, "finish a shard", [&] {
        w->db.commit();
        w->db.close();
        struct sg_lists_writer *lists = w->lists;
        w->lists = nullptr;
        return sg_lists_writer_finish(lists, w->documents, lists_path(w->path.c_str()).c_str(), e);
    });
}

void sg_postings_writer_abort(struct sg_postings_writer *w)
{
    delete w;
}

static int sync_path(const std::string &path, struct sg_error *e)
{
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path.c_str());
    int rc = fsync(fd) ? sg_fail_errno(e, "sync %s", path.c_str()) : 0;
    close(fd);
    return rc;
}

static int sync_folder(const char *path, struct sg_error *e)
{
    DIR *d = opendir(path);
    if (!d)
        return sg_fail_errno(e, "open %s", path);
    int rc = 0;
    for (struct dirent *entry; !rc && (entry = readdir(d));)
        if (entry->d_name[0] != '.')
            rc = sync_path(std::string(path) + "/" + entry->d_name, e);
    closedir(d);
    return rc ? rc : sync_path(path, e);
}

static int merge_lists(const char *const *shards, size_t n, const char *path, struct sg_error *e)
{
    std::vector<std::string> parts;
    std::vector<const char *> views;
    for (size_t i = 0; i < n; i++)
        parts.push_back(lists_path(shards[i]));
    for (const std::string &part : parts)
        views.push_back(part.c_str());
    return sg_lists_merge(views.data(), n, lists_path(path).c_str(), e);
}

int sg_postings_merge(const char *const *shards, size_t n, const char *path, struct sg_error *e)
{
    return guarded(e, path, [&] {
        Xapian::Database all;
        for (size_t i = 0; i < n; i++)
            all.add_database(Xapian::Database(shards[i], Xapian::DB_BACKEND_GLASS));
        all.compact(path, Xapian::Compactor::FULL);
        int rc = merge_lists(shards, n, path, e);
        return rc ? rc : sync_folder(path, e);
    });
}
