/* guard.hpp - Xapian's exceptions as errors of ours, and which terms are whose;
 * private to index/postings. No exception leaves these units.
 */
#pragma once
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <xapian.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* C lets a function have a struct's name: sg_str */
extern "C" {
#include "index/lists.h"
#include "index/postings.h"
}
#pragma GCC diagnostic pop

namespace sg
{

const size_t term_limit = 245; /* bytes: Xapian's own, chert and glass */

inline bool is_full_disk(const Xapian::Error &x)
{
    const char *os = x.get_error_string();
    const char *full = strerror(ENOSPC);
    return (os && strcmp(os, full) == 0) || x.get_msg().find(full) != std::string::npos;
}

inline int describe(struct sg_error *e, int code, const char *what, const Xapian::Error &x)
{
    const char *os = x.get_error_string();
    return sg_fail(e, is_full_disk(x) ? SG_ENOSPC : code, "%s: %s%s%s", what, x.get_msg().c_str(),
                   os ? ": " : "", os ? os : "");
}

/* Called while an exception is being handled. */
inline int trouble(struct sg_error *e, const char *what)
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
inline bool is_everything(struct sg_str term)
{
    return term.n == 1 && term.p[0] == 'Q';
}
inline bool is_word(struct sg_str term)
{
    return term.n > 0 && term.p[0] == 'W';
}

/* The lists lie in the base's own folder. */
inline std::string lists_path(const char *base)
{
    return std::string(base) + "/lists.seg";
}

inline bool is_term(struct sg_str term)
{
    size_t zeros = (size_t)std::count(term.p, term.p + term.n, '\0');
    return term.n > 0 && term.n + zeros <= term_limit; /* a zero byte is stored as two */
}

} // namespace sg
