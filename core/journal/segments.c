/* segments.c - see segments.h. */
#include "core/journal/segments.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define NAME_CHARS 16
static const char suffix[] = ".journal";

static void name_of(uint64_t first, char out[40])
{
    snprintf(out, 40, "%016llx%s", (unsigned long long)first, suffix);
}

static bool is_segment(const char *name, uint64_t *first)
{
    char *end;
    if (strlen(name) != NAME_CHARS + sizeof suffix - 1 || strcmp(name + NAME_CHARS, suffix) != 0)
        return false;
    *first = strtoull(name, &end, 16);
    return end == name + NAME_CHARS && *first > 0;
}

static int by_first(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    return (x->first > y->first) - (x->first < y->first);
}

static bool append(struct segments *s, struct segment x)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 64;
        struct segment *v = reallocarray(s->v, cap, sizeof *v);
        if (!v)
            return false;
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = x;
    return true;
}

int segments_list(int dir, struct segments *out, struct sg_error *e)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return sg_fail_errno(e, "journal");
    }
    struct dirent *entry;
    struct stat st;
    uint64_t first;
    bool room = true;
    out->n = 0;
    while (room && (entry = readdir(d)))
        if (is_segment(entry->d_name, &first) && fstatat(dir, entry->d_name, &st, 0) == 0)
            room = append(out, (struct segment){first, (uint64_t)st.st_size});
    closedir(d);
    if (out->n)
        qsort(out->v, out->n, sizeof *out->v, by_first);
    return room ? 0 : sg_fail(e, SG_ENOMEM, "journal");
}

int segments_create(int dir, uint64_t first, struct sg_error *e)
{
    char name[40];
    name_of(first, name);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || fsync(dir)) {
        sg_fail_errno(e, "journal %s", name);
        if (fd >= 0)
            close(fd);
        return e ? e->code : SG_EIO;
    }
    return fd;
}

void segments_remove(int dir, uint64_t first)
{
    char name[40];
    name_of(first, name);
    unlinkat(dir, name, 0);
}

int segments_read(int dir, uint64_t first, uint64_t from, struct sg_buf *out, struct sg_error *e)
{
    char name[40];
    struct stat st;
    name_of(first, name);
    sg_buf_reset(out);
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0 || fstat(fd, &st)) {
        sg_fail_errno(e, "journal %s", name);
        goto fail;
    }
    while (from + out->n < (uint64_t)st.st_size) {
        size_t left = (size_t)((uint64_t)st.st_size - from) - out->n;
        char *to = sg_buf_reserve(out, left);
        ssize_t got = to ? pread(fd, to, left, (off_t)(from + out->n)) : -1;
        if (got < 0) {
            sg_fail_errno(e, "journal %s", name);
            goto fail;
        }
        if (got == 0)
            break;
        out->n += (size_t)got;
    }
    close(fd);
    return 0;

fail:
    if (fd >= 0)
        close(fd);
    return e ? e->code : SG_EIO;
}

struct position {
    uint64_t sequence, xxh3;
};

uint64_t position_read(int dir)
{
    struct position p;
    int fd = openat(dir, "position", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    bool whole = read(fd, &p, sizeof p) == sizeof p && XXH3_64bits(&p.sequence, 8) == p.xxh3;
    close(fd);
    return whole ? p.sequence : 0;
}

static bool write_position(int dir, const char *name, int flags, struct position p)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | flags, 0600);
    bool ok = fd >= 0 && write(fd, &p, sizeof p) == sizeof p && fdatasync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return ok;
}

/* On a full disk, which may be full of what is acknowledged here, over the old one: it needs no
 * room, and torn it is none, so that everything comes again. */
int position_write(int dir, uint64_t sequence, struct sg_error *e)
{
    struct position p = {sequence, XXH3_64bits(&sequence, 8)};
    bool ok = write_position(dir, "position.tmp", O_CREAT | O_TRUNC, p) &&
              renameat(dir, "position.tmp", dir, "position") == 0;
    if (!ok && (errno == ENOSPC || errno == EDQUOT))
        ok = write_position(dir, "position", 0, p);
    return ok ? 0 : sg_fail_errno(e, "journal position");
}

uint64_t position_open(int dir)
{
    uint64_t sequence = position_read(dir);
    if (!sequence && faccessat(dir, "position", F_OK, 0))
        position_write(dir, 0, NULL); /* while there is room */
    return sequence;
}
