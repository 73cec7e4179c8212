/* scratch.c - see scratch.h. */
#include "tests/support/scratch.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { max_scratch = 256, path_bytes = 512 };

static struct {
    char path[path_bytes];
    int mounted;
    pid_t owner;
} made[max_scratch];
static int n_made;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_all(void)
{
    for (int i = 0; i < n_made; i++) {
        if (made[i].owner != getpid())
            continue;
        if (made[i].mounted)
            umount2(made[i].path, MNT_DETACH);
        nftw(made[i].path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    }
}

const char *test_scratch(void)
{
    const char *tmp = getenv("TMPDIR");
    if (n_made == max_scratch) {
        fprintf(stderr, "more than %d scratch folders\n", max_scratch);
        exit(EXIT_FAILURE);
    }
    char *path = made[n_made].path;
    snprintf(path, path_bytes, "%s/segue-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(path)) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    if (n_made == 0)
        atexit(remove_all);
    made[n_made].owner = getpid();
    return made[n_made++].path;
}

const char *test_path(const char *dir, const char *name)
{
    static char paths[8][2 * path_bytes];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

const char *test_scratch_small(unsigned long bytes)
{
    char options[64];
    const char *path = test_scratch();
    snprintf(options, sizeof options, "size=%lu", bytes);
    if (mount("tmpfs", path, "tmpfs", 0, options)) {
        fprintf(stderr, "SKIPPED: a full disk, as no small file system can be mounted here: %s\n",
                strerror(errno));
        return NULL;
    }
    made[n_made - 1].mounted = 1;
    return path;
}
