/* write.cpp - see postings.h: shards and their merge. */
#include "index/postings/guard.hpp"
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

using namespace sg;

namespace
{

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

} // namespace

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
