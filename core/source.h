/* source.h - a text file, plain or gzip, read by lines or CSV records in
 * bounded memory. Thread-compatible.
 *
 * Views stay valid until the next call. A byte-order mark is skipped, CR LF
 * and LF end lines, the last line needs neither.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <zlib.h>

#define SG_SOURCE_RECORD_MAX (1u << 20) /* bytes of one line or CSV record */
#define SG_SOURCE_FIELDS_MAX 256

struct sg_source {
    gzFile file;
    char *p;
    size_t at, n;
    bool ended;
    uint64_t line;      /* of the record last given, from 1 */
    uint64_t next_line; /* of what is read next */
    int64_t size_bytes, modified_us;
};

/* Tries path, then path.gz. SG_ENOENT, SG_EIO, SG_ENOMEM. */
int sg_source_open(struct sg_source *s, const char *path, struct sg_error *e);
void sg_source_close(struct sg_source *s);

/* 1 and the next line, 0 at the end, or an error. A line over the bound is
 * given as {NULL, 0}: the caller rejects it and goes on. */
int sg_source_line(struct sg_source *s, struct sg_str *line, struct sg_error *e);

/* Splits at every delimiter; the number of fields, or max + 1 when too many. */
size_t sg_fields_split(struct sg_str line, char delimiter, struct sg_str *out, size_t max);

/* The next record of RFC 4180 text: 1 and its fields (views, unquoted), 0 at
 * the end, an error, or 2: not a record, *why says what is wrong; reading goes
 * on at the line behind the one it began on. Empty lines are skipped. */
int sg_source_csv(struct sg_source *s, char delimiter, struct sg_str *fields, size_t *n,
                  const char **why, struct sg_error *e);
