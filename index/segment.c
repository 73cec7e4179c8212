/* segment.c - see segment.h. */
#include "index/segment.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "segments are little-endian");

int sg_segment_parse(struct sg_segment *out, struct sg_str bytes, const char *magic,
                     struct sg_error *e)
{
    struct sg_segment_header h;
    if (bytes.n < sizeof h)
        return sg_fail(e, SG_ECORRUPT, "%zu bytes are no segment", bytes.n);
    memcpy(&h, bytes.p, sizeof h);
    if (memcmp(h.magic, magic, sizeof h.magic))
        return sg_fail(e, SG_ECORRUPT, "not a %.8s segment", magic);
    if (h.xxh3 != XXH3_64bits(&h, offsetof(struct sg_segment_header, xxh3)))
        return sg_fail(e, SG_ECORRUPT, "header checksum differs");
    if (h.bytes != bytes.n)
        return sg_fail(e, SG_ECORRUPT, "%zu bytes, expected %llu", bytes.n,
                       (unsigned long long)h.bytes);
    for (int i = 0; i < SG_SEGMENT_SECTIONS; i++) {
        if (h.offset[i] > bytes.n || h.size[i] > bytes.n - h.offset[i])
            return sg_fail(e, SG_ECORRUPT, "section %d lies outside of the file", i);
    }
    memcpy(out->value, h.value, sizeof h.value);
    for (int i = 0; i < SG_SEGMENT_SECTIONS; i++)
        out->section[i] = (struct sg_str){bytes.p + h.offset[i], h.size[i]};
    return 0;
}

int sg_segment_create(struct sg_segment_writer *w, const char *path, const char *magic,
                      struct sg_error *e)
{
    *w = (struct sg_segment_writer){.section = -1};
    memcpy(w->header.magic, magic, sizeof w->header.magic);
    w->path = strdup(path);
    if (!w->path || asprintf(&w->tmp, "%s.tmp", path) < 0) {
        w->tmp = NULL;
        sg_segment_abort(w);
        return sg_fail(e, SG_ENOMEM, "segment %s", path);
    }
    w->file = fopen(w->tmp, "wbe");
    if (!w->file) {
        int rc = sg_fail_errno(e, "create %s", w->tmp);
        sg_segment_abort(w);
        return rc;
    }
    setvbuf(w->file, NULL, _IOFBF, 1 << 18);
    sg_segment_put(w, &w->header, sizeof w->header);
    return 0;
}

void sg_segment_put(struct sg_segment_writer *w, const void *p, size_t n)
{
    if (n > 0 && !w->failed && fwrite(p, 1, n, w->file) != n)
        w->failed = errno ? errno : EIO;
    w->at += n;
    if (w->section >= 0)
        w->header.size[w->section] += n;
}

void sg_segment_begin(struct sg_segment_writer *w, int section)
{
    static const char zeros[8];
    w->section = -1;
    sg_segment_put(w, zeros, (8 - w->at % 8) % 8);
    w->section = section;
    w->header.offset[section] = w->at;
}

uint64_t sg_segment_size(const struct sg_segment_writer *w)
{
    return w->header.size[w->section];
}

static int sync_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int rc = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    free(copy);
    return rc;
}

static int write_header(struct sg_segment_writer *w)
{
    w->header.bytes = w->at;
    w->header.xxh3 = XXH3_64bits(&w->header, offsetof(struct sg_segment_header, xxh3));
    if (fseek(w->file, 0, SEEK_SET) || fwrite(&w->header, sizeof w->header, 1, w->file) != 1)
        return -1;
    return fflush(w->file) || fsync(fileno(w->file)) ? -1 : 0;
}

int sg_segment_commit(struct sg_segment_writer *w, struct sg_error *e)
{
    int rc = 0;
    errno = w->failed;
    if (w->failed || write_header(w)) {
        rc = sg_fail_errno(e, "write %s", w->tmp);
        goto done;
    }
    rc = fclose(w->file);
    w->file = NULL;
    /* For reading only: what others have mapped is never written again, not by mistake either. */
    if (rc || chmod(w->tmp, 0444) || rename(w->tmp, w->path) || sync_directory(w->path)) {
        rc = sg_fail_errno(e, "publish %s", w->path);
        goto done;
    }
    free(w->tmp);
    w->tmp = NULL;
done:
    sg_segment_abort(w);
    return rc;
}

void sg_segment_abort(struct sg_segment_writer *w)
{
    if (w->file)
        fclose(w->file);
    if (w->tmp)
        unlink(w->tmp);
    free(w->tmp);
    free(w->path);
    *w = (struct sg_segment_writer){.section = -1};
}
