/* err.c - see err.h. */
#include "core/err.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

int sg_fail(struct sg_error *e, int code, const char *fmt, ...)
{
    if (e) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        e->code = code;
        e->field[0] = '\0';
        e->kind = NULL;
    }
    return code;
}

int sg_fail_kind(struct sg_error *e, int code, const char *kind, const char *fmt, ...)
{
    if (e) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        e->code = code;
        e->field[0] = '\0';
        e->kind = kind;
    }
    return code;
}

int sg_fail_field(struct sg_error *e, const char *field, const char *fmt, ...)
{
    if (e) {
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        e->code = SG_EINVAL;
        e->kind = NULL;
        snprintf(e->field, sizeof e->field, "%s", field);
    }
    return SG_EINVAL;
}

static int code_of_errno(int err)
{
    switch (err) {
    case ENOSPC:
    case EDQUOT:
        return SG_ENOSPC;
    case ENOENT:
        return SG_ENOENT;
    case ENOMEM:
        return SG_ENOMEM;
    case EEXIST:
        return SG_EEXIST;
    default:
        return SG_EIO;
    }
}

int sg_fail_errno(struct sg_error *e, const char *fmt, ...)
{
    int err = errno;
    int code = code_of_errno(err);
    if (e) {
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
        va_end(ap);
        if (n >= 0 && (size_t)n < sizeof e->text)
            snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror(err));
        e->code = code;
        e->field[0] = '\0';
        e->kind = NULL;
    }
    return code;
}

int sg_wrap(struct sg_error *e, const char *fmt, ...)
{
    if (!e)
        return SG_EINTERNAL;
    char old[sizeof e->text];
    memcpy(old, e->text, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof e->text)
        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %.*s",
                 (int)(sizeof e->text - (size_t)n), old);
    return e->code;
}

const char *sg_err_name(int code)
{
    static const char *const names[] = {
        "ok",
        "invalid input",
        "not found",
        "corrupt",
        "out of memory",
        "i/o error",
        "no space",
        "deadline passed",
        "unavailable",
        "already exists",
        "busy",
        "over a limit",
        "canceled",
        "internal error",
        "not logged in",
        "not allowed",
        "conflict",
        "changed meanwhile",
        "version needed",
        "too large",
        "format not read",
        "too often",
    };
    int i = -code;
    return i >= 0 && i < (int)(sizeof names / sizeof *names) ? names[i] : "unknown error";
}
