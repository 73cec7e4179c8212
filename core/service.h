/* service.h - what the main() of every program shares.
 *
 *   int main(int argc, char **argv) { return sg_program_main(&program, argc, argv); }
 *
 * Gives --help, --version, --config FILE (default: $SEGUE_CONFIG, else
 * ./segue.conf when there is one), sub-commands with their own --help, exit
 * codes (0 done, 1 failed, 2 wrong usage), logging set up from the
 * configuration, and SIGTERM/SIGINT as a request to stop. Commands other than
 * the service log warnings and errors only, unless --verbose or SEGUE_LOG_LEVEL
 * asks for more.
 */
#pragma once
#include "core/config.h"

struct sg_command {
    const char *name;
    const char *usage;   /* "rebuild [--force]" */
    const char *summary; /* one line */
    const char *help;    /* long text printed by --help; may be NULL */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(const struct sg_config *config, int argc, char **argv);
};

struct sg_program {
    const char *name; /* "segue-indexer" */
    const char *summary;
    const struct sg_command *commands; /* ends with {0} */
    const char *service;               /* the one that runs until stopped; NULL: none */
};

int sg_program_main(const struct sg_program *program, int argc, char **argv);

/* True once SIGTERM or SIGINT came (async-signal-safe flag). */
bool sg_stopping(void);
/* Sleeps until stop is asked for or timeout_ms passed; true when stopping.
 * timeout_ms < 0: without limit. */
bool sg_wait_stop(int timeout_ms);
void sg_request_stop(void);
