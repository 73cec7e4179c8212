/* tidy.h - included in front of every file that clang-tidy reads (deploy/launcher/test.sh).
 *
 * The analyzer sees one file at a time and would take an error function for one
 * that may return 0, and warn of everything behind that. Not for core/err.c.
 */
#pragma once
#include "core/err.h"

#define sg_fail(e, code, ...)        ((void)(sg_fail)(e, code, __VA_ARGS__), (code))
#define sg_fail_field(e, field, ...) ((void)(sg_fail_field)(e, field, __VA_ARGS__), SG_EINVAL)
#define sg_fail_errno(e, ...)        ((void)(sg_fail_errno)(e, __VA_ARGS__), SG_EIO)
#define sg_wrap(e, ...)              ((void)(sg_wrap)(e, __VA_ARGS__), SG_EIO)
