/* service.c - see service.h. */
#include "core/service.h"
#include "core/nearest.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_bool stopping;
static atomic_int wake_fd = -1;
static pthread_once_t wake_once = PTHREAD_ONCE_INIT;

bool sg_stopping(void)
{
    return atomic_load(&stopping);
}

static void open_wake_fd(void)
{
    atomic_store(&wake_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

/* Nobody drains the event: it stays readable, so every waiter wakes. */
void sg_request_stop(void)
{
    int saved = errno;
    atomic_store(&stopping, true);
    int fd = atomic_load(&wake_fd);
    uint64_t one = 1;
    if (fd >= 0 && write(fd, &one, sizeof one) < 0)
        errno = saved; /* full: already readable */
    errno = saved;
}

bool sg_wait_stop(int timeout_ms)
{
    pthread_once(&wake_once, open_wake_fd);
    if (sg_stopping())
        return true;
    struct pollfd p = {.fd = atomic_load(&wake_fd), .events = POLLIN};
    poll(&p, 1, timeout_ms);
    return sg_stopping();
}

/* The second Ctrl-C of an impatient person ends the program at once. */
static void on_signal(int signal)
{
    if (signal == SIGINT && sg_stopping())
        _exit(130);
    sg_request_stop();
}

static void catch_signals(void)
{
    pthread_once(&wake_once, open_wake_fd);
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    sigaction(SIGTERM, &a, NULL);
    sigaction(SIGINT, &a, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

/* Every program's own: the configuration as it took it, from file and environment. */
static int print_config(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    if (argc > 2) {
        fprintf(stderr, "usage: config [KEY]\n");
        return 2;
    }
    if (sg_config_print(config, argv[1], stdout, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    return 0;
}
static const struct sg_command config_command = {
    "config", "config [KEY]", "print the configuration in force, or one key's value", NULL,
    print_config};

static void print_help(const struct sg_program *p, FILE *to)
{
    fprintf(to, "%s - %s\n\nusage: %s [--config FILE] COMMAND [ARGUMENTS]\n\ncommands:\n", p->name,
            p->summary, p->name);
    int width = 0;
    for (const struct sg_command *c = p->commands; c->name; c++)
        if ((int)strlen(c->usage) > width)
            width = (int)strlen(c->usage);
    for (const struct sg_command *c = p->commands; c->name; c++)
        fprintf(to, "  %-*s  %s\n", width, c->usage, c->summary);
    fprintf(to, "  %-*s  %s\n", width, config_command.usage, config_command.summary);
    fprintf(to, "\noptions:\n"
                "  --config FILE  configuration (default: $SEGUE_CONFIG, else ./segue.conf)\n"
                "  --verbose      commands that are not services log what a service would\n"
                "  --help         this text; after a command, the command's own\n"
                "  --version      version\n");
}

static int print_command_help(const struct sg_program *p, const struct sg_command *c)
{
    printf("usage: %s %s\n\n%s\n", p->name, c->usage, c->summary);
    if (c->help)
        printf("\n%s\n", c->help);
    return 0;
}

static int unknown_command(const struct sg_program *p, const char *name)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;
    for (const struct sg_command *c = p->commands; c->name; c++) {
        size_t d = sg_edit_distance(name, c->name);
        if (d < best && sg_is_near(d, strlen(name))) {
            best = d;
            nearest = c->name;
        }
    }
    fprintf(stderr, "%s: no command '%s'", p->name, name);
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\nSee %s --help\n", p->name);
    return 2;
}

static const struct sg_command *find_command(const struct sg_program *p, const char *name)
{
    for (const struct sg_command *c = p->commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return strcmp(config_command.name, name) ? NULL : &config_command;
}

/* What the common options say; they are taken out of argv, wherever they stand
 * before a "--". */
struct options {
    const char *config;
    bool help, version, verbose;
};

static int take_options(struct options *o, const char *program, int *argc, char **argv)
{
    int n = 1;
    bool literal = false;
    for (int i = 1; i < *argc; i++) {
        literal |= !strcmp(argv[i], "--");
        if (literal) {
            argv[n++] = argv[i];
        } else if (!strcmp(argv[i], "--config")) {
            if (i + 1 == *argc) {
                fprintf(stderr, "%s: --config needs a file\n", program);
                return 2;
            }
            o->config = argv[++i];
        } else if (!strncmp(argv[i], "--config=", 9)) {
            o->config = argv[i] + 9;
        } else if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            o->help = true;
        } else if (!strcmp(argv[i], "--verbose")) {
            o->verbose = true;
        } else if (n == 1 && !strcmp(argv[i], "--version")) {
            o->version = true;
        } else {
            argv[n++] = argv[i];
        }
    }
    argv[n] = NULL;
    *argc = n;
    return 0;
}

static const char *config_path(const struct options *o)
{
    if (o->config)
        return o->config;
    const char *env = getenv("SEGUE_CONFIG");
    if (env && *env)
        return env;
    return access("segue.conf", F_OK) == 0 ? "segue.conf" : NULL;
}

static void set_up_log(const struct sg_program *p, const struct sg_command *c,
                       const struct options *o, const struct sg_config *config)
{
    const char *dash = strchr(p->name, '-');
    enum sg_log_level level = (enum sg_log_level)config->log.level;
    bool quiet =
        (!p->service || strcmp(c->name, p->service)) && !o->verbose && !getenv("SEGUE_LOG_LEVEL");
    sg_log_setup(dash ? dash + 1 : p->name, quiet && level < SG_LOG_WARN ? SG_LOG_WARN : level,
                 (enum sg_log_format)config->log.format);
}

static int run(const struct sg_program *p, const struct sg_command *c, const struct options *o,
               int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config *config = malloc(sizeof *config);
    int rc = config ? sg_config_load(config, config_path(o), &e) : sg_fail(&e, SG_ENOMEM, "memory");
    int code = 1;
    if (rc) {
        fprintf(stderr, "%s: %s\n", p->name, e.text);
    } else {
        set_up_log(p, c, o, config);
        catch_signals();
        code = c->run(config, argc, argv);
    }
    free(config);
    return code;
}

int sg_program_main(const struct sg_program *program, int argc, char **argv)
{
    struct options o = {0};
    int rc = take_options(&o, program->name, &argc, argv);
    if (rc)
        return rc;
    if (o.version) {
        printf("%s %s\n", program->name, SEGUE_VERSION);
        return 0;
    }
    if (argc < 2) {
        print_help(program, o.help ? stdout : stderr);
        return o.help ? 0 : 2;
    }
    const struct sg_command *c = find_command(program, argv[1]);
    if (!c && argv[1][0] == '-') {
        fprintf(stderr, "%s: no option '%s'\nSee %s --help\n", program->name, argv[1],
                program->name);
        return 2;
    }
    if (!c)
        return unknown_command(program, argv[1]);
    return o.help ? print_command_help(program, c) : run(program, c, &o, argc - 1, argv + 1);
}
