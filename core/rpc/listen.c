/* listen.c - see listen.h. */
#include "core/rpc/listen.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
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

/* Greets as an nng client does, and lets the server greet back: hanging up in
 * the middle of it would hurt older nng servers (see watch.h). */
static void greet(int fd)
{
    char theirs[8];
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(fd, "\0SP\0\0\x30\0\0", 8, MSG_NOSIGNAL) == 8)
        recv(fd, theirs, sizeof theirs, MSG_WAITALL);
}

/* 1: somebody accepts there, 0: nobody does, or an error. */
static int is_alive(const struct sockaddr_un *at, struct sg_error *e)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return sg_fail_errno(e, "socket");
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* of connect too */
    int rc = connect(fd, (const struct sockaddr *)at, sizeof *at);
    int err = errno;
    if (rc == 0)
        greet(fd);
    close(fd);
    if (rc == 0 || err == EAGAIN || err == EINPROGRESS)
        return 1;
    if (err == ECONNREFUSED || err == ENOENT)
        return 0;
    errno = err;
    return sg_fail_errno(e, "%s", at->sun_path);
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
    rc = is_alive(&at, e);
    if (rc < 0)
        return rc;
    if (rc > 0)
        return sg_fail(e, SG_EBUSY, "another server listens on %s", url);
    if (unlink(at.sun_path) && errno != ENOENT)
        return sg_fail_errno(e, "remove stale socket %s", at.sun_path);
    return 0;
}
