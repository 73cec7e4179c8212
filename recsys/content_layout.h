/* content_layout.h - private to recsys/content: what content_write.c puts into the file. */
#pragma once
#include "recsys/content.h"

struct layout {
    const struct sg_content_source *s;
    size_t d, lists;
    int8_t *vectors;  /* d of each song */
    float *centroids; /* d of each list */
    uint32_t *list;   /* of each song, UINT32_MAX: none */
    uint32_t *start, *place;
};

float content_length(const int8_t *v, size_t d);
/* content_hear.c: makes the centroids, and where any song's sound is known puts sounds behind
 * descriptions: d grows, and songs that were in no list come into one. */
int content_hear(struct layout *l, struct sg_error *e);
