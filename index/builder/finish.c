/* finish.c - the phases after feeding, and the threads that run them. */
#include "index/builder/parts.h"
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Shards: enough of them for every thread to stay busy to the end, and few,
 * because each one's edge costs every posting list a chunk. */
enum { shard_documents = 500000, shard_least = 10000, shards_a_thread = 2 };
/* Lyrics give a song three times the postings, which a shard holds in memory. */
enum { shard_sung = 150000 };

enum task_kind {
    task_store,
    task_suggest,
    task_lyrics,
    task_shard,
    task_text,
    task_facts,
    task_spell
};
struct task {
    enum task_kind what;
    enum sg_kind kind;
    unsigned shard; /* its number, or to merge: how many */
    uint32_t from, to;
};
struct tasks {
    struct sg_builder *b;
    struct task *v;
    size_t n, cap;
    atomic_size_t next;
};

void sg_builder_progress(struct sg_builder *b, const char *phase, uint64_t done, uint64_t total)
{
    if (!b->progress)
        return;
    pthread_mutex_lock(&b->lock);
    b->progress(b->progress_ctx, phase, done, total);
    pthread_mutex_unlock(&b->lock);
}

static int finish_spell(struct sg_builder *b, struct sg_error *e)
{
    struct sg_spell_writer *w = b->spell;
    b->spell = NULL;
    return sg_spell_writer_finish(w, e);
}

static int run_task(struct sg_builder *b, const struct task *t, struct sg_error *e)
{
    switch (t->what) {
    case task_store:
        return sg_build_store(b, e);
    case task_suggest:
        return sg_build_suggest(b, e);
    case task_lyrics:
        return sg_build_lyrics(b, e);
    case task_shard:
        return sg_build_shard(b, t->kind, t->shard, t->from, t->to, e);
    case task_text:
        return sg_build_merge_text(b, t->kind, t->shard, e);
    case task_facts:
        return sg_build_merge_facts(b, t->kind, t->shard, e);
    case task_spell:
        return finish_spell(b, e);
    }
    return 0;
}

static void *run_tasks(void *ctx)
{
    struct tasks *t = ctx;
    struct sg_error e = SG_ERROR_INIT;
    size_t i;
    while (!t->b->failed && (i = atomic_fetch_add(&t->next, 1)) < t->n) {
        if (!run_task(t->b, &t->v[i], &e))
            continue;
        pthread_mutex_lock(&t->b->lock);
        if (!t->b->failed)
            t->b->error = e;
        t->b->failed = true;
        pthread_mutex_unlock(&t->b->lock);
    }
    return NULL;
}

/* On this thread and as many more as there may be; fewer when none can be made. */
static int run_all(struct tasks *t, struct sg_error *e)
{
    pthread_t threads[256];
    int n = 0, more = t->b->threads - 1 < 256 ? t->b->threads - 1 : 256;
    while (n < more && !pthread_create(&threads[n], NULL, run_tasks, t))
        n++;
    run_tasks(t);
    while (n)
        pthread_join(threads[--n], NULL);
    if (!t->b->failed)
        return 0;
    if (e)
        *e = t->b->error;
    return t->b->error.code;
}

static void push(struct tasks *t, struct task task)
{
    t->v[t->n++] = task;
}

static uint32_t shard_size(const struct sg_builder *b, size_t n)
{
    size_t even = n / ((size_t)b->threads * shards_a_thread) + 1;
    size_t most = b->lyrics.n > n / 4 ? shard_sung : shard_documents;
    return (uint32_t)(even > most ? most : even < shard_least ? shard_least : even);
}

static unsigned shard_count(const struct sg_builder *b, enum sg_kind kind)
{
    size_t n = b->rosters[kind].n, size = shard_size(b, n);
    return n ? (unsigned)((n + size - 1) / size) : 1;
}

static void push_shards(struct tasks *t, enum sg_kind kind)
{
    uint32_t n = (uint32_t)t->b->rosters[kind].n, size = shard_size(t->b, n);
    for (unsigned i = 0; i < shard_count(t->b, kind); i++) {
        uint32_t from = 1 + i * size, left = n + 1 - from;
        push(t, (struct task){task_shard, kind, i, from, from + (left < size ? left : size)});
    }
}

static int tasks_open(struct tasks *t, struct sg_builder *b, struct sg_error *e)
{
    size_t cap = 4;
    for (int kind = 0; kind < SG_KINDS; kind++)
        cap += 2 + shard_count(b, (enum sg_kind)kind);
    *t = (struct tasks){.b = b, .cap = cap, .v = malloc(cap * sizeof *t->v)};
    return t->v ? 0 : sg_fail(e, SG_ENOMEM, "build: out of memory");
}

/* Longest first, so that no long one is left for the end. */
static int build_parts(struct sg_builder *b, struct sg_error *e)
{
    static const enum sg_kind by_size[SG_KINDS] = {SG_SONG, SG_ALBUM, SG_ARTIST, SG_PLAYLIST};
    struct tasks t;
    int rc = tasks_open(&t, b, e);
    if (rc)
        return rc;
    push(&t, (struct task){.what = task_suggest});
    push(&t, (struct task){.what = task_store});
    push(&t, (struct task){.what = task_lyrics});
    for (int i = 0; i < SG_KINDS; i++)
        push_shards(&t, by_size[i]);
    rc = run_all(&t, e);
    free(t.v);
    return rc;
}

static int merge_parts(struct sg_builder *b, struct sg_error *e)
{
    struct tasks t;
    int rc = tasks_open(&t, b, e);
    if (rc)
        return rc;
    sg_builder_progress(b, "merge", 0, 1);
    push(&t, (struct task){task_text, SG_SONG, shard_count(b, SG_SONG), 0, 0});
    push(&t, (struct task){.what = task_spell});
    for (int kind = 0; kind < SG_KINDS; kind++) {
        unsigned n = shard_count(b, (enum sg_kind)kind);
        push(&t, (struct task){task_facts, (enum sg_kind)kind, n, 0, 0});
        if (kind != SG_SONG)
            push(&t, (struct task){task_text, (enum sg_kind)kind, n, 0, 0});
    }
    rc = run_all(&t, e);
    free(t.v);
    if (!rc)
        sg_builder_progress(b, "merge", 1, 1);
    return rc;
}

static int undo_song(void *ctx, struct sg_str frozen, struct sg_error *e)
{
    struct sg_builder *b = ctx;
    struct sg_song song;
    sg_arena_reset(&b->arena);
    int rc = sg_record_thaw(&sg_song_record, frozen, &b->arena, &song, e);
    return rc ? rc : sg_builder_credit_song(b, &song, -1, e);
}

static int undo_album(void *ctx, struct sg_str frozen, struct sg_error *e)
{
    struct sg_builder *b = ctx;
    struct sg_album album;
    sg_arena_reset(&b->arena);
    int rc = sg_record_thaw(&sg_album_record, frozen, &b->arena, &album, e);
    return rc ? rc : sg_builder_credit_album(b, &album, -1, e);
}

static int undo_nothing(void *ctx, struct sg_str frozen, struct sg_error *e)
{
    (void)ctx, (void)frozen, (void)e;
    return 0;
}

static void take_popularity(struct sg_roster *r, const struct sg_names *names)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct sg_name *n = sg_names_find(names, r->v[i].id);
        r->v[i].popularity = n ? n->popularity : 0;
    }
}

static int settle(struct sg_builder *b, struct sg_error *e)
{
    static const sg_dropped_fn undo[sg_rosters] = {
        [SG_SONG] = undo_song,        [SG_ALBUM] = undo_album,    [SG_ARTIST] = undo_nothing,
        [SG_PLAYLIST] = undo_nothing, [sg_genres] = undo_nothing,
    };
    int rc = 0;
    sg_builder_progress(b, "sort", 0, 1);
    for (int k = 0; !rc && k < sg_rosters; k++)
        rc = sg_roster_settle(&b->rosters[k], undo[k], b, e);
    if (!rc)
        rc = sg_roster_settle(&b->lyrics, undo_nothing, b, e);
    if (rc)
        return rc;
    take_popularity(&b->rosters[SG_ARTIST], &b->artists);
    take_popularity(&b->rosters[SG_ALBUM], &b->albums);
    for (int k = 0; !rc && k < SG_KINDS; k++) {
        rc = sg_roster_rank(&b->rosters[k], e);
        b->documents += b->rosters[k].n;
    }
    sg_builder_progress(b, "sort", 1, 1);
    return rc;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static int open_spell(struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    sg_builder_path(b, path, "spell.seg");
    return sg_spell_writer_open(&b->spell, path, e);
}

static int sync_dir(const char *path, struct sg_error *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    int rc = fsync(fd) ? sg_fail_errno(e, "sync %s", path) : 0;
    close(fd);
    return rc;
}

int sg_builder_finish(struct sg_builder *b, struct sg_manifest *m, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    int rc = settle(b, e);
    if (!rc)
        rc = open_spell(b, e);
    if (!rc)
        rc = build_parts(b, e);
    if (!rc)
        rc = merge_parts(b, e);
    if (!rc)
        rc = sg_build_meaning(b, e);
    if (!rc) {
        sg_builder_path(b, path, "building");
        remove_tree(path);
        rc = sync_dir(b->dir, e);
    }
    for (int k = 0; !rc && k < SG_KINDS; k++)
        m->counts[k] = b->rosters[k].n;
    if (rc)
        sg_builder_abort(b);
    else
        sg_builder_free(b);
    return rc;
}

void sg_builder_abort(struct sg_builder *b)
{
    if (!b)
        return;
    remove_tree(b->dir);
    sg_builder_free(b);
}
