/* log.c - see log.h.
 *
 * The format of the pairs is walked here, one conversion at a time, so that a
 * value keeps its own borders whatever bytes it holds: nothing a caller logs
 * can forge a second line or a second key. A line leaves by one write(2).
 */
#include "core/log.h"
#include "core/buf.h"
#include "core/clock.h"
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 8192 /* bytes of one value that are shown */

static const char *_Atomic service_name = "segue";
static atomic_int min_level = SG_LOG_INFO;
static atomic_int line_format = SG_LOG_LOGFMT;

void sg_log_setup(const char *service, enum sg_log_level level, enum sg_log_format format)
{
    atomic_store(&service_name, service);
    atomic_store(&min_level, (int)level);
    atomic_store(&line_format, (int)format);
}

struct arguments {
    va_list ap;
};

struct conversion {
    char spec[32]; /* the one conversion, zero-terminated, stars resolved */
    char type;
    char length; /* 0, l, L (long long), z, j, t, D (long double) */
    int precision;
};

/* Flags, width and precision at *f, with stars taken from the arguments. */
static void read_sizes(struct conversion *c, const char **f, struct arguments *args)
{
    size_t n = 0;
    c->spec[n++] = '%';
    c->precision = -1;
    bool precise = false;
    for (; **f && strchr("-+ #0123456789.*", **f) && n < 20; ++*f) {
        precise |= **f == '.';
        if (**f != '*') {
            c->spec[n++] = **f;
            if (precise)
                c->precision = **f == '.' ? 0 : c->precision * 10 + (**f - '0');
            continue;
        }
        int v = va_arg(args->ap, int);
        if (precise)
            c->precision = v;
        n += (size_t)snprintf(c->spec + n, sizeof c->spec - n, "%d", v);
    }
    c->spec[n] = '\0';
}

static void read_conversion(struct conversion *c, const char **f, struct arguments *args)
{
    ++*f;
    read_sizes(c, f, args);
    size_t n = strlen(c->spec);
    c->length = 0;
    for (; **f && strchr("hlLzjt", **f) && n < sizeof c->spec - 2; ++*f) {
        if (**f != 'h')
            c->length = **f == 'L' ? 'D' : c->length == 'l' ? 'L' : **f;
        c->spec[n++] = **f;
    }
    c->type = **f;
    if (**f) {
        c->spec[n++] = **f;
        ++*f;
    }
    c->spec[n] = '\0';
}

static void put_integer(struct sg_buf *out, const struct conversion *c, struct arguments *args)
{
    switch (c->length) {
    case 'l':
        sg_buf_printf(out, c->spec, va_arg(args->ap, long));
        break;
    case 'L':
        sg_buf_printf(out, c->spec, va_arg(args->ap, long long));
        break;
    case 'z':
        sg_buf_printf(out, c->spec, va_arg(args->ap, size_t));
        break;
    case 'j':
        sg_buf_printf(out, c->spec, va_arg(args->ap, intmax_t));
        break;
    case 't':
        sg_buf_printf(out, c->spec, va_arg(args->ap, ptrdiff_t));
        break;
    default:
        sg_buf_printf(out, c->spec, va_arg(args->ap, int));
    }
}

static void put_string(struct sg_buf *out, const struct conversion *c, const char *s)
{
    size_t cap = c->precision >= 0 && c->precision < VALUE_MAX ? (size_t)c->precision : VALUE_MAX;
    sg_buf_put(out, s ? s : "(null)", s ? strnlen(s, cap) : 6);
}

static void put_conversion(struct sg_buf *out, const struct conversion *c, struct arguments *args)
{
    if (strchr("diouxX", c->type))
        put_integer(out, c, args);
    else if (c->type == 's')
        put_string(out, c, va_arg(args->ap, const char *));
    else if (c->type == 'c')
        sg_buf_printf(out, c->spec, va_arg(args->ap, int));
    else if (c->type == 'p')
        sg_buf_printf(out, c->spec, va_arg(args->ap, void *));
    else if (c->type == '%')
        sg_buf_putc(out, '%');
    else if (c->length == 'D')
        sg_buf_printf(out, c->spec, va_arg(args->ap, long double));
    else
        sg_buf_printf(out, c->spec, va_arg(args->ap, double));
}

/* One value up to the next space of the format; *number when it is JSON's too. */
static void read_value(struct sg_buf *out, const char **f, struct arguments *args, bool *number)
{
    const char *start = *f;
    *number = false;
    sg_buf_reset(out);
    while (**f && **f != ' ') {
        if (**f != '%') {
            sg_buf_putc(out, *(*f)++);
            continue;
        }
        bool whole = *f == start;
        struct conversion c = {0};
        read_conversion(&c, f, args);
        if (!c.type)
            break;
        put_conversion(out, &c, args);
        *number = whole && strchr("diufgeFGE", c.type) && (**f == ' ' || !**f);
    }
    double v;
    *number = *number && sg_str_to_f64(sg_buf_str(out), &v) && v - v == 0;
}

static bool is_bare(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f || strchr("\"=\\", s.p[i]))
            return false;
    return s.n > 0 && sg_str_is_utf8(s);
}

static void put_value(struct sg_buf *line, struct sg_str v, bool bare)
{
    if (bare)
        sg_buf_str_put(line, v);
    else
        sg_buf_json_str(line, v);
}

static void put_pairs(struct sg_buf *line, bool json, const char *f, struct arguments *args)
{
    struct sg_buf value = {0};
    while (*f) {
        f += strspn(f, " ");
        struct sg_str key = {f, strcspn(f, "= ")};
        f += key.n;
        if (!key.n || *f != '=')
            continue;
        f++;
        bool number;
        read_value(&value, &f, args, &number);
        if (json) {
            sg_buf_putc(line, ',');
            sg_buf_json_str(line, key);
            sg_buf_putc(line, ':');
            put_value(line, sg_buf_str(&value), number);
        } else {
            sg_buf_printf(line, " %.*s=", SG_FMT(key));
            put_value(line, sg_buf_str(&value), is_bare(sg_buf_str(&value)));
        }
    }
    sg_buf_free(&value);
}

static void put_head(struct sg_buf *line, bool json, enum sg_log_level level, const char *message)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    int64_t now = sg_wall_us();
    time_t s = (time_t)(now / 1000000);
    struct tm tm;
    gmtime_r(&s, &tm);
    char time[40];
    size_t n = strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(time + n, sizeof time - n, ".%03dZ", (int)(now / 1000 % 1000));
    sg_buf_printf(line,
                  json ? "{\"time\":\"%s\",\"level\":\"%s\",\"service\":\"%s\",\"msg\":"
                       : "%s %s %s msg=",
                  time, names[level & 3], atomic_load(&service_name));
    sg_buf_json_str(line, sg_str(message));
}

static void write_all(const char *p, size_t n)
{
    while (n) {
        ssize_t w = write(STDERR_FILENO, p, n);
        if (w <= 0)
            return; /* nobody is left to tell */
        p += w;
        n -= (size_t)w;
    }
}

void sg_log(enum sg_log_level level, const char *message, const char *pairs, ...)
{
    if ((int)level < atomic_load_explicit(&min_level, memory_order_relaxed))
        return;
    bool json = atomic_load_explicit(&line_format, memory_order_relaxed) == SG_LOG_JSON;
    struct sg_buf line = {0};
    put_head(&line, json, level, message);
    if (pairs) {
        struct arguments args;
        va_start(args.ap, pairs);
        put_pairs(&line, json, pairs, &args);
        va_end(args.ap);
    }
    sg_buf_puts(&line, json ? "}\n" : "\n");
    if (!sg_buf_failed(&line))
        write_all(line.p, line.n);
    sg_buf_free(&line);
}
