/* sort.c - see sort.h. */
#include "index/suggest/sort.h"
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SUGGEST_RUN_BYTES ((size_t)512 << 20)
#define RUNS_MAX          256
#define RECORD_TAIL       12 /* u8 score, u8 kind, u8 infix, u8 letters, u64 id */
#define RECORD_MAX        (1 + SUGGEST_STRING_MAX + RECORD_TAIL)

struct item {
    uint64_t key; /* first 8 bytes, big-endian */
    uint32_t at;  /* in bytes */
};
struct run {
    FILE *file;
    char record[RECORD_MAX];
    struct suggest_entry entry;
};
struct suggest_sorter {
    char *path;
    size_t run_bytes;
    char *bytes;
    size_t n_bytes, cap_bytes;
    struct item *items;
    size_t n_items, cap_items, next_item;
    uint64_t random;
    size_t n_runs;
    struct run *runs[RUNS_MAX];
    size_t n_heap; /* of heap, by entry */
    struct run *heap[RUNS_MAX];
    char text[SUGGEST_STRING_MAX]; /* of the entry last given */
    bool reading;
};

int suggest_entry_cmp(const struct suggest_entry *a, const struct suggest_entry *b)
{
    int c = sg_str_cmp(a->text, b->text);
    if (c)
        return c;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->m.id != b->m.id)
        return a->m.id < b->m.id ? -1 : 1;
    if (a->m.kind != b->m.kind)
        return a->m.kind < b->m.kind ? -1 : 1;
    return (int)a->m.infix - (int)b->m.infix;
}

static size_t record_put(char *p, const struct suggest_entry *x)
{
    uint8_t flags[4] = {x->score, x->m.kind, x->m.infix, x->m.letters};
    *p++ = (char)x->text.n;
    memcpy(p, x->text.p, x->text.n);
    p += x->text.n;
    memcpy(p, flags, 4);
    memcpy(p + 4, &x->m.id, 8);
    return 1 + x->text.n + RECORD_TAIL;
}

static size_t record_size(const char *p)
{
    return 1 + (size_t)(unsigned char)*p + RECORD_TAIL;
}

static struct suggest_entry record_get(const char *p)
{
    struct suggest_entry x = {.text = {p + 1, (unsigned char)*p}};
    p += 1 + x.text.n;
    x.score = (uint8_t)p[0];
    x.m = (struct suggest_meta){sg_load64(p + 4), (uint8_t)p[1], p[2] != 0, (uint8_t)p[3]};
    return x;
}

struct suggest_sorter *suggest_sorter_new(const char *path, size_t run_bytes)
{
    struct suggest_sorter *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->path = strdup(path);
    s->run_bytes = run_bytes ? run_bytes : SUGGEST_RUN_BYTES;
    s->random = 0x9e3779b97f4a7c15u;
    if (!s->path) {
        free(s);
        return NULL;
    }
    return s;
}

void suggest_sorter_free(struct suggest_sorter *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_runs; i++) {
        fclose(s->runs[i]->file);
        free(s->runs[i]);
    }
    free(s->bytes);
    free(s->items);
    free(s->path);
    free(s);
}

static bool less(const struct suggest_sorter *s, struct item a, struct item b)
{
    if (a.key != b.key)
        return a.key < b.key;
    struct suggest_entry x = record_get(s->bytes + a.at), y = record_get(s->bytes + b.at);
    return suggest_entry_cmp(&x, &y) < 0;
}

static void sort_few(const struct suggest_sorter *s, struct item *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct item x = v[i];
        size_t j = i;
        for (; j > 0 && less(s, x, v[j - 1]); j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

/* Quicksort with random pivots: titles from outside cannot make it slow. */
static void sort_items(struct suggest_sorter *s, struct item *v, size_t n)
{
    while (n > 16) {
        s->random = s->random * 6364136223846793005u + 1442695040888963407u;
        size_t chosen = (s->random >> 33) % n;
        struct item pivot = v[chosen]; /* Hoare's partition wants it in front */
        v[chosen] = v[0];
        v[0] = pivot;
        size_t i = 0, j = n - 1;
        for (;;) {
            while (less(s, v[i], pivot))
                i++;
            while (less(s, pivot, v[j]))
                j--;
            if (i >= j)
                break;
            struct item t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        size_t left = j + 1;
        if (left < n - left) {
            sort_items(s, v, left);
            v += left;
            n -= left;
        } else {
            sort_items(s, v + left, n - left);
            n = left;
        }
    }
    sort_few(s, v, n);
}

static FILE *unlinked_file(const char *path, struct sg_error *e)
{
    char *name = NULL;
    FILE *f = NULL;
    if (asprintf(&name, "%s.run-XXXXXX", path) < 0) {
        sg_fail(e, SG_ENOMEM, "completion");
        return NULL;
    }
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) {
        unlink(name);
        f = fdopen(fd, "w+b");
        if (!f)
            close(fd);
    }
    if (!f)
        sg_fail_errno(e, "make %s", name);
    free(name);
    return f;
}

static int write_items(const struct suggest_sorter *s, FILE *f, struct sg_error *e)
{
    setvbuf(f, NULL, _IOFBF, 1 << 18);
    for (size_t i = 0; i < s->n_items; i++) {
        const char *p = s->bytes + s->items[i].at;
        if (fwrite(p, record_size(p), 1, f) != 1)
            return sg_fail_errno(e, "write a run beside %s", s->path);
    }
    if (fflush(f) || fseek(f, 0, SEEK_SET))
        return sg_fail_errno(e, "write a run beside %s", s->path);
    return 0;
}

static int spill(struct suggest_sorter *s, struct sg_error *e)
{
    if (s->n_runs == RUNS_MAX)
        return sg_fail(e, SG_ELIMIT, "completion: more than %d runs", RUNS_MAX);
    sort_items(s, s->items, s->n_items);
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return sg_fail(e, SG_ENOMEM, "completion");
    r->file = unlinked_file(s->path, e);
    int rc = r->file ? write_items(s, r->file, e) : SG_EIO;
    if (rc) {
        if (r->file)
            fclose(r->file);
        free(r);
        return rc;
    }
    s->runs[s->n_runs++] = r;
    s->n_items = s->n_bytes = 0;
    return 0;
}

/* Room for one more of size bytes; doubles up to what a run may use. */
static bool grow(void **p, size_t *cap, size_t n, size_t size)
{
    if (n <= *cap)
        return true;
    size_t want = *cap ? *cap * 2 : 4096;
    want = want < n ? n : want;
    void *q = want <= SIZE_MAX / size ? realloc(*p, want * size) : NULL;
    if (!q)
        return false;
    *p = q;
    *cap = want;
    return true;
}

int suggest_sorter_add(struct suggest_sorter *s, const struct suggest_entry *entry,
                       struct sg_error *e)
{
    if (s->n_bytes + s->n_items * sizeof *s->items > s->run_bytes) {
        int rc = spill(s, e);
        if (rc)
            return rc;
    }
    if (!grow((void **)&s->bytes, &s->cap_bytes, s->n_bytes + RECORD_MAX, 1) ||
        !grow((void **)&s->items, &s->cap_items, s->n_items + 1, sizeof *s->items))
        return sg_fail(e, SG_ENOMEM, "completion: %zu entries", s->n_items);
    uint64_t key = 0;
    memcpy(&key, entry->text.p, entry->text.n < 8 ? entry->text.n : 8);
    s->items[s->n_items++] = (struct item){be64toh(key), (uint32_t)s->n_bytes};
    s->n_bytes += record_put(s->bytes + s->n_bytes, entry);
    return 0;
}

/* 1, 0 at the end, or an error. */
static int run_read(struct run *r, struct sg_error *e)
{
    int n = fgetc(r->file);
    if (n == EOF)
        return ferror(r->file) ? sg_fail_errno(e, "read a run") : 0;
    size_t rest = (size_t)n + RECORD_TAIL;
    r->record[0] = (char)n;
    if (n > SUGGEST_STRING_MAX || fread(r->record + 1, rest, 1, r->file) != 1)
        return sg_fail(e, SG_EIO, "a run ends too early");
    r->entry = record_get(r->record);
    return 1;
}

static void sift_down(struct suggest_sorter *s, size_t at)
{
    struct run *r = s->heap[at];
    for (size_t child; (child = 2 * at + 1) < s->n_heap; at = child) {
        struct run **c = &s->heap[child];
        bool right = child + 1 < s->n_heap && suggest_entry_cmp(&c[1]->entry, &c[0]->entry) < 0;
        child += right;
        if (suggest_entry_cmp(&r->entry, &s->heap[child]->entry) <= 0)
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = r;
}

static int begin_merge(struct suggest_sorter *s, struct sg_error *e)
{
    int rc = spill(s, e);
    if (rc)
        return rc;
    free(s->bytes);
    free(s->items);
    s->bytes = NULL;
    s->items = NULL;
    for (size_t i = 0; i < s->n_runs; i++) {
        rc = run_read(s->runs[i], e);
        if (rc < 0)
            return rc;
        if (rc)
            s->heap[s->n_heap++] = s->runs[i];
    }
    for (size_t i = s->n_heap / 2; i-- > 0;)
        sift_down(s, i);
    return 0;
}

static int next_merged(struct suggest_sorter *s, struct suggest_entry *entry, struct sg_error *e)
{
    if (s->n_heap == 0)
        return 0;
    struct run *r = s->heap[0];
    *entry = r->entry;
    memcpy(s->text, entry->text.p, entry->text.n);
    entry->text.p = s->text;
    int rc = run_read(r, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        s->heap[0] = s->heap[--s->n_heap];
    if (s->n_heap)
        sift_down(s, 0);
    return 1;
}

int suggest_sorter_next(struct suggest_sorter *s, struct suggest_entry *entry, struct sg_error *e)
{
    if (!s->reading) {
        s->reading = true;
        if (s->n_runs) {
            int rc = begin_merge(s, e);
            if (rc)
                return rc;
        } else {
            sort_items(s, s->items, s->n_items);
        }
    }
    if (s->n_runs)
        return next_merged(s, entry, e);
    if (s->next_item == s->n_items)
        return 0;
    assert(s->items);
    *entry = record_get(s->bytes + s->items[s->next_item++].at);
    return 1;
}
