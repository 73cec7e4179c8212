/* join.c - kept covers as one square picture, made by segue-images like those that are sent:
 * it is given bytes that it made itself, in one piece, and no path. */
#include "core/buf.h"
#include "core/covers/inside.h"
#include <string.h>
#include <unistd.h>

bool sg_covers_has(const struct sg_covers *c, const char *name)
{
    char folder[700];
    covers_folder(c, name, folder, sizeof folder);
    return access(folder, F_OK) == 0;
}

/* Each behind its length, in the size that its part needs. */
static int gather(struct sg_covers *c, const char *const *names, size_t n, struct sg_buf *out,
                  struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        size_t at = out->n;
        sg_buf_put(out, "\0\0\0\0", 4);
        rc = sg_covers_read(c, names[i], n == 1 ? 1200 : 640, false, out, e);
        size_t length = rc ? 0 : out->n - at - 4;
        for (size_t k = 0; !rc && k < 4; k++)
            out->p[at + k] = (char)(length >> (24 - 8 * k));
    }
    if (!rc && sg_buf_failed(out))
        rc = sg_fail(e, SG_ENOMEM, "covers");
    return rc;
}

static int join(struct sg_covers *c, const char *const *names, size_t n, struct sg_cover *made,
                int64_t deadline_us, struct sg_error *e)
{
    struct sg_buf covers = {0};
    char *at;
    int rc = covers_enter(c, made->name, deadline_us, &at, e);
    if (rc)
        return rc;
    if (!sg_covers_has(c, made->name)) {
        rc = gather(c, names, n, &covers, e);
        if (!rc)
            rc = covers_decode(c, "mosaic", sg_buf_str(&covers), deadline_us, made, e);
        if (!rc)
            rc = sg_covers_publish(c, made, e);
        sg_covers_drop(made);
    }
    covers_leave(c, at);
    sg_buf_free(&covers);
    return rc;
}

int sg_covers_join(struct sg_covers *c, const char *const *names, size_t n, const char *name,
                   int64_t deadline_us, struct sg_error *e)
{
    struct sg_cover made = {0};
    memcpy(made.name, name, sizeof made.name);
    pthread_mutex_lock(&c->lock);
    bool room = c->joining < JOINING_MAX; /* the workers have others to answer too */
    c->joining += room;
    pthread_mutex_unlock(&c->lock);
    if (!room)
        return sg_fail(e, SG_EBUSY, "other pictures are being made");
    int rc = join(c, names, n, &made, deadline_us, e);
    pthread_mutex_lock(&c->lock);
    c->joining--;
    pthread_mutex_unlock(&c->lock);
    return rc;
}
