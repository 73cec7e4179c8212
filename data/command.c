/* command.c - segue-data migrate, and how commands fail. */
#include "data/command.h"
#include "core/pg.h"
#include <stdlib.h>
#include <sys/stat.h>

int sg_data_failed(const char *command, const struct sg_error *e)
{
    fprintf(stderr, "segue-data %s: %s\n", command, e->text[0] ? e->text : sg_err_name(e->code));
    return 1;
}

int sg_data_misused(const char *command, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "segue-data %s: ", command);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\nSee segue-data %s --help\n", command);
    va_end(ap);
    return 2;
}

/* $SEGUE_SOURCE, else where this was compiled, else beside the working folder. */
static const char *migrations(char *out, size_t cap)
{
    const char *roots[] = {getenv("SEGUE_SOURCE"), SEGUE_SOURCE_DIR, "."};
    struct stat st;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        if (!roots[i] || !*roots[i])
            continue;
        int n = snprintf(out, cap, "%s/schemas/sql", roots[i]);
        if (n > 0 && (size_t)n < cap && !stat(out, &st) && S_ISDIR(st.st_mode))
            return out;
    }
    return NULL;
}

int sg_data_migrate(const struct sg_config *config, int argc, char **argv)
{
    char found[4096];
    const char *dir = argc == 2 ? argv[1] : migrations(found, sizeof found);
    if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
        return sg_data_misused("migrate", "expected at most a folder");
    struct sg_error e = SG_ERROR_INIT;
    if (!dir) {
        sg_fail(&e, SG_ENOENT, "no schemas/sql; set SEGUE_SOURCE or name the folder");
        return sg_data_failed("migrate", &e);
    }
    PGconn *c = NULL;
    size_t applied = 0;
    int rc = sg_pg_connect(&c, config->pg.dsn, &e);
    if (!rc)
        rc = sg_pg_migrate(c, dir, &applied, &e);
    PQfinish(c);
    if (rc)
        return sg_data_failed("migrate", &e);
    printf("%zu migrations applied\n", applied);
    return 0;
}
