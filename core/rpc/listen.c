/* listen.c - see listen.h. */
#include "core/rpc/listen.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int make_folders(char *path, struct sg_error *e)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0755);
        if (rc && errno != EEXIST)
            return sg_fail_errno(e, "make folder %s", path);
        *slash = '/';
    }
    return 0;
}

/* Whether somebody listens: 1 yes, 0 no, negative: cannot be told. */
static int is_alive(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int rc = connect(fd, (const struct sockaddr *)at, sizeof *at), err = errno;
    close(fd);
    if (rc == 0 || err == EAGAIN) /* EAGAIN: its backlog is full */
        return 1;
    return err == ECONNREFUSED || err == ENOENT ? 0 : -1;
}

int rpc_listen_ready(const char *url, struct sg_error *e)
{
    if (strncmp(url, "ipc://", 6) != 0)
        return 0;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(url + 6);
    if (n == 0 || n >= sizeof at.sun_path)
        return sg_fail(e, SG_EINVAL, "%s: a socket's path has 1 to %zu bytes", url,
                       sizeof at.sun_path - 1);
    memcpy(at.sun_path, url + 6, n + 1);
    int rc = make_folders(at.sun_path, e);
    if (rc)
        return rc;
    struct stat st;
    if (lstat(at.sun_path, &st) != 0)
        return errno == ENOENT ? 0 : sg_fail_errno(e, "%s", at.sun_path);
    if (!S_ISSOCK(st.st_mode))
        return sg_fail(e, SG_EEXIST, "%s is there and is not a socket", at.sun_path);
    int alive = is_alive(&at);
    if (alive)
        return alive > 0 ? sg_fail(e, SG_EBUSY, "another server listens on %s", url)
                         : sg_fail(e, SG_EIO, "cannot tell whether a server listens on %s", url);
    if (unlink(at.sun_path) && errno != ENOENT)
        return sg_fail_errno(e, "remove stale socket %s", at.sun_path);
    return 0;
}
