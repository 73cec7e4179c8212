/* value.c - what a key may be set to. */
#include "core/config/inside.h"
#include <stdio.h>
#include <string.h>

void config_expected(const struct config_key *k, char *out, size_t n)
{
    if (k->type == CONFIG_WHOLE)
        snprintf(out, n, "a whole number from %.0f to %.0f", k->min, k->max);
    else if (k->type == CONFIG_DECIMAL)
        snprintf(out, n, "a number from %g to %g", k->min, k->max);
    else if (k->type == CONFIG_URL)
        snprintf(out, n, "an ipc:// or tcp:// address");
    else if (k->type == CONFIG_WEB)
        snprintf(out, n, "an http:// or https:// address, or nothing");
    else if (k->type != CONFIG_CHOICE)
        snprintf(out, n, "at most %d bytes of UTF-8 without control characters",
                 SG_CONFIG_TEXT - 1);
    else
        for (size_t i = 0, used = 0; k->choices[i] && used < n; i++)
            used +=
                (size_t)snprintf(out + used, n - used, "%s%s", i ? ", " : "one of ", k->choices[i]);
}

int config_refuse(const struct config_key *k, const char *where, struct sg_str value,
                  struct sg_error *e)
{
    char want[160] = "";
    config_expected(k, want, sizeof want);
    int shown = value.n > 80 ? 80 : (int)value.n;
    int rc = sg_fail(e, SG_EINVAL, "%s%s: expected %s, got '%.*s'", where, k->name, want, shown,
                     value.p ? value.p : "");
    if (e)
        snprintf(e->field, sizeof e->field, "%s", k->name);
    return rc;
}

static bool is_text(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n < SG_CONFIG_TEXT && sg_str_is_utf8(s);
}

static bool is_url(struct sg_str s, const char *const schemes[2])
{
    for (size_t i = 0; i < 2; i++)
        if (sg_str_starts(s, sg_str(schemes[i])) && s.n > strlen(schemes[i]))
            return is_text(s);
    return false;
}

static bool is_listen_url(struct sg_str s)
{
    return is_url(s, (const char *const[2]){"ipc://", "tcp://"});
}

static bool is_web_url(struct sg_str s)
{
    return s.n == 0 || is_url(s, (const char *const[2]){"http://", "https://"});
}

static bool choose(const struct config_key *k, struct sg_str s, int64_t *out)
{
    for (int64_t i = 0; k->choices[i]; i++)
        if (sg_str_eq(s, sg_str(k->choices[i]))) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_whole(const struct config_key *k, struct sg_str s, int64_t *out)
{
    int64_t v;
    if (!sg_str_to_i64(s, &v) || (double)v < k->min || (double)v > k->max)
        return false;
    *out = v;
    return true;
}

static bool read_decimal(const struct config_key *k, struct sg_str s, double *out)
{
    double v;
    if (!sg_str_to_f64(s, &v) || !(v >= k->min && v <= k->max))
        return false;
    *out = v;
    return true;
}

bool config_copy_text(struct sg_str s, char *out)
{
    if (!is_text(s))
        return false;
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

bool config_assign(struct sg_config *c, const struct config_key *k, struct sg_str s)
{
    void *at = (char *)c + k->offset;
    switch (k->type) {
    case CONFIG_WHOLE:
        return read_whole(k, s, at);
    case CONFIG_DECIMAL:
        return read_decimal(k, s, at);
    case CONFIG_CHOICE:
        return choose(k, s, at);
    case CONFIG_URL:
        return is_listen_url(s) && config_copy_text(s, at);
    case CONFIG_WEB:
        return is_web_url(s) && config_copy_text(s, at);
    default:
        return config_copy_text(s, at);
    }
}
