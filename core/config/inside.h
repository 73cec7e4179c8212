/* inside.h - private to core/config.
 *
 * One table describes every key; file, environment, defaults and template all walk it. Text may say
 * {var_dir}, {user} and {source_dir}, which are replaced once everything has been read.
 */
#pragma once
#include "core/config.h"

enum config_type {
    CONFIG_WHOLE,
    CONFIG_DECIMAL,
    CONFIG_TEXT,
    CONFIG_PATH,
    CONFIG_URL, /* to listen at or connect to: ipc, tcp */
    CONFIG_WEB,
    CONFIG_CHOICE
};

struct config_key {
    const char *name, *help;
    size_t offset; /* in struct sg_config */
    enum config_type type;
    double min, max;
    const char *dflt;
    const char *const *choices; /* ends with NULL */
};

enum { CONFIG_KEYS_MAX = 256 };
extern const struct config_key config_keys[]; /* var_dir is the first */
extern const size_t config_n_keys;

/* NULL: there is none of this name; none that is like it. */
const struct config_key *config_find(struct sg_str name);
const struct config_key *config_nearest(struct sg_str name);

/* false: it is no value of k. */
bool config_assign(struct sg_config *c, const struct config_key *k, struct sg_str s);
bool config_copy_text(struct sg_str s, char *out); /* SG_CONFIG_TEXT bytes */
/* "a whole number from 1 to 65535" */
void config_expected(const struct config_key *k, char *out, size_t n);
/* SG_EINVAL: says what was expected, and where it is that said otherwise ("file:line: "). */
int config_refuse(const struct config_key *k, const char *where, struct sg_str value,
                  struct sg_error *e);

int config_read_file(struct sg_config *c, const char *path, struct sg_error *e);
int config_read_environment(struct sg_config *c, struct sg_error *e);
