/* sort.h - private to index/suggest: entries in order, whatever their number.
 *
 * Entries collect in memory; beyond SUGGEST_RUN_BYTES the sorted run goes to an
 * unlinked file beside the segment, and at the end the runs are merged.
 */
#pragma once
#include "index/suggest/format.h"

struct suggest_entry {
    struct sg_str text;
    uint8_t score;
    struct suggest_meta m;
};
/* By text, best first, then entity, then whole titles before infixes. */
int suggest_entry_cmp(const struct suggest_entry *a, const struct suggest_entry *b);

struct suggest_sorter;
/* run_bytes: memory to use; 0: the default. */
struct suggest_sorter *suggest_sorter_new(const char *path, size_t run_bytes);
void suggest_sorter_free(struct suggest_sorter *s);
int suggest_sorter_add(struct suggest_sorter *s, const struct suggest_entry *entry,
                       struct sg_error *e);
/* After the last add. *entry is valid until the next call: 1, 0 at the end, or an error. */
int suggest_sorter_next(struct suggest_sorter *s, struct suggest_entry *entry, struct sg_error *e);
