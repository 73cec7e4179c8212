/* cli_parts.h - what `segue-api user` was asked for; private to cli.c and cli_read.c. */
#pragma once
#include "api/accounts/parts.h"

enum cli_command {
    CLI_CREATE,
    CLI_LIST,
    CLI_SHOW,
    CLI_SET_PASSWORD,
    CLI_SET_ROLE,
    CLI_SET_SUBSCRIPTION,
    CLI_REVOKE,
    CLI_TOKEN,
    CLI_DELETE,
    CLI_COMMANDS,
};
#define CLI_ROLES_MAX 8
struct cli {
    struct sg_accounts accounts; /* config, db and, once asked for, tokens */
    struct sg_arena arena;
    enum cli_command command;
    const char *user, *email, *name, *subscription, *until, *limit;
    struct sg_str roles[CLI_ROLES_MAX];
    size_t n_roles;
    bool json, generate, yes;
    char id[24];
    char made[24]; /* the password that was made here; told once it is kept */
};
/* cli_read.c: the arguments; false: wrong usage. */
bool cli_read(struct cli *c, int argc, char **argv);
