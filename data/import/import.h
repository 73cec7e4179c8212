/* import.h - one run of an importer: files read row by row into the stage.
 *
 * A format is a row function and what it remembers; sg_import_file does the
 * rest: compression, progress, batches, checkpoints, rejects. Rows that cannot
 * be taken are rejected with their line and the import goes on; only broken
 * files, memory and the database stop it.
 */
#pragma once
#include "core/source.h"
#include "data/import/stage.h"
#include "data/progress.h"

#define SG_NAME_MAX  500 /* characters of a title or name */
#define SG_ALIAS_MAX 200 /* of another name */
#define SG_TAG_MAX   100

struct sg_import {
    struct sg_stage stage;
    struct sg_rejects rejects;
    struct sg_progress *progress;
    const char *source; /* prefix of external ids */
    bool resume;
    bool whole;  /* files are skipped when finished, else read from their start */
    bool manual; /* the format flushes by itself, at its own boundaries */
    struct sg_checkpoint at;
};

/* line is {NULL, 0} when it was too long. Errors stop the import. */
typedef int (*sg_import_row_fn)(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                                struct sg_error *e);
int sg_import_file(struct sg_import *i, const char *path, sg_import_row_fn row, void *ctx,
                   struct sg_error *e);
/* As above for CSV records: fields behind the header, which goes to begin. */
struct sg_csv_format {
    char delimiter;
    int (*begin)(void *ctx, const struct sg_str *header, size_t n, struct sg_error *e);
    void (*row)(void *ctx, struct sg_import *i, uint64_t line, const struct sg_str *fields,
                size_t n);
};
int sg_import_csv_file(struct sg_import *i, const char *path, const struct sg_csv_format *f,
                       void *ctx, struct sg_error *e);
/* Merges what is staged; lines up to `line` count as done. */
int sg_import_flush(struct sg_import *i, uint64_t line, struct sg_error *e);

/* Trims *s; NULL when it is fit to be stored, else why not: empty, not UTF-8,
 * NUL inside, longer than max characters. */
const char *sg_import_text(struct sg_str *s, size_t max, bool may_be_empty);
/* Stages another name of the record with this key, or rejects it; the record stays. */
void sg_import_alias(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                     struct sg_str alias, bool hint);
/* The same of what people call it; kind: song or artist, uses: how many people do. */
void sg_import_tag(struct sg_import *i, uint64_t line, const char *kind, struct sg_str key,
                   struct sg_str tag, uint32_t uses);
/* Splits a row of exactly n tab-separated cells; false after rejecting it. */
bool sg_import_cells(struct sg_import *i, uint64_t line, struct sg_str text, struct sg_str *cells,
                     size_t n);
void sg_import_reject(struct sg_import *i, uint64_t line, const char *what, const char *why);
/* A key "source:id" in out (valid until it is used again). */
struct sg_str sg_import_key(struct sg_buf *out, const char *source, struct sg_str id);
/* Where an entry stands in a playlist: a key in C order that leaves room around. */
struct sg_str sg_import_position(char out[16], uint64_t ordinal);

/* The formats; dir: a folder of the data set. */
int sg_import_jsonl(struct sg_import *i, const char *path, struct sg_error *e);
struct sg_csv_options {
    char delimiter;
    const char *map;              /* "title=Name,artist=Artist"; NULL: columns by their own names */
    const char *artist_separator; /* NULL: the artist column is one artist */
};
int sg_import_csv(struct sg_import *i, const char *path, const struct sg_csv_options *o,
                  struct sg_error *e);
int sg_import_playlist_archive(struct sg_import *i, const char *dir, struct sg_error *e);
int sg_import_billboard(struct sg_import *i, const char *dir, struct sg_error *e);
int sg_import_lastfm(struct sg_import *i, const char *dir, struct sg_error *e);

/* "Lead Featuring Guest": splits a credit as charts print it, once and only at
 * Featuring, Feat. or Ft.; names with "&" stay whole. guest is empty if none. */
void sg_credit_split(struct sg_str credit, struct sg_str *lead, struct sg_str *guest);
