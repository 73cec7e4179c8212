/* apply.h - changes of the catalogue's tables, onto a delta's open batch.
 *
 * Each change becomes the upsert or removal of a whole record: the record as
 * the delta has it, patched with the columns that were sent. Nothing is asked
 * of the database, with one exception: a row that enters the index by an update
 * (a playlist made public) with a large value that the update left alone, which
 * PostgreSQL does not send. It is fetched; should it have changed again since,
 * that change is on its way too.
 */
#pragma once
#include "core/change_tail.h"
#include "index/delta.h"

struct sg_apply;
/* d and dsn are borrowed. dsn NULL: nothing is ever fetched. */
int sg_apply_open(struct sg_apply **out, struct sg_delta *d, const char *dsn, struct sg_error *e);
void sg_apply_close(struct sg_apply *a);
/* Tables that are not the catalogue's are ignored; a row that no record can hold
 * is logged, counted and skipped. */
int sg_apply_change(struct sg_apply *a, const struct sg_change *c, struct sg_error *e);
/* To be called before sg_delta_commit: puts what is still being assembled. */
int sg_apply_flush(struct sg_apply *a, struct sg_error *e);
