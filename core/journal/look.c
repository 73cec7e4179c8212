/* look.c - a journal from outside: see journal.h. The newest segment that has a whole record says
 * which is the last; what its writer adds or sweeps away meanwhile does no harm. */
#include "core/journal.h"
#include "core/journal/segments.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int find_last(int dir, uint64_t *last, struct sg_error *e)
{
    struct segments s = {0};
    struct sg_buf text = {0};
    struct sg_journal_record r;
    uint64_t passed = 0;
    int rc = segments_list(dir, &s, e);
    *last = 0;
    for (size_t i = s.n; !rc && !*last && i > 0; i--) {
        rc = segments_read(dir, s.v[i - 1].first, 0, &text, e);
        struct sg_str rest = sg_buf_str(&text);
        while (!rc && sg_journal_next(&rest, *last, &r, &passed))
            *last = r.sequence;
    }
    sg_buf_free(&text);
    free(s.v);
    return rc;
}

int sg_journal_look(const char *path, uint64_t *last, uint64_t *acknowledged, struct sg_error *e)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *last = *acknowledged = 0;
    if (dir < 0)
        return errno == ENOENT ? 0 : sg_fail_errno(e, "%s", path);
    int rc = find_last(dir, last, e);
    *acknowledged = position_read(dir); /* after it: what is moved meanwhile counts */
    close(dir);
    return rc;
}
