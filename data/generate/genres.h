/* genres.h - how the demo's genres differ. Private to the generator. */
#pragma once

struct sg_demo_genre {
    double share;          /* of artists, relative */
    double is_explicit;    /* chance of a song */
    int duration_s;        /* median */
    double spread;         /* of the duration's logarithm */
    int from;              /* year of the first records */
    const char *languages; /* blank-separated codes to draw from; NULL: the world's mix */
};
extern const struct sg_demo_genre sg_demo_genre_facts[];
#define SG_DEMO_CLASSICAL 10 /* index: titles are works and movements */
