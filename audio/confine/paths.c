/* paths.c - Landlock (Linux 5.13 and later; its interface is in Documentation/userspace-api). The
 * constants are here, for the kernel that runs may know more than the headers of the one who
 * builds. */
#include "audio/confine/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset /* the same numbers on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { ASK_VERSION = 1, BELOW_PATH = 1 };
enum { /* rights */
       WRITE_FILE = 1 << 1,
       READ_FILE = 1 << 2,
       READ_DIR = 1 << 3,
       REMOVE_DIR = 1 << 4,
       REMOVE_FILE = 1 << 5,
       MAKE_DIR = 1 << 7,
       MAKE_REG = 1 << 8,
       TRUNCATE = 1 << 14,
};

struct ruleset {
    uint64_t files, net, scoped;
};
struct below {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

/* All that the kernel can forbid: 13 rights over files in version 1, one more in 2, 3 and 5, TCP in
 * 4, abstract sockets and signals in 6. */
static struct ruleset all_of(long version)
{
    int bits = 13 + (version >= 2) + (version >= 3) + (version >= 5);
    return (struct ruleset){
        .files = (UINT64_C(1) << bits) - 1,
        .net = version >= 4 ? 3 : 0,
        .scoped = version >= 6 ? 3 : 0,
    };
}

static size_t size_of(long version)
{
    return version >= 6 ? 24 : version >= 4 ? 16 : 8;
}

static int allow(int ruleset, int dir, uint64_t rights, struct sg_error *e)
{
    struct below rule = {.allowed = rights, .parent_fd = dir};
    return syscall(SYS_landlock_add_rule, ruleset, BELOW_PATH, &rule, 0)
               ? sg_fail_errno(e, "landlock_add_rule")
               : 0;
}

/* A sanitizer reads its own maps when it has something to say. */
static int allow_report(int ruleset, struct sg_error *e)
{
    int proc = open("/proc", O_PATH | O_CLOEXEC);
    if (proc < 0)
        return sg_fail_errno(e, "/proc");
    int rc = allow(ruleset, proc, READ_FILE | READ_DIR, e);
    close(proc);
    return rc;
}

int confine_paths(int dir, bool *held, struct sg_error *e)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
    *held = false;
    if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM))
        return 0; /* not built in, not turned on, or not let through by a container */
    if (version < 1)
        return sg_fail_errno(e, "landlock_create_ruleset");
    struct ruleset all = all_of(version);
    uint64_t own = WRITE_FILE | READ_FILE | READ_DIR | REMOVE_DIR | REMOVE_FILE | MAKE_DIR |
                   MAKE_REG | TRUNCATE;
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size_of(version), 0);
    if (ruleset < 0)
        return sg_fail_errno(e, "landlock_create_ruleset");
    int rc = dir >= 0 ? allow(ruleset, dir, own & all.files, e) : 0;
    if (!rc && CONFINE_SANITIZED)
        rc = allow_report(ruleset, e);
    if (!rc && syscall(SYS_landlock_restrict_self, ruleset, 0))
        rc = sg_fail_errno(e, "landlock_restrict_self");
    close(ruleset);
    *held = rc == 0;
    return rc;
}
