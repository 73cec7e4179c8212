/* environment.c - variables: SEGUE_SECTION_KEY. */
#include "core/config/inside.h"
#include "core/nearest.h"
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern char **environ;

static void variable_name(const struct config_key *k, char out[80])
{
    snprintf(out, 80, "SEGUE_%s", k->name);
    for (char *p = out; *p; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}

static const struct config_key *key_of_variable(struct sg_str name)
{
    char of_key[80];
    for (size_t i = 0; i < config_n_keys; i++) {
        variable_name(&config_keys[i], of_key);
        if (sg_str_eq(name, sg_str(of_key)))
            return &config_keys[i];
    }
    return NULL;
}

/* Variables that belong to other programs of the project. */
static bool is_foreign(struct sg_str name)
{
    return sg_str_eq(name, SG_STR("SEGUE_CONFIG")) || sg_str_eq(name, SG_STR("SEGUE_DATASETS")) ||
           sg_str_eq(name, SG_STR("SEGUE_BIN")) || sg_str_starts(name, SG_STR("SEGUE_PG_")) ||
           sg_str_starts(name, SG_STR("SEGUE_TEST_"));
}

/* A misspelt key: refused when it starts with a section's name or is close to
 * a known variable, since a silent typo is worse than a stop. */
static int unknown_variable(struct sg_str name, struct sg_error *e)
{
    char typed[64], known[80], near[80] = "";
    bool in_section = false;
    size_t least = SIZE_MAX;
    snprintf(typed, sizeof typed, "%.*s", SG_FMT(name));
    for (size_t i = 0; i < config_n_keys; i++) {
        variable_name(&config_keys[i], known);
        const char *dot = strchr(config_keys[i].name, '.');
        size_t section = dot ? (size_t)(dot - config_keys[i].name) + sizeof "SEGUE_" : 0;
        in_section |= section && sg_str_starts(name, (struct sg_str){known, section});
        size_t d = sg_edit_distance(typed, known);
        if (d < least && sg_is_near(d, name.n - strlen("SEGUE_"))) {
            least = d;
            memcpy(near, known, sizeof near);
        }
    }
    if (!in_section && least > 2)
        return 0;
    return sg_fail(e, SG_EINVAL, "environment: no key for %s%s%s%s", typed,
                   *near ? "; did you mean " : "", near, *near ? "?" : "");
}

static int read_variable(struct sg_config *c, const char *entry, struct sg_error *e)
{
    const char *equals = strchr(entry, '=');
    if (!equals || strncmp(entry, "SEGUE_", 6) != 0)
        return 0;
    struct sg_str name = {entry, (size_t)(equals - entry)}, value = sg_str(equals + 1);
    const struct config_key *k = key_of_variable(name);
    if (!k)
        return is_foreign(name) ? 0 : unknown_variable(name, e);
    char where[100];
    snprintf(where, sizeof where, "%.*s: ", SG_FMT(name));
    return config_assign(c, k, value) ? 0 : config_refuse(k, where, value, e);
}

int config_read_environment(struct sg_config *c, struct sg_error *e)
{
    for (char **entry = environ; *entry; entry++) {
        int rc = read_variable(c, *entry, e);
        if (rc)
            return rc;
    }
    return 0;
}
