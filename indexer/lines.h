/* lines.h - a growing file, line by line. Thread-compatible. */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_LINE_MAX (1u << 20)

struct sg_lines {
    int fd;
    char *buf;
    size_t from, to; /* unread part of buf */
    bool skipping;   /* inside a line longer than SG_LINE_MAX */
    uint64_t number; /* of the line last given, from 1 */
    uint64_t offset; /* file offset behind it */
};
int sg_lines_open(struct sg_lines *l, const char *path, struct sg_error *e);
void sg_lines_close(struct sg_lines *l);
/* 1: the next whole line without its newline, a view until the next call; a line
 * over the bound is given empty. 0: no whole line yet. */
int sg_lines_next(struct sg_lines *l, struct sg_str *line, struct sg_error *e);
