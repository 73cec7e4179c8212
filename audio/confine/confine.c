/* confine.c - see confine.h. */
#include "audio/confine.h"
#include "audio/confine/inside.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 128 };

static int bound(int resource, uint64_t limit, struct sg_error *e)
{
    struct rlimit r = {limit, limit}, now;
    if (getrlimit(resource, &now))
        return sg_fail_errno(e, "getrlimit");
    if (now.rlim_max < limit) /* whoever started it allows less */
        r.rlim_cur = r.rlim_max = now.rlim_max;
    if (resource == RLIMIT_CPU && now.rlim_cur < r.rlim_cur)
        r.rlim_cur = now.rlim_cur; /* so that the soft one, which says why, comes first */
    return setrlimit(resource, &r) ? sg_fail_errno(e, "setrlimit") : 0;
}

static int bound_all(const struct sg_confine_bounds *b, struct sg_error *e)
{
    int rc = bound(RLIMIT_CPU, b->cpu_s, e);
    if (!rc)
        rc = bound(RLIMIT_FSIZE, b->file_bytes, e);
    if (!rc)
        rc = bound(RLIMIT_NOFILE, FILES_MAX, e);
    if (!rc)
        rc = bound(RLIMIT_CORE, 0, e);
    if (!rc && !CONFINE_SANITIZED)
        rc = bound(RLIMIT_AS, b->memory_bytes, e);
    return rc;
}

/* Landlock holds the thread that asks for it, and those it starts. */
static int check_alone(struct sg_error *e)
{
    int n = 0;
    DIR *d = opendir("/proc/self/task");
    if (!d)
        return sg_fail_errno(e, "/proc/self/task");
    for (struct dirent *f; (f = readdir(d));)
        n += f->d_name[0] != '.';
    closedir(d);
    return n == 1 || CONFINE_SANITIZED
               ? 0
               : sg_fail(e, SG_EINTERNAL, "%d threads before the process is confined", n);
}

static int open_folder(const char *path, int *dir, struct sg_error *e)
{
    *dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*dir < 0)
        return sg_fail_errno(e, "%s", path);
    if ((mkdirat(*dir, "f", 0700) && errno != EEXIST) ||
        (mkdirat(*dir, "p", 0700) && errno != EEXIST))
        return sg_fail_errno(e, "folders below %s", path);
    return 0;
}

int sg_confine(const char *out_dir, const struct sg_confine_bounds *b, int *dir, struct sg_error *e)
{
    bool held = false;
    *dir = -1;
    int rc = check_alone(e);
    if (!rc && out_dir)
        rc = open_folder(out_dir, dir, e);
    if (!rc)
        rc = bound_all(b, e);
    if (!rc && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
        rc = sg_fail_errno(e, "prctl");
    if (!rc)
        rc = confine_paths(*dir, &held, e);
    return rc ? rc : confine_calls(held, out_dir, e);
}
