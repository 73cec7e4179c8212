/* map.c - see map.h. */
#include "core/map.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int sg_map_open(struct sg_map *m, const char *path, size_t min_bytes, struct sg_error *e)
{
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    if (fstat(fd, &st) < 0) {
        rc = sg_fail_errno(e, "stat %s", path);
        goto done;
    }
    if (st.st_size <= 0 || (size_t)st.st_size < min_bytes) {
        rc = sg_fail(e, SG_ECORRUPT, "%s: %lld bytes, expected at least %zu", path,
                     (long long)st.st_size, min_bytes);
        goto done;
    }
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        rc = sg_fail_errno(e, "map %s", path);
    else
        *m = (struct sg_map){p, (size_t)st.st_size};
done:
    close(fd);
    return rc;
}

void sg_map_close(struct sg_map *m)
{
    if (m->p)
        munmap((void *)m->p, m->n);
    *m = (struct sg_map){0};
}
