/* remembered.c - see remembered.h.
 *
 *   segue-ended-sessions 1
 *   s ID UNTIL
 *   p ID UNTIL ROLES SUBSCRIPTION ITS_END PRIVATE NO_LOG CHANGED
 *   end LINES
 */
#include "api/accounts/remembered.h"
#include "core/clock.h"
#include "core/config.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char first_line[] = "segue-ended-sessions 1\n";
enum { PATH = SG_CONFIG_TEXT + 32 };

static void path_of(const char *var_dir, char out[PATH])
{
    snprintf(out, PATH, "%s/run/ended-sessions", var_dir);
}

struct writing {
    FILE *f;
    uint64_t lines;
};

static void put_session(void *ctx, uint64_t id, int64_t until_us)
{
    struct writing *w = ctx;
    fprintf(w->f, "s %" PRIu64 " %" PRId64 "\n", id, until_us);
    w->lines++;
}

static void put_person(void *ctx, uint64_t id, int64_t until_us, const struct sg_changed_claims *c)
{
    struct writing *w = ctx;
    fprintf(w->f, "p %" PRIu64 " %" PRId64 " %u %d %" PRId64 " %d %d %" PRId64 "\n", id, until_us,
            c->roles, (int)c->subscription, c->subscription_until_s, c->private_session,
            c->search_log_off, c->changed_us);
    w->lines++;
}

static bool write_all(FILE *f, struct sg_revoked *r)
{
    struct writing w = {f, 0};
    fputs(first_line, f);
    sg_revoked_each(r, put_session, put_person, &w);
    fprintf(f, "end %" PRIu64 "\n", w.lines);
    return fflush(f) == 0 && !ferror(f);
}

int sg_remembered_write(const char *var_dir, struct sg_revoked *r, struct sg_error *e)
{
    char path[PATH], new[PATH + 8], run[PATH];
    path_of(var_dir, path);
    snprintf(new, sizeof new, "%s.new", path);
    snprintf(run, sizeof run, "%s/run", var_dir);
    if (mkdir(run, 0755) && errno != EEXIST)
        return sg_fail_errno(e, "%s", run);
    int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f && fd >= 0)
        close(fd);
    bool good = f && write_all(f, r);
    if (f && fclose(f))
        good = false;
    return good && !rename(new, path) ? 0 : sg_fail_errno(e, "%s", path);
}

void sg_remembered_touch(const char *var_dir)
{
    char path[PATH];
    path_of(var_dir, path);
    utimensat(AT_FDCWD, path, NULL, 0);
}

void sg_remembered_forget(const char *var_dir)
{
    char path[PATH];
    path_of(var_dir, path);
    unlink(path);
}

static bool take_person(const char *line, struct sg_revoked *r)
{
    struct sg_changed_claims c = {0};
    uint64_t id;
    int64_t until;
    int subscription, private, log_off;
    if (sscanf(line, "p %" SCNu64 " %" SCNd64 " %u %d %" SCNd64 " %d %d %" SCNd64, &id, &until,
               &c.roles, &subscription, &c.subscription_until_s, &private, &log_off,
               &c.changed_us) != 8 ||
        !id || subscription < 0 || subscription > SG_EXPIRED)
        return false;
    c.subscription = (enum sg_subscription)subscription;
    c.private_session = private;
    c.search_log_off = log_off;
    return sg_revoked_put_claims(r, id, &c, until);
}

static bool take_line(const char *line, struct sg_revoked *r)
{
    uint64_t id;
    int64_t until;
    if (*line == 'p')
        return take_person(line, r);
    return sscanf(line, "s %" SCNu64 " %" SCNd64, &id, &until) == 2 && id &&
           sg_revoked_put_session(r, id, until);
}

static bool read_all(FILE *f, struct sg_revoked *r)
{
    char line[256];
    uint64_t lines = 0, told;
    if (!fgets(line, sizeof line, f) || strcmp(line, first_line) != 0)
        return false;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "end %" SCNu64, &told) == 1)
            return told == lines;
        if (!take_line(line, r))
            return false;
        lines++;
    }
    return false;
}

int sg_remembered_read(const char *var_dir, struct sg_revoked *r, struct sg_error *e)
{
    char path[PATH];
    struct stat s;
    path_of(var_dir, path);
    FILE *f = fopen(path, "re");
    if (!f)
        return sg_fail_errno(e, "%s", path);
    int64_t age_s = fstat(fileno(f), &s) ? INT64_MAX : sg_wall_us() / 1000000 - s.st_mtime;
    int rc = 0;
    if (age_s > SG_REMEMBERED_S || age_s < -SG_REMEMBERED_S)
        rc = sg_fail(e, SG_ENOENT, "%s is too old", path);
    else if (!read_all(f, r))
        rc = sg_fail(e, SG_ECORRUPT, "%s is not whole", path);
    fclose(f);
    return rc;
}
