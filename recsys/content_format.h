/* content_format.h - private to recsys/content: the sections. */
#pragma once
#define CONTENT_MAGIC     "SGCONT01"
#define CONTENT_LISTS_MAX 65536
enum {
    CONTENT_CENTROIDS,
    CONTENT_START,
    CONTENT_SONG,
    CONTENT_VECTORS,
    CONTENT_SCALE,
    CONTENT_PLACE
};
