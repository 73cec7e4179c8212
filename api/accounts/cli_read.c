/* cli_read.c - see cli_parts.h. */
#include "api/accounts/cli_parts.h"
#include "core/instant.h"

static const char *const names[CLI_COMMANDS] = {
    [CLI_CREATE] = "create",
    [CLI_LIST] = "list",
    [CLI_SHOW] = "show",
    [CLI_SET_PASSWORD] = "set-password",
    [CLI_SET_ROLE] = "set-role",
    [CLI_SET_SUBSCRIPTION] = "set-subscription",
    [CLI_REVOKE] = "revoke-sessions",
    [CLI_TOKEN] = "token",
    [CLI_DELETE] = "delete",
};

static bool add_role(struct cli *c, const char *name)
{
    if (c->n_roles == CLI_ROLES_MAX || !sg_role_of(sg_str(name)))
        return false;
    c->roles[c->n_roles++] = sg_str(name);
    return true;
}

/* An option with a value; false: there is none of this name for the command. */
static bool take_value(struct cli *c, const char *name, const char *value)
{
    bool create = c->command == CLI_CREATE;
    int64_t us;
    uint64_t n;
    if (create && !strcmp(name, "--email"))
        c->email = value;
    else if (create && !strcmp(name, "--name"))
        c->name = value;
    else if (create && !strcmp(name, "--role"))
        return add_role(c, value);
    else if (create && !strcmp(name, "--subscription"))
        c->subscription = value;
    else if ((create || c->command == CLI_SET_SUBSCRIPTION) && !strcmp(name, "--until") &&
             sg_instant_parse(sg_str(value), &us))
        c->until = value;
    else if (c->command == CLI_LIST && !strcmp(name, "--limit") &&
             sg_str_to_u64(sg_str(value), &n) && n <= 1000000)
        c->limit = value;
    else
        return false;
    return true;
}

static bool take_flag(struct cli *c, const char *name)
{
    bool password = c->command == CLI_CREATE || c->command == CLI_SET_PASSWORD;
    if (!strcmp(name, "--json"))
        c->json = true;
    else if (password && !strcmp(name, "--generate"))
        c->generate = true;
    else if (c->command == CLI_DELETE && !strcmp(name, "--yes"))
        c->yes = true;
    else
        return false;
    return true;
}

static bool take_word(struct cli *c, const char *word)
{
    if (c->command == CLI_CREATE || c->command == CLI_LIST)
        return false;
    if (!c->user)
        c->user = word;
    else if (c->command == CLI_SET_ROLE)
        return add_role(c, word);
    else if (c->command == CLI_SET_SUBSCRIPTION && !c->subscription)
        c->subscription = word;
    else
        return false;
    return true;
}

static bool whole(const struct cli *c)
{
    enum sg_subscription s;
    if (c->subscription && !sg_subscription_of(sg_str(c->subscription), &s))
        return false;
    switch (c->command) {
    case CLI_CREATE:
        return c->email != NULL;
    case CLI_LIST:
        return true;
    case CLI_SET_SUBSCRIPTION:
        return c->user && c->subscription;
    case CLI_DELETE:
        return c->user && c->yes;
    default:
        return c->user != NULL;
    }
}

bool cli_read(struct cli *c, int argc, char **argv)
{
    int at = 0;
    while (argc > 1 && at < CLI_COMMANDS && strcmp(argv[1], names[at]) != 0)
        at++;
    if (argc < 2 || at == CLI_COMMANDS)
        return false;
    c->command = (enum cli_command)at;
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 ? take_word(c, argv[i]) : take_flag(c, argv[i]))
            continue;
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc || !take_value(c, argv[i], argv[i + 1]))
            return false;
        i++;
    }
    return whole(c);
}
