/* output.h - a file of segments behind a head that is written last; private to the muxer. */
#pragma once
#include "audio/package/cmaf.h"

struct sg_output {
    int fd;         /* the caller's */
    uint64_t at;    /* where the next segment goes */
    uint64_t first; /* where the first one went */
    struct sg_cmaf_facts facts;
    size_t room; /* segments in facts */
};

/* Segments go behind this many bytes. */
void sg_output_open(struct sg_output *o, int fd, uint64_t head_room);
void sg_output_close(struct sg_output *o);
/* A segment in two pieces, of so many samples. */
int sg_output_segment(struct sg_output *o, const void *head, size_t head_bytes, const void *body,
                      size_t body_bytes, uint32_t samples, struct sg_error *e);
/* Moves all segments to right behind a head of so many bytes, at most the room left for it, and
 * tells the facts their places. */
int sg_output_settle(struct sg_output *o, uint64_t head_bytes, struct sg_error *e);
int sg_output_write(int fd, const void *p, size_t n, uint64_t at, struct sg_error *e);
