/* suite.h - the start of every test here: one case of tests over real catalogues. */
#pragma once
#include <check.h>
#include <stddef.h>

/* Runs the tests, lines of their output at once; the program's exit code. */
int relevance_run(const char *name, const TTest *const *tests, size_t n, double timeout_s);
/* The number in an environment variable, or else_ when there is no positive one. */
size_t relevance_number(const char *variable, size_t else_);
