/* statistics.h - what an experiment's numbers say; private to recsys/experiments. */
#pragma once
#include <stddef.h>

struct sample { /* of people: how many, the sum of what they did, of its squares */
    double n, sum, sum2;
};
double sample_mean(const struct sample *s);
double sample_variance(const struct sample *s); /* unbiased; 0 of fewer than two */

struct lift {
    double lift;      /* mean of b over mean of a, less 1 */
    double low, high; /* 95% */
    double p;         /* two-sided, that the means are equal */
};
/* Of b against a. The interval by the delta method on the logarithm of the ratio of means, the p
 * value by Welch's z. 0: it cannot be told (fewer than two people, or a mean of 0). */
int lift_of(const struct sample *a, const struct sample *b, struct lift *out);

/* Two-sided exact binomial of wins among wins + losses, each as likely. */
double sign_test(unsigned wins, unsigned losses);
/* Of k counts against their shares (which sum up to 1), by chi-square: the p value. */
double shares_test(const double *counts, const double *shares, size_t k);
