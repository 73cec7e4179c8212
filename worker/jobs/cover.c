/* cover.c - see cover.h. */
#include "worker/jobs/cover.h"
#include "core/clock.h"
#include "core/log.h"
#include "worker/database.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DECODE_US = 20000000, AT_ONCE = 1 << 16 };

/* What segue-audio wrote: neither a link nor a pipe is followed. */
static int open_picture(const char *out_dir, const struct sg_audio_facts *facts, struct sg_error *e)
{
    char path[900];
    struct stat st;
    bool png = sg_str_eq(facts->cover_type, SG_STR("image/png"));
    snprintf(path, sizeof path, "%s/f/cover.%s", out_dir, png ? "png" : "jpg");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return sg_fail_errno(e, "the file's cover");
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= SG_AUDIO_COVER_MAX)
        return fd;
    close(fd);
    return sg_fail(e, SG_ECORRUPT, "the file's cover is not as segue-audio told");
}

static int read_picture(int fd, struct sg_buf *out, struct sg_error *e)
{
    for (ssize_t n = 1; n != 0 && out->n <= SG_AUDIO_COVER_MAX;) {
        char *at = sg_buf_reserve(out, AT_ONCE);
        if (!at)
            return sg_fail(e, SG_ENOMEM, "a cover");
        n = read(fd, at, AT_ONCE);
        if (n < 0 && errno != EINTR)
            return sg_fail_errno(e, "the file's cover");
        out->n += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int know(struct sg_pg_pool *pool, const struct sg_cover *cover, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "cover_know",
        "INSERT INTO pictures (hash, width, height) VALUES ($1, $2::integer, $3::integer) "
        "ON CONFLICT (hash) DO UPDATE SET touched_at = now()",
        3};
    char width[16], height[16];
    snprintf(width, sizeof width, "%d", cover->width);
    snprintf(height, sizeof height, "%d", cover->height);
    return sg_worker_run(pool, &insert, (const char *const[]){cover->name, width, height}, NULL, e);
}

/* Known first, then on disk, then somebody's, as in the API. */
static int make(const char *var_dir, struct sg_pg_pool *pool, struct sg_str bytes,
                struct sg_cover *made, struct sg_error *e)
{
    struct sg_covers *covers = NULL;
    int rc = sg_covers_open(&covers, var_dir, e);
    if (!rc)
        rc = sg_covers_make(covers, bytes, sg_now_us() + DECODE_US, made, e);
    if (!rc)
        rc = know(pool, made, e);
    if (!rc)
        rc = sg_covers_publish(covers, made, e);
    sg_covers_drop(made);
    sg_covers_close(covers);
    return rc;
}

/* What is made where no API reads it would be shown nowhere. */
static bool has_folder(const char *var_dir)
{
    char path[600];
    snprintf(path, sizeof path, "%.500s/covers", var_dir);
    return access(path, W_OK) == 0;
}

void encode_cover_make(const char *var_dir, struct sg_pg_pool *pool, const char *out_dir,
                       const struct sg_audio_facts *facts, struct sg_cover *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf bytes = {0};
    struct sg_cover made = {0};
    *out = made;
    if (!facts->has_cover)
        return;
    if (!has_folder(var_dir)) {
        sg_log(SG_LOG_WARN, "a file's cover is left out: var_dir has no folder of covers", NULL);
        return;
    }
    int fd = open_picture(out_dir, facts, &e);
    int rc = fd < 0 ? fd : read_picture(fd, &bytes, &e);
    if (fd >= 0)
        close(fd);
    if (!rc)
        rc = make(var_dir, pool, sg_buf_str(&bytes), &made, &e);
    sg_buf_free(&bytes);
    if (rc)
        sg_log(SG_LOG_INFO, "a file's cover is left out", "error=%s", e.text);
    else
        *out = made;
}
