/* cli.c - see cli.h: arguments into a request, and out comes the answer. */
#include "query/cli.h"
#include "query/ask.h"
#include "query/show.h"
#include <stdlib.h>
#include <unistd.h>

#define TYPES_MAX 16

struct arguments {
    struct sg_search_request request;
    struct sg_str types[TYPES_MAX];
    char text[SG_QUERY_MAX + 2]; /* one more than allowed, so that it is refused */
    size_t n;
    bool json, local;
};

static int usage(const char *command, const char *what, const char *value)
{
    fprintf(stderr, "segue-query %s: %s%s%s%s\nSee segue-query %s --help\n", command, what,
            value ? " '" : "", value ? value : "", value ? "'" : "", command);
    return 2;
}

/* Several words on the command line are one query. */
static void add_text(struct arguments *a, const char *word)
{
    if (a->n && a->n < sizeof a->text)
        a->text[a->n++] = ' ';
    for (; *word && a->n < sizeof a->text; word++)
        a->text[a->n++] = *word;
    a->request.q = (struct sg_str){a->text, a->n};
}

static bool set_types(struct arguments *a, const char *value)
{
    struct sg_str *types = a->types;
    size_t n = 0;
    while (*value && n < TYPES_MAX) {
        size_t len = strcspn(value, ",");
        types[n++] = (struct sg_str){value, len};
        value += len + (value[len] == ',');
    }
    a->request.types = (struct sg_list){types, n};
    return n > 0 && !*value;
}

/* "1999" or "1990-1999". */
static bool set_years(struct arguments *a, const char *value)
{
    size_t len = strcspn(value, "-");
    struct sg_search_request *r = &a->request;
    if (!sg_str_to_i64((struct sg_str){value, len}, &r->year_from))
        return false;
    r->year_to = r->year_from;
    return !value[len] || sg_str_to_i64(sg_str(value + len + 1), &r->year_to);
}

static bool set_explicit(struct arguments *a, const char *value)
{
    bool yes = !strcmp(value, "yes");
    a->request.is_explicit = yes;
    return yes || !strcmp(value, "no");
}

static bool set_value(struct arguments *a, const char *option, const char *value)
{
    struct sg_search_request *r = &a->request;
    if (!strcmp(option, "--type"))
        return set_types(a, value);
    if (!strcmp(option, "--limit"))
        return sg_str_to_i64(sg_str(value), &r->limit);
    if (!strcmp(option, "--offset"))
        return sg_str_to_i64(sg_str(value), &r->offset);
    if (!strcmp(option, "--sort")) {
        r->sort = sg_str(value);
        return true;
    }
    if (!strcmp(option, "--in")) {
        r->in = sg_str(value);
        return true;
    }
    if (!strcmp(option, "--artist"))
        return sg_str_to_u64(sg_str(value), &r->artist_id);
    if (!strcmp(option, "--year"))
        return set_years(a, value);
    if (!strcmp(option, "--explicit"))
        return set_explicit(a, value);
    r->genre = sg_str(value);
    return true;
}

static bool takes_value(const char *option, bool search)
{
    static const char *const options[] = {"--limit",    "--type",  "--offset", "--artist", "--year",
                                          "--explicit", "--genre", "--sort",   "--in"};
    size_t n = search ? sizeof options / sizeof *options : 1;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(option, options[i]))
            return true;
    return false;
}

static bool set_flag(struct arguments *a, const char *option, bool search)
{
    bool *flag = !strcmp(option, "--json")                ? &a->json
                 : !strcmp(option, "--local")             ? &a->local
                 : search && !strcmp(option, "--explain") ? &a->request.explain
                                                          : NULL;
    if (flag)
        *flag = true;
    bool all = search && !strcmp(option, "--all-versions");
    if (all)
        a->request.group = false;
    return flag || all;
}

static int parse(struct arguments *a, bool search, int argc, char **argv)
{
    bool literal = false;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (literal || arg[0] != '-' || !arg[1])
            add_text(a, arg);
        else if (!strcmp(arg, "--"))
            literal = true;
        else if (takes_value(arg, search)) {
            if (i + 1 == argc)
                return usage(argv[0], "a value is missing after", arg);
            if (!set_value(a, arg, argv[++i]))
                return usage(argv[0], "wrong value", argv[i]);
        } else if (!set_flag(a, arg, search))
            return usage(argv[0], "no option", arg);
    }
    return a->n ? 0 : usage(argv[0], "what shall be looked for?", NULL);
}

static int fail(const char *command, const struct sg_error *e)
{
    fprintf(stderr, "segue-query %s: %s%s%s\n", command, e->field, *e->field ? ": " : "", e->text);
    return e->code == SG_EINVAL ? 2 : 1;
}

/* Somebody at a terminal wants answers and warnings, no diary. */
static void quieten(const struct sg_config *c)
{
    int64_t level = c->log.level > SG_LOG_WARN ? c->log.level : SG_LOG_WARN;
    sg_log_setup("query", (enum sg_log_level)level, (enum sg_log_format)c->log.format);
}

static bool is_styled(void)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_color && *no_color);
}

static int print(const char *command, struct sg_buf *out)
{
    bool ok = !sg_buf_failed(out) && fwrite(out->p, 1, out->n, stdout) == out->n && !fflush(stdout);
    sg_buf_free(out);
    if (!ok)
        fprintf(stderr, "segue-query %s: output failed\n", command);
    return ok ? 0 : 1;
}

int sg_cli_search(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct arguments a = {0};
    struct sg_search_reply reply;
    struct sg_buf out = {0};
    struct sg_ask *ask;
    sg_record_init(&sg_search_request_record, &a.request);
    int rc = parse(&a, true, argc, argv);
    if (rc)
        return rc;
    quieten(c);
    if (sg_ask_open(&ask, c, a.local, &e))
        return fail(argv[0], &e);
    rc = sg_ask_search(ask, &a.request, &reply, &e);
    if (!rc && a.json)
        sg_show_json(&out, &sg_search_reply_record, &reply);
    else if (!rc)
        sg_show_search(&out, &reply, sg_ask_answered_by(ask), is_styled());
    rc = rc ? fail(argv[0], &e) : print(argv[0], &out);
    sg_ask_close(ask);
    return rc;
}

int sg_cli_suggest(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct arguments a = {0};
    struct sg_suggest_request request;
    struct sg_suggest_reply reply;
    struct sg_buf out = {0};
    struct sg_ask *ask;
    sg_record_init(&sg_search_request_record, &a.request);
    sg_record_init(&sg_suggest_request_record, &request);
    a.request.limit = request.limit;
    int rc = parse(&a, false, argc, argv);
    if (rc)
        return rc;
    quieten(c);
    request.q = a.request.q;
    request.limit = a.request.limit;
    if (sg_ask_open(&ask, c, a.local, &e))
        return fail(argv[0], &e);
    rc = sg_ask_suggest(ask, &request, &reply, &e);
    if (!rc && a.json)
        sg_show_json(&out, &sg_suggest_reply_record, &reply);
    else if (!rc)
        sg_show_suggest(&out, &reply, sg_ask_answered_by(ask), is_styled());
    rc = rc ? fail(argv[0], &e) : print(argv[0], &out);
    sg_ask_close(ask);
    return rc;
}
