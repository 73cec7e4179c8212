/* calls.c - the list of system calls. libseccomp names them for every architecture; a name
 * that this one has not is passed over. */
#include "audio/confine/inside.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Whatever their arguments: on descriptors that are open, on own memory, own threads, time. */
static const char *const always[] = {
    "read",
    "pread64",
    "readv",
    "preadv",
    "write",
    "pwrite64",
    "writev",
    "pwritev",
    "lseek",
    "_llseek",
    "close",
    "fstat",
    "fstat64",
    "ftruncate",
    "ftruncate64",
    "fallocate",
    "fadvise64",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "dup",
    "dup2",
    "dup3",
    "memfd_create",
    "copy_file_range",
    "sendfile",
    "munmap",
    "mremap",
    "madvise",
    "msync",
    "mincore",
    "brk",
    "mlock",
    "munlock",
    "futex",
    "futex_time64",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "membarrier",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "rt_sigpending",
    "sigaltstack",
    "restart_syscall",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "getcpu",
    "gettid",
    "getpid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "exit",
    "exit_group",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "gettimeofday",
    "time",
    "getrandom",
    "poll",
    "ppoll",
    "ppoll_time64",
    "select",
    "pselect6",
    "sysinfo",
    "uname",
    "getrusage",
    "times",
    "get_mempolicy",
    "getitimer",
    "flock",
};

/* Fail softly: libraries try them and go on without. */
static const struct {
    const char *name;
    int error;
} in_vain[] = {
    {"clone3", ENOSYS}, /* its flags are out of a filter's reach; libc then takes clone */
    {"ioctl", ENOTTY},
    {"readlink", EACCES},
    {"readlinkat", EACCES},
    {"access", EACCES},
    {"faccessat", EACCES},
    {"faccessat2", EACCES},
    {"stat", EACCES},
    {"lstat", EACCES},
    {"statfs", EACCES},
    {"fstatfs", EACCES},
    {"getcwd", EACCES},
    {"fgetxattr", EACCES},
    {"sched_setaffinity", EPERM},
    {"sched_setscheduler", EPERM},
    {"setpriority", EPERM},
    {"getpriority", EPERM},
    {"setrlimit", EPERM},
    {"mbind", EPERM},
    {"set_mempolicy", EPERM},
};

/* On names, which Landlock holds below the folder; without it they are not to be had. */
static const struct {
    const char *name;
    int error; /* without Landlock */
} by_path[] = {
    {"mkdir", EEXIST},  {"mkdirat", EEXIST}, /* f/ and p/ are there */
    {"unlink", EACCES}, {"unlinkat", EACCES}, {"rmdir", EACCES}, {"getdents64", EACCES},
};

static int add(scmp_filter_ctx f, uint32_t action, const char *name, unsigned n,
               const struct scmp_arg_cmp *args, struct sg_error *e)
{
    int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR)
        return 0;
    int rc = seccomp_rule_add_array(f, action, call, n, args);
    if (rc == -EDOM || rc == -EOPNOTSUPP) /* not on this architecture */
        return 0;
    errno = -rc;
    return rc ? sg_fail_errno(e, "seccomp: %s", name) : 0;
}

static int add_lists(scmp_filter_ctx f, bool paths, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof always / sizeof *always; i++)
        rc = add(f, SCMP_ACT_ALLOW, always[i], 0, NULL, e);
    for (size_t i = 0; !rc && i < sizeof in_vain / sizeof *in_vain; i++)
        rc = add(f, SCMP_ACT_ERRNO((uint16_t)in_vain[i].error), in_vain[i].name, 0, NULL, e);
    for (size_t i = 0; !rc && i < sizeof by_path / sizeof *by_path; i++)
        rc = add(f, paths ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((uint16_t)by_path[i].error),
                 by_path[i].name, 0, NULL, e);
    return rc;
}

/* Memory that is not executable; threads, and no processes; signals to itself; limits are read. */
static int add_narrow(scmp_filter_ctx f, struct sg_error *e)
{
    const scmp_datum_t self = (scmp_datum_t)getpid(), thread = CLONE_THREAD | CLONE_VM;
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp is_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread);
    const struct scmp_arg_cmp to_self = SCMP_A0(SCMP_CMP_EQ, self);
    const struct scmp_arg_cmp reads[] = {SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)};
    const struct scmp_arg_cmp name = SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME);
    const struct scmp_arg_cmp of_memory = SCMP_A0(SCMP_CMP_EQ, 0x53564d41); /* PR_SET_VMA */
    int rc = add(f, SCMP_ACT_ALLOW, "mmap", 1, &not_executable, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "mmap2", 1, &not_executable, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "mprotect", 1, &not_executable, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "clone", 1, &is_thread, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "tgkill", 1, &to_self, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "prlimit64", 2, reads, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "getrlimit", 0, NULL, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "prctl", 1, &name, e);
    return rc ? rc : add(f, SCMP_ACT_ALLOW, "prctl", 1, &of_memory, e);
}

/* fcntl, but no signals to be sent for input (F_SETOWN and the like). */
static int add_fcntl(scmp_filter_ctx f, struct sg_error *e)
{
    static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD,
                                   F_GETFL, F_SETFL,         F_SETLK, F_GETLK};
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof commands / sizeof *commands; i++) {
        const struct scmp_arg_cmp is = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i]);
        rc = add(f, SCMP_ACT_ALLOW, "fcntl", 1, &is, e);
        if (!rc)
            rc = add(f, SCMP_ACT_ALLOW, "fcntl64", 1, &is, e);
    }
    return rc;
}

/* Names: of what is open (newfstatat with an empty one is fstat), and new files. */
static int add_open(scmp_filter_ctx f, bool paths, bool writes, struct sg_error *e)
{
    const scmp_datum_t fresh = O_CREAT | O_EXCL, empty = AT_EMPTY_PATH;
    const struct scmp_arg_cmp makes = SCMP_A2(SCMP_CMP_MASKED_EQ, fresh, fresh);
    const struct scmp_arg_cmp no_name = SCMP_A3(SCMP_CMP_MASKED_EQ, empty, empty);
    const struct scmp_arg_cmp no_name_x = SCMP_A2(SCMP_CMP_MASKED_EQ, empty, empty);
    const struct scmp_arg_cmp named = SCMP_A3(SCMP_CMP_MASKED_EQ, empty, 0);
    const struct scmp_arg_cmp named_x = SCMP_A2(SCMP_CMP_MASKED_EQ, empty, 0);
    int rc = add(f, SCMP_ACT_ALLOW, "newfstatat", 1, &no_name, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ALLOW, "statx", 1, &no_name_x, e);
    if (!rc)
        rc = add(f, paths ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), "newfstatat", 1, &named, e);
    if (!rc)
        rc = add(f, paths ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES), "statx", 1, &named_x, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ERRNO(EACCES), "open", 0, NULL, e);
    if (rc)
        return rc;
    if (paths)
        return add(f, SCMP_ACT_ALLOW, "openat", 0, NULL, e);
    const struct scmp_arg_cmp other[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, 0)};
    const struct scmp_arg_cmp other_x[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, fresh, O_CREAT)};
    if (!writes)
        return add(f, SCMP_ACT_ERRNO(EACCES), "openat", 0, NULL, e);
    rc = add(f, SCMP_ACT_ALLOW, "openat", 1, &makes, e);
    if (!rc)
        rc = add(f, SCMP_ACT_ERRNO(EACCES), "openat", 1, other, e);
    return rc ? rc : add(f, SCMP_ACT_ERRNO(EACCES), "openat", 1, other_x, e);
}

/* For their reports, and to know which memory may be read. */
static int add_sanitizers(scmp_filter_ctx f, struct sg_error *e)
{
    static const char *const calls[] = {"pipe", "pipe2", "personality"};
    int rc = 0;
    for (size_t i = 0; !rc && CONFINE_SANITIZED && i < sizeof calls / sizeof *calls; i++)
        rc = add(f, SCMP_ACT_ALLOW, calls[i], 0, NULL, e);
    return rc;
}

int confine_calls(bool paths, bool writes, struct sg_error *e)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!f)
        return sg_fail(e, SG_ENOMEM, "seccomp");
    int rc = add_lists(f, paths, e);
    if (!rc)
        rc = add_narrow(f, e);
    if (!rc)
        rc = add_fcntl(f, e);
    if (!rc)
        rc = add_open(f, paths, writes, e);
    if (!rc)
        rc = add_sanitizers(f, e);
    if (!rc)
        rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) ? sg_fail(e, SG_EIO, "seccomp") : 0;
    if (!rc) {
        errno = -seccomp_load(f);
        rc = errno ? sg_fail_errno(e, "seccomp_load") : 0;
    }
    seccomp_release(f);
    return rc;
}
