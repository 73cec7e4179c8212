/* inside.h - private to confine: its two walls. */
#pragma once
#include "core/err.h"
#include <stdbool.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CONFINE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CONFINE_SANITIZED 1
#endif
#endif
#ifndef CONFINE_SANITIZED
#define CONFINE_SANITIZED 0
#endif

/* dir -1: no file at all. *held: false when the kernel has no Landlock. */
int confine_paths(int dir, bool *held, struct sg_error *e);
/* paths: held by Landlock; writes: new files may be made. */
int confine_calls(bool paths, bool writes, struct sg_error *e);
