/* maps.c - dead.map and plays.map, the mapped state derived from a delta; see format.h.
 *
 * They are never synced. A killed process loses nothing of them, a lost machine
 * may lose any page; so they are signed with the boot they were made in, and
 * after another one are as good as missing until the writer makes them again.
 */
#include "index/delta/format.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define DEAD_MAGIC  0x31646165642e6773ull /* "sg.dead1" */
#define PLAYS_MAGIC 0x3179616c702e6773ull /* "sg.play1" */

struct header {
    uint64_t magic, stamp;
    _Atomic uint64_t started, applied;
    uint32_t counts[SG_KINDS];
    uint64_t zero[2];
};
_Static_assert(sizeof(struct header) == 64, "the bits start at 64");

static struct header *header_of(unsigned char *p)
{
    return (struct header *)p;
}

static size_t layout(struct sg_delta_maps *m)
{
    size_t at = sizeof(struct header);
    for (int k = 0; k < SG_KINDS; k++) {
        m->first[k] = at;
        at += ((size_t)m->counts[k] / 64 + 1) * 8;
    }
    return at;
}

static pthread_once_t boot_once = PTHREAD_ONCE_INIT;
static uint64_t boot; /* 0: the system does not say */

static void read_boot(void)
{
    char id[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof id);
    if (n > 0)
        boot = XXH3_64bits(id, (size_t)n);
    if (fd >= 0)
        close(fd);
}

static bool is_ours(unsigned char *p, const struct header *want)
{
    struct header *h = header_of(p);
    return h->magic == want->magic && h->stamp == want->stamp &&
           memcmp(h->counts, want->counts, sizeof h->counts) == 0;
}

/* Maps path when it has exactly this size and header. */
static int attach(unsigned char **out, const char *path, size_t bytes, const struct header *want,
                  bool writable, struct sg_error *e)
{
    struct stat st;
    int rc = 0;
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != bytes) {
        rc = sg_fail(e, SG_ECORRUPT, "%s: not %zu bytes", path, bytes);
        goto done;
    }
    void *p = mmap(NULL, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED) {
        rc = sg_fail_errno(e, "map %s", path);
    } else if (!is_ours(p, want)) {
        munmap(p, bytes);
        rc = sg_fail(e, SG_ECORRUPT, "%s: of another delta", path);
    } else {
        *out = p;
    }
done:
    close(fd);
    return rc;
}

/* All blocks are taken now: a full disk is an error here and not a SIGBUS later. */
static int make(const char *path, size_t bytes, const struct header *h, struct sg_error *e)
{
    char temporary[PATH_MAX];
    int rc = 0;
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (n < 0 || (size_t)n >= sizeof temporary)
        return sg_fail(e, SG_EINVAL, "path too long: %s", path);
    int fd = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return sg_fail_errno(e, "create %s", temporary);
    errno = posix_fallocate(fd, 0, (off_t)bytes);
    if (errno || pwrite(fd, h, sizeof *h, 0) != (ssize_t)sizeof *h || rename(temporary, path) < 0) {
        rc = sg_fail_errno(e, "make %s", path);
        unlink(temporary);
    }
    close(fd);
    return rc;
}

static int open_map(unsigned char **out, const char *dir, const char *name, size_t bytes,
                    const struct header *want, bool writable, struct sg_error *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/delta/%s", dir, name);
    if (n < 0 || (size_t)n >= sizeof path)
        return sg_fail(e, SG_EINVAL, "path too long: %s", dir);
    int rc = attach(out, path, bytes, want, writable, e);
    if (!writable || (rc != SG_ENOENT && rc != SG_ECORRUPT))
        return rc;
    rc = make(path, bytes, want, e);
    return rc ? rc : attach(out, path, bytes, want, writable, e);
}

int sg_delta_maps_open(struct sg_delta_maps *m, const char *generation_dir,
                       const uint32_t counts[SG_KINDS], uint64_t stamp, bool writable,
                       struct sg_error *e)
{
    *m = (struct sg_delta_maps){0};
    memcpy(m->counts, counts, sizeof m->counts);
    m->dead_bytes = layout(m);
    m->plays_bytes = sizeof(struct header) + ((size_t)counts[SG_SONG] + 1) * 8;
    pthread_once(&boot_once, read_boot);
    struct header h = {.magic = DEAD_MAGIC, .stamp = stamp ^ boot};
    memcpy(h.counts, counts, sizeof h.counts);
    int rc = open_map(&m->dead, generation_dir, "dead.map", m->dead_bytes, &h, writable, e);
    h.magic = PLAYS_MAGIC;
    if (!rc)
        rc = open_map(&m->plays, generation_dir, "plays.map", m->plays_bytes, &h, writable, e);
    if (rc)
        sg_delta_maps_close(m);
    return rc;
}

void sg_delta_maps_close(struct sg_delta_maps *m)
{
    if (m->dead)
        munmap(m->dead, m->dead_bytes);
    if (m->plays)
        munmap(m->plays, m->plays_bytes);
    m->dead = m->plays = NULL;
}

void sg_delta_maps_start(struct sg_delta_maps *m, uint64_t txn)
{
    atomic_store_explicit(&header_of(m->dead)->started, txn, memory_order_release);
}

void sg_delta_maps_finish(struct sg_delta_maps *m, uint64_t txn)
{
    atomic_store_explicit(&header_of(m->dead)->applied, txn, memory_order_release);
}

static _Atomic uint64_t *word_of(const struct sg_delta_maps *m, enum sg_kind kind, uint32_t docid)
{
    return (_Atomic uint64_t *)(m->dead + m->first[kind]) + docid / 64;
}

void sg_delta_maps_kill(struct sg_delta_maps *m, enum sg_kind kind, uint32_t docid)
{
    if (docid <= m->counts[kind])
        atomic_fetch_or_explicit(word_of(m, kind, docid), (uint64_t)1 << docid % 64,
                                 memory_order_release);
}

enum sg_delta_fate sg_delta_maps_fate(const struct sg_delta_maps *m, enum sg_kind kind,
                                      uint32_t docid, uint64_t snapshot)
{
    if (!m->dead || docid > m->counts[kind])
        return SG_FATE_UNSURE;
    struct header *h = header_of(m->dead);
    uint64_t applied = atomic_load_explicit(&h->applied, memory_order_acquire);
    uint64_t word = atomic_load_explicit(word_of(m, kind, docid), memory_order_acquire);
    if (!(word >> docid % 64 & 1))
        return applied >= snapshot ? SG_FATE_LIVE : SG_FATE_UNSURE;
    uint64_t started = atomic_load_explicit(&h->started, memory_order_acquire);
    return started <= snapshot ? SG_FATE_DEAD : SG_FATE_UNSURE;
}

static _Atomic uint64_t *plays_of(const struct sg_delta_maps *m, uint32_t docid)
{
    return (_Atomic uint64_t *)(m->plays + sizeof(struct header)) + docid;
}

void sg_delta_maps_plays(struct sg_delta_maps *m, uint32_t docid, uint64_t count)
{
    if (docid <= m->counts[SG_SONG])
        atomic_store_explicit(plays_of(m, docid), count + 1, memory_order_relaxed);
}

bool sg_delta_maps_get_plays(const struct sg_delta_maps *m, uint32_t docid, uint64_t *count)
{
    if (!m->plays || docid > m->counts[SG_SONG])
        return false;
    uint64_t v = atomic_load_explicit(plays_of(m, docid), memory_order_relaxed);
    if (v)
        *count = v - 1;
    return v != 0;
}
