/* foreign.h - whether a sound file is something else besides, which its own decoder overlooks. */
#pragma once
#include "audio/check/extent.h"
#include "core/err.h"

/* SG_EMEDIA: polyglot or truncated. */
int sg_foreign_check(struct sg_peek *p, const struct sg_extent *x, struct sg_error *e);
