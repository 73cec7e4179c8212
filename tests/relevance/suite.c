/* suite.c - see suite.h. */
#include "tests/relevance/suite.h"
#include <stdio.h>
#include <stdlib.h>

int relevance_run(const char *name, const TTest *const *tests, size_t n, double timeout_s)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, timeout_s);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

size_t relevance_number(const char *variable, size_t else_)
{
    const char *given = getenv(variable);
    return given && atoi(given) > 0 ? (size_t)atoi(given) : else_;
}
