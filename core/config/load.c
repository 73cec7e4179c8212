/* load.c - defaults, then the file, then the environment; then placeholders and relative paths, so
 * that moving var_dir moves what lies below it. */
#include "core/buf.h"
#include "core/config/inside.h"
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void user_name(char *out, size_t n)
{
    struct passwd entry, *found = NULL;
    char bytes[4096];
    if (getpwuid_r(geteuid(), &entry, bytes, sizeof bytes, &found) == 0 && found)
        snprintf(out, n, "%s", found->pw_name);
    else
        snprintf(out, n, "%u", (unsigned)geteuid());
}

static void substitute(struct sg_buf *out, const char *text, const char *var_dir)
{
    char user[256];
    user_name(user, sizeof user);
    const char *const pairs[][2] = {
        {"{var_dir}", var_dir}, {"{user}", user}, {"{source_dir}", SEGUE_SOURCE_DIR}};
    while (*text) {
        size_t i = 0;
        while (i < 3 && strncmp(text, pairs[i][0], strlen(pairs[i][0])) != 0)
            i++;
        if (i < 3) {
            sg_buf_puts(out, pairs[i][1]);
            text += strlen(pairs[i][0]);
        } else {
            sg_buf_putc(out, *text++);
        }
    }
}

static bool is_relative(const struct config_key *k, const char *value)
{
    if (k->type == CONFIG_URL)
        return !strncmp(value, "ipc://", 6) && value[6] != '/';
    return k->type == CONFIG_PATH && *value && *value != '/' &&
           !(k->offset == offsetof(struct sg_config, indexer.source) && !strcmp(value, "postgres"));
}

static int resolve_key(struct sg_config *c, const struct config_key *k, const char *base,
                       struct sg_error *e)
{
    char *value = (char *)c + k->offset;
    struct sg_buf text = {0}, full = {0};
    substitute(&text, value, c->var_dir);
    sg_buf_putc(&text, '\0');
    int rc = sg_buf_failed(&text) ? sg_fail(e, SG_ENOMEM, "configuration") : 0;
    if (!rc) {
        bool relative = is_relative(k, text.p);
        size_t scheme = k->type == CONFIG_URL && relative ? strlen("ipc://") : 0;
        sg_buf_put(&full, text.p, scheme);
        if (relative) {
            sg_buf_puts(&full, base);
            sg_buf_putc(&full, '/');
        }
        sg_buf_puts(&full, text.p + scheme);
        if (sg_buf_failed(&full))
            rc = sg_fail(e, SG_ENOMEM, "configuration");
        else if (!config_copy_text(sg_buf_str(&full), value))
            rc = sg_fail(e, SG_ELIMIT, "%s: longer than %d bytes with its folder", k->name,
                         SG_CONFIG_TEXT - 1);
    }
    sg_buf_free(&text);
    sg_buf_free(&full);
    return rc;
}

/* var_dir is the first key, so the others see it resolved. */
static int resolve(struct sg_config *c, const char *base, struct sg_error *e)
{
    for (size_t i = 0; i < config_n_keys; i++) {
        bool text = config_keys[i].type == CONFIG_TEXT || config_keys[i].type == CONFIG_PATH ||
                    config_keys[i].type == CONFIG_URL;
        int rc = text ? resolve_key(c, &config_keys[i], base, e) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int base_folder(const char *path, char base[PATH_MAX], struct sg_error *e)
{
    char full[PATH_MAX];
    if (!path)
        return getcwd(base, PATH_MAX) ? 0 : sg_fail_errno(e, "current folder");
    if (!realpath(path, full))
        return sg_fail_errno(e, "%s", path);
    *strrchr(full, '/') = '\0';
    memcpy(base, full, strlen(full) + 1);
    return 0;
}

static void set_defaults(struct sg_config *c)
{
    *c = (struct sg_config){0};
    for (size_t i = 0; i < config_n_keys; i++)
        config_assign(c, &config_keys[i], sg_str(config_keys[i].dflt));
}

void sg_config_defaults(struct sg_config *c)
{
    char base[PATH_MAX];
    set_defaults(c);
    if (base_folder(NULL, base, NULL) == 0)
        resolve(c, base, NULL);
}

int sg_config_load(struct sg_config *c, const char *path, struct sg_error *e)
{
    char base[PATH_MAX];
    set_defaults(c);
    int rc = base_folder(path, base, e);
    if (!rc && path)
        rc = config_read_file(c, path, e);
    if (!rc)
        rc = config_read_environment(c, e);
    return rc ? rc : resolve(c, base, e);
}
