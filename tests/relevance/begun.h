/* begun.h - how crowded the beginning of a name is.
 *
 * Who types "dreams" may mean any of dozens, and five places hold five of them.
 */
#pragma once
#include "tests/relevance/names.h"

struct begun;                                       /* the folded names, each once, sorted */
struct begun *begun_new(const struct names *names); /* ends the program on failure */
void begun_free(struct begun *b);

struct begun_count {
    size_t all, better_known; /* than some item */
};
/* Names that begin as the question does. */
struct begun_count begun_so(const struct begun *b, struct sg_str q, const struct name_item *item);
