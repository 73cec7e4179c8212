/* folder_list.c - the objects of a folder in the order of their keys' bytes: see folder.h.
 *
 * Within a folder, sub-folders are compared with their slash: "a-b" < "a/c" < "a0", as the keys
 * are. One folder's names are held at a time for each level.
 */
#include "core/objects/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    struct folder *f;
    struct sg_str prefix, after;
    sg_object_seen *fn;
    void *ctx;
    struct sg_error *e;
};

struct names {
    char **v; /* those of folders end with a slash */
    size_t n, cap;
};

static bool add_name(struct names *names, const char *name, bool folder)
{
    if (names->n == names->cap) {
        size_t cap = names->cap ? 2 * names->cap : 64;
        char **v = reallocarray(names->v, cap, sizeof *v);
        if (!v)
            return false;
        names->v = v;
        names->cap = cap;
    }
    if (asprintf(&names->v[names->n], "%s%s", name, folder ? "/" : "") < 0)
        return false;
    names->n++;
    return true;
}

static void free_names(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->v[i]);
    free(names->v);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(int dir, const struct dirent *entry)
{
    struct stat st;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* The names in folder at ("" for the root), sorted; none when it is gone. */
static int read_names(struct walk *w, const char *at, struct names *out)
{
    int fd = openat(w->f->root, *at ? at : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return sg_fail_errno(w->e, "%s/%s", w->f->path, at);
    }
    bool room = true;
    struct dirent *entry;
    while (room && (entry = readdir(d)))
        if (entry->d_name[0] != '.')
            room = add_name(out, entry->d_name, is_folder(fd, entry));
    closedir(d);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_bytes);
    return room ? 0 : sg_fail(w->e, SG_ENOMEM, "objects");
}

static int see(struct walk *w, const char *key)
{
    struct sg_object_info info;
    if (!sg_object_key_ok(sg_str(key)) || !sg_str_starts(sg_str(key), w->prefix) ||
        (w->after.p && sg_str_cmp(sg_str(key), w->after) <= 0))
        return 0;
    int rc = folder_store_ops.stat(w->f, key, &info, NULL);
    return rc ? 0 : w->fn(w->ctx, key, &info, w->e); /* gone since: not told */
}

/* Whether any key that begins with `at`, which ends with a slash, may be wanted. */
static bool may_have(const struct walk *w, struct sg_str at)
{
    bool under = sg_str_starts(at, w->prefix) || sg_str_starts(w->prefix, at);
    return under && (!w->after.p || sg_str_cmp(at, w->after) > 0 || sg_str_starts(w->after, at));
}

static int walk(struct walk *w, const char *at)
{
    char key[2 * SG_OBJECT_KEY_MAX];
    struct names names = {0};
    int rc = read_names(w, at, &names);
    for (size_t i = 0; !rc && i < names.n; i++) {
        int n = snprintf(key, sizeof key, "%s%s", at, names.v[i]);
        if (n < 1 || n > SG_OBJECT_KEY_MAX)
            continue; /* not ours */
        if (key[n - 1] != '/')
            rc = see(w, key);
        else if (may_have(w, sg_str(key)))
            rc = walk(w, key);
    }
    free_names(&names);
    return rc;
}

int folder_list(void *s, const char *prefix, const char *after, sg_object_seen *fn, void *ctx,
                struct sg_error *e)
{
    struct walk w = {s, sg_str(prefix), sg_str(after), fn, ctx, e};
    return walk(&w, "");
}
