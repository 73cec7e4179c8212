/* print.c - the configuration for people: the template, and what is in force. */
#include "core/config/inside.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void sg_config_print_template(FILE *to)
{
    fprintf(to, "# segue.conf - the configuration of every Segue program.\n"
                "#\n"
                "# Each key is shown with its default; remove the '#' to change it. A variable\n"
                "# SEGUE_SECTION_KEY (api.port: SEGUE_API_PORT) overrides the file. Relative\n"
                "# paths start at this file's folder. {var_dir}, {user} and {source_dir} are\n"
                "# replaced in text. Quote a value that holds ' #' or outer spaces.\n");
    size_t section = SIZE_MAX;
    for (size_t i = 0; i < config_n_keys; i++) {
        const struct config_key *k = &config_keys[i];
        size_t n = strcspn(k->name, ".");
        if (i == 0 || n != section || strncmp(k->name, config_keys[i - 1].name, n + 1) != 0)
            fputc('\n', to);
        section = n;
        fprintf(to, "# %s", k->help);
        char want[160] = "";
        config_expected(k, want, sizeof want);
        if (k->type == CONFIG_WHOLE || k->type == CONFIG_DECIMAL || k->type == CONFIG_CHOICE)
            fprintf(to, " (%s)", want);
        fprintf(to, "\n#%s =%s%s\n", k->name, *k->dflt ? " " : "", k->dflt);
    }
}

static void print_value(const struct sg_config *c, const struct config_key *k, FILE *to)
{
    const char *at = (const char *)c + k->offset;
    if (k->type == CONFIG_WHOLE)
        fprintf(to, "%" PRId64, *(const int64_t *)(const void *)at);
    else if (k->type == CONFIG_DECIMAL)
        fprintf(to, "%g", *(const double *)(const void *)at);
    else if (k->type == CONFIG_CHOICE)
        fputs(k->choices[*(const int64_t *)(const void *)at], to);
    else
        fputs(at, to);
    fputc('\n', to);
}

int sg_config_print(const struct sg_config *c, const char *key, FILE *to, struct sg_error *e)
{
    bool found = false;
    for (size_t i = 0; i < config_n_keys; i++) {
        if (key && strcmp(key, config_keys[i].name) != 0)
            continue;
        if (!key)
            fprintf(to, "%s = ", config_keys[i].name);
        print_value(c, &config_keys[i], to);
        found = true;
    }
    return found ? 0 : sg_fail(e, SG_ENOENT, "there is no key '%s'", key);
}
