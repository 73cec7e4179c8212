/* err.h - how every fallible function here reports failure.
 *
 * A function returns 0 or a negative enum sg_err. The text for people is
 * written once, where the cause is known, into the caller's struct sg_error;
 * callers on the way up only put context in front of it with sg_wrap.
 */
#pragma once
#include <stdarg.h>

enum sg_err {
    SG_OK = 0,
    SG_EINVAL = -1,   /* the caller's input is wrong */
    SG_ENOENT = -2,   /* no such thing */
    SG_ECORRUPT = -3, /* stored bytes fail a check */
    SG_ENOMEM = -4,
    SG_EIO = -5,      /* the operating system refused */
    SG_ENOSPC = -6,   /* disk or map full */
    SG_ETIMEOUT = -7, /* the deadline passed */
    SG_EUNAVAIL = -8, /* a peer or database is not answering */
    SG_EEXIST = -9,
    SG_EBUSY = -10,  /* somebody else holds it */
    SG_ELIMIT = -11, /* over a stated bound */
    SG_ECANCELED = -12,
    SG_EINTERNAL = -13,
    SG_EAUTH = -14,         /* nobody is logged in, or what proves it is no good */
    SG_EPERM = -15,         /* known, and not allowed */
    SG_ECONFLICT = -16,     /* the state of things does not let it */
    SG_ECHANGED = -17,      /* it has changed since it was read */
    SG_EPRECONDITION = -18, /* must say which version it is about */
    SG_ETOOLARGE = -19,
    SG_EMEDIA = -20, /* not a format that is read */
    SG_ERATE = -21,  /* too often */
};

struct sg_error {
    int code;
    char text[504];
    char field[64];   /* the input field to blame, or "" */
    const char *kind; /* static: a name for programs, such as "subscription-expired"; or NULL */
};

#define SG_ERROR_INIT                                                                              \
    {                                                                                              \
        .code = 0, .text = "", .field = ""                                                         \
    }

/* Sets code and text (printf form) and returns code. e may be NULL. */
int sg_fail(struct sg_error *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As sg_fail with SG_EINVAL, naming the input field to blame. */
int sg_fail_field(struct sg_error *e, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As sg_fail, with a name for programs: a static slug. */
int sg_fail_kind(struct sg_error *e, int code, const char *kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As sg_fail, with ": " and strerror(errno) appended; ENOSPC, ENOENT, ENOMEM
 * and EEXIST map to their own codes, anything else to SG_EIO. */
int sg_fail_errno(struct sg_error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of e's text; returns e's code. */
int sg_wrap(struct sg_error *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A short constant name such as "not found". */
const char *sg_err_name(int code);
