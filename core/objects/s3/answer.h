/* answer.h - S3's XML, read as hostile: bounded, without entities, documents of others or the
 * network. Private to this folder; the fuzzed entry.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define S3_TEXT_MAX 2048 /* bytes of one value: a key has at most 1,024 */

/* One entry of a list: <Contents> of objects, <Upload> of unfinished uploads. */
struct s3_entry {
    char key[S3_TEXT_MAX], upload_id[S3_TEXT_MAX];
    int64_t bytes, when_us; /* LastModified or Initiated */
};
/* What a whole answer says beside its entries. */
struct s3_answer {
    char root[64]; /* name of the outermost element: "Error" tells that it is one */
    char code[64], message[256], upload_id[S3_TEXT_MAX];
    char token[S3_TEXT_MAX]; /* NextContinuationToken, NextKeyMarker */
    char token_upload[S3_TEXT_MAX];
    bool truncated;
};
/* 0 to go on. entry is valid during the call. */
typedef int s3_on_entry(void *ctx, const struct s3_entry *entry, struct sg_error *e);
/* fn may be NULL. SG_ECORRUPT: it is no XML, or a value is too long. */
int s3_answer_read(struct sg_str xml, struct s3_answer *out, s3_on_entry *fn, void *ctx,
                   struct sg_error *e);
