/* What a process that reads strangers' files can still do, with Landlock and without. Each attempt
 * is made in a process of its own; the kernel without Landlock is this one, with its calls refused
 * beforehand. */
#include "audio/confine.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an attempt ends with: 0 it could, REFUSED it got an error, 128 + signal. */
enum { COULD, REFUSED = 1, NOT_CONFINED = 99, KILLED = 128 + SIGSYS };

static char out[100], other[120]; /* the folder, and a file elsewhere */
static bool landlock;             /* looped over */

static void without_landlock(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (!f || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), 444, 0) || seccomp_load(f))
        _exit(NOT_CONFINED);
    seccomp_release(f);
}

static int in_child(bool writes, int (*attempt)(int dir))
{
    const struct sg_confine_bounds bounds = {20, 2ull << 30, 1 << 20};
    struct sg_error e = SG_ERROR_INIT;
    int dir = -1, status = 0;
    snprintf(out, sizeof out, "%s", test_scratch());
    pid_t pid = fork();
    if (pid == 0) {
        if (!landlock)
            without_landlock();
        if (sg_confine(writes ? out : NULL, &bounds, &dir, &e)) {
            fprintf(stderr, "%s\n", e.text);
            _exit(NOT_CONFINED);
        }
        _exit(attempt(dir));
    }
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int opens(int dir, const char *path, int flags)
{
    return openat(dir, path, flags, 0600) < 0 ? REFUSED : COULD;
}
static int read_passwd(int dir)
{
    return opens(dir, "/etc/passwd", O_RDONLY);
}
static int read_passwd_as_new(int dir)
{
    return opens(dir, "/etc/passwd", O_RDONLY | O_CREAT);
}
static int write_existing(int dir)
{
    return opens(dir, "../../etc/hostname", O_WRONLY);
}
static int open_by_old_call(int dir)
{
    (void)dir;
    return syscall(SYS_open, "/etc/passwd", O_RDONLY) < 0 ? REFUSED : COULD;
}
static int list_root(int dir)
{
    (void)dir;
    return opendir("/") ? COULD : REFUSED;
}
static int delete_other(int dir)
{
    (void)dir;
    return unlink(other) ? REFUSED : COULD;
}
static int overwrite_other(int dir)
{
    return opens(dir, other, O_WRONLY | O_CREAT | O_TRUNC);
}
static int read_own_job(int dir)
{
    (void)dir;
    return opens(AT_FDCWD, "/proc/self/environ", O_RDONLY);
}
START_TEST(no_path_outside_the_folder_is_opened)
{
    for (int i = 0; i < 2; i++) {
        landlock = i;
        ck_assert_int_eq(in_child(true, read_passwd), REFUSED);
        ck_assert_int_eq(in_child(true, read_passwd_as_new), REFUSED);
        ck_assert_int_eq(in_child(true, write_existing), REFUSED);
        ck_assert_int_eq(in_child(true, open_by_old_call), REFUSED);
        ck_assert_int_eq(in_child(true, list_root), REFUSED);
        ck_assert_int_eq(in_child(true, delete_other), REFUSED);
        ck_assert_int_eq(in_child(true, overwrite_other), REFUSED);
        ck_assert_int_eq(access(other, F_OK), 0);
        ck_assert_int_eq(in_child(false, read_passwd), REFUSED);
        ck_assert_int_eq(in_child(false, read_passwd_as_new), REFUSED);
    }
    landlock = false; /* where it holds, a sanitizer may read /proc for its reports */
    ck_assert_int_eq(in_child(true, read_own_job), REFUSED);
}
END_TEST

static int make_file_outside(int dir)
{
    char path[140];
    snprintf(path, sizeof path, "%s.new", other);
    return opens(dir, path, O_WRONLY | O_CREAT | O_EXCL);
}
static int make_file(int dir)
{
    char back[6] = "";
    int fd = openat(dir, "f/a.mp4", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || write(fd, "bytes", 5) != 5 || pread(fd, back, 5, 0) != 5)
        return REFUSED;
    struct stat st;
    return strcmp(back, "bytes") == 0 && fstat(fd, &st) == 0 && st.st_size == 5 ? COULD : REFUSED;
}
static int make_huge_file(int dir)
{
    int fd = openat(dir, "p/a.mp4", O_RDWR | O_CREAT | O_EXCL, 0600);
    signal(SIGXFSZ, SIG_IGN);
    return fd < 0 || pwrite(fd, "x", 1, 2 << 20) == 1 ? COULD : REFUSED;
}
START_TEST(new_files_are_made_in_the_folder_within_bounds)
{
    for (int i = 0; i < 2; i++) {
        landlock = i;
        ck_assert_int_eq(in_child(true, make_file), COULD);
        ck_assert_int_eq(in_child(true, make_huge_file), REFUSED);
    }
    ck_assert_int_eq(in_child(true, make_file_outside), REFUSED);
}
END_TEST

static int use_socket(int dir)
{
    (void)dir;
    return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? REFUSED : COULD;
}
static int execute(int dir)
{
    (void)dir;
    char *argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execv(argv[0], argv);
    return REFUSED;
}
static int fork_once(int dir)
{
    (void)dir;
    return syscall(SYS_fork) < 0 ? REFUSED : COULD;
}
static int fork_by_clone(int dir)
{
    (void)dir;
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 ? REFUSED : COULD;
}
static int trace(int dir)
{
    (void)dir;
    return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0 ? REFUSED : COULD;
}
static int read_parent(int dir)
{
    (void)dir;
    return syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0) < 0 ? REFUSED : COULD;
}
static int kill_parent(int dir)
{
    (void)dir;
    return kill(getppid(), 0) ? REFUSED : COULD;
}
static int kill_parents_thread(int dir)
{
    (void)dir;
    return syscall(SYS_tgkill, getppid(), getppid(), 0) ? REFUSED : COULD;
}
static int run_memory(int dir)
{
    (void)dir;
    void *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? REFUSED : COULD;
}
static int make_executable(int dir)
{
    (void)dir;
    static char page[8192] __attribute__((aligned(4096)));
    return mprotect(page, 4096, PROT_READ | PROT_EXEC) ? REFUSED : COULD;
}
static int new_namespace(int dir)
{
    (void)dir;
    return syscall(SYS_unshare, 0x10000000) ? REFUSED : COULD;
}
static int load_filter(int dir)
{
    (void)dir;
    return prctl(PR_SET_SECCOMP, 2, 0, 0, 0) ? REFUSED : COULD;
}
static int raise_limit(int dir)
{
    (void)dir;
    struct rlimit more = {1 << 30, 1 << 30};
    return setrlimit(RLIMIT_FSIZE, &more) ? REFUSED : COULD;
}
static int uring(int dir)
{
    (void)dir;
    return syscall(425, 8, NULL) < 0 ? REFUSED : COULD;
}
START_TEST(what_is_not_on_the_list_kills_it)
{
    static int (*const attempts[])(int) = {
        use_socket,    execute,     fork_once,   fork_by_clone,   trace,
        read_parent,   kill_parent, run_memory,  make_executable, kill_parents_thread,
        new_namespace, load_filter, raise_limit, uring,
    };
    for (size_t i = 0; i < 2 * sizeof attempts / sizeof *attempts; i++) {
        landlock = i % 2;
        ck_assert_msg(in_child(i % 4 < 2, attempts[i / 2]) == KILLED, "attempt %zu", i / 2);
    }
}
END_TEST

static void *set_flag(void *ctx)
{
    *(int *)ctx = 1;
    return NULL;
}
static int use_thread(int dir)
{
    (void)dir;
    pthread_t t;
    int flag = 0;
    if (pthread_create(&t, NULL, set_flag, &flag))
        return REFUSED;
    pthread_join(t, NULL);
    return flag ? COULD : REFUSED;
}
static int use_memory(int dir)
{
    (void)dir;
    char *p = malloc(64 << 20);
    char *more = p ? realloc(p, 128 << 20) : NULL;
    if (more)
        memset(more, 1, 128 << 20);
    free(more);
    return more ? COULD : REFUSED;
}
static int read_input(int dir)
{
    (void)dir;
    char some[4];
    int fd = memfd_create("scratch", MFD_CLOEXEC);
    return fd >= 0 && read(STDIN_FILENO, some, sizeof some) >= 0 && write(fd, "a", 1) == 1
               ? COULD
               : REFUSED;
}
static int fault(int dir)
{
    (void)dir;
    signal(SIGABRT, SIG_DFL);
    abort();
}
START_TEST(what_decoding_needs_is_there)
{
    for (int i = 0; i < 2; i++) {
        landlock = i;
        ck_assert_int_eq(in_child(true, use_thread), COULD);
        ck_assert_int_eq(in_child(false, use_memory), COULD);
        ck_assert_int_eq(in_child(false, read_input), COULD);
        ck_assert_int_eq(in_child(true, fault), 128 + SIGABRT);
    }
}
END_TEST

static int burn(int dir)
{
    (void)dir;
    struct rlimit r;
    return getrlimit(RLIMIT_CPU, &r) || r.rlim_cur > 20 || getrlimit(RLIMIT_CORE, &r) || r.rlim_max
               ? REFUSED
               : COULD;
}
START_TEST(time_and_core_dumps_are_bounded)
{
    landlock = true;
    ck_assert_int_eq(in_child(true, burn), COULD);
}
END_TEST

static void setup(void)
{
    snprintf(other, sizeof other, "%s/other", test_scratch());
    close(open(other, O_WRONLY | O_CREAT, 0600));
}

int main(void)
{
    Suite *s = suite_create("confine");
    TCase *t = tcase_create("confine");
    tcase_add_unchecked_fixture(t, setup, NULL);
    tcase_add_test(t, no_path_outside_the_folder_is_opened);
    tcase_add_test(t, new_files_are_made_in_the_folder_within_bounds);
    tcase_add_test(t, what_is_not_on_the_list_kills_it);
    tcase_add_test(t, what_decoding_needs_is_there);
    tcase_add_test(t, time_and_core_dumps_are_bounded);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
