/* file.c - the file: lines of `section.key = value`. */
#include "core/buf.h"
#include "core/config/inside.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct line {
    const char *file;
    int number;
    struct sg_str key, value;
    char unquoted[SG_CONFIG_TEXT];
};

static int bad_line(const struct line *l, struct sg_error *e, const char *what)
{
    return sg_fail(e, SG_EINVAL, "%s:%d: %s", l->file, l->number, what);
}

static struct sg_str trim(struct sg_str s)
{
    while (s.n && isspace((unsigned char)s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Up to a '#' at the start or after white space. */
static struct sg_str without_comment(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || isspace((unsigned char)s.p[i - 1])))
            return trim((struct sg_str){s.p, i});
    return s;
}

/* "..." with \" and \\ inside; nothing but a comment may follow. */
static int unquote(struct line *l, struct sg_error *e)
{
    struct sg_str s = l->value;
    size_t n = 0, i = 1;
    for (; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
            i++;
        if (n + 1 >= sizeof l->unquoted)
            return bad_line(l, e, "value is too long");
        l->unquoted[n++] = s.p[i];
    }
    if (i >= s.n)
        return bad_line(l, e, "the closing quote is missing");
    if (without_comment(trim((struct sg_str){s.p + i + 1, s.n - i - 1})).n)
        return bad_line(l, e, "text after the closing quote");
    l->value = (struct sg_str){l->unquoted, n};
    return 0;
}

/* 1: key and value were read, 0: nothing on this line, or an error. */
static int read_line(struct line *l, struct sg_str text, struct sg_error *e)
{
    text = trim(text);
    if (!text.n || text.p[0] == '#')
        return 0;
    const char *equals = memchr(text.p, '=', text.n);
    if (!equals)
        return bad_line(l, e, "expected 'section.key = value'");
    l->key = trim((struct sg_str){text.p, (size_t)(equals - text.p)});
    l->value = trim((struct sg_str){equals + 1, (size_t)(text.p + text.n - equals - 1)});
    if (l->value.n && l->value.p[0] == '"') {
        int rc = unquote(l, e);
        return rc ? rc : 1;
    }
    l->value = without_comment(l->value);
    return 1;
}

static int unknown_key(const struct line *l, struct sg_error *e)
{
    const struct config_key *near = config_nearest(l->key);
    int shown = l->key.n > 80 ? 80 : (int)l->key.n;
    return sg_fail(e, SG_EINVAL, "%s:%d: no key '%.*s'%s%s%s", l->file, l->number, shown, l->key.p,
                   near ? "; did you mean '" : "", near ? near->name : "", near ? "'?" : "");
}

static int apply_line(struct sg_config *c, const struct line *l, int *seen, struct sg_error *e)
{
    const struct config_key *k = config_find(l->key);
    if (!k)
        return unknown_key(l, e);
    int *first = &seen[k - config_keys];
    if (*first)
        return sg_fail(e, SG_EINVAL, "%s:%d: %s was already set on line %d", l->file, l->number,
                       k->name, *first);
    *first = l->number;
    char where[300];
    snprintf(where, sizeof where, "%s:%d: ", l->file, l->number);
    return config_assign(c, k, l->value) ? 0 : config_refuse(k, where, l->value, e);
}

int sg_config_parse(struct sg_config *c, const char *name, struct sg_str text, struct sg_error *e)
{
    int seen[CONFIG_KEYS_MAX] = {0};
    struct line l = {.file = name};
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        l.number++;
        int rc = read_line(&l, (struct sg_str){text.p, n}, e);
        if (rc > 0)
            rc = apply_line(c, &l, seen, e);
        if (rc)
            return rc;
        n += newline != NULL;
        text.p += n;
        text.n -= n;
    }
    return 0;
}

int config_read_file(struct sg_config *c, const char *path, struct sg_error *e)
{
    enum { LARGEST = 1 << 20 };
    FILE *f = fopen(path, "re");
    if (!f)
        return sg_fail_errno(e, "%s", path);
    struct sg_buf text = {0};
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && text.n <= LARGEST)
        sg_buf_put(&text, chunk, n);
    int rc = 0;
    if (ferror(f))
        rc = sg_fail_errno(e, "%s", path);
    else if (text.n > LARGEST)
        rc = sg_fail(e, SG_ELIMIT, "%s: larger than %d bytes", path, LARGEST);
    else if (sg_buf_failed(&text))
        rc = sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    else
        rc = sg_config_parse(c, path, sg_buf_str(&text), e);
    fclose(f);
    sg_buf_free(&text);
    return rc;
}
