/* io.c - see io.h. */
#include "audio/decode/io.h"
#include <errno.h>
#include <libavutil/mem.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW 65536

static int on_read(void *opaque, uint8_t *buf, int n)
{
    struct sg_io *io = opaque;
    ssize_t got = -1;
    if (io->budget < 0)
        return AVERROR_EXIT;
    do
        got = pread(io->fd, buf, (size_t)n, io->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return AVERROR(errno);
    io->at += got;
    io->budget -= got;
    return got ? (int)got : AVERROR_EOF;
}

static int64_t on_seek(void *opaque, int64_t offset, int whence)
{
    struct sg_io *io = opaque;
    int64_t base = 0, to;
    if (whence & AVSEEK_SIZE)
        return io->size;
    whence &= ~AVSEEK_FORCE;
    if (whence == SEEK_CUR)
        base = io->at;
    else if (whence == SEEK_END)
        base = io->size;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return AVERROR(EINVAL);
    io->at = to;
    io->budget -= 512; /* going to and fro without end is no reading either */
    return to;
}

static int on_open(struct AVFormatContext *s, AVIOContext **pb, const char *url, int flags,
                   AVDictionary **options)
{
    (void)s, (void)pb, (void)url, (void)flags, (void)options;
    return AVERROR(EPERM);
}

int sg_io_open(struct sg_io *io, int fd, struct sg_error *e)
{
    struct stat st;
    *io = (struct sg_io){.fd = fd};
    if (fstat(fd, &st))
        return sg_fail_errno(e, "the file");
    if (!S_ISREG(st.st_mode))
        return sg_fail(e, SG_EINVAL, "the sound must be a regular file");
    io->size = st.st_size;
    unsigned char *window = av_malloc(WINDOW);
    io->avio = window ? avio_alloc_context(window, WINDOW, 0, io, on_read, NULL, on_seek) : NULL;
    if (!io->avio) {
        av_free(window);
        return sg_fail(e, SG_ENOMEM, "the file");
    }
    return 0;
}

void sg_io_close(struct sg_io *io)
{
    if (io->avio)
        av_freep(&io->avio->buffer);
    avio_context_free(&io->avio);
}

void sg_io_attach(struct sg_io *io, AVFormatContext *format)
{
    format->pb = io->avio;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = on_open;
}
