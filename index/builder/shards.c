/* shards.c - documents in static-rank order: postings, facts, word counts.
 *
 * A shard is a range of docids written by one thread into files of its own;
 * merging shards then only concatenates lists and rows.
 */
#include "index/builder/parts.h"
#include "index/postings.h"
#include <stdio.h>
#include <stdlib.h>

enum { report_every = 4096 };

struct shard {
    struct sg_builder *b;
    struct sg_error *e;
    enum sg_kind kind;
    struct sg_postings_writer *text;
    struct sg_facts_writer *facts;
    struct sg_word_counts words;
    struct sg_arena arena;
};

static void shard_path(const struct sg_builder *b, char out[SG_BUILD_PATH], const char *what,
                       enum sg_kind kind, unsigned shard)
{
    sg_builder_path(b, out, "building/%s-%s.%u", what, sg_kind_names[kind], shard);
}

static int shard_open(struct shard *s, unsigned number, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    shard_path(s->b, path, "text", s->kind, number);
    int rc = sg_postings_writer_open(&s->text, path, e);
    if (rc)
        return rc;
    shard_path(s->b, path, "facts", s->kind, number);
    return sg_facts_writer_open(&s->facts, path, e);
}

static int take_term(void *ctx, struct sg_str term)
{
    struct shard *s = ctx;
    if (term.p[0] == 'W' && !sg_word_counts_add(&s->words, (struct sg_str){term.p + 1, term.n - 1}))
        return sg_fail(s->e, SG_ENOMEM, "words: out of memory");
    return sg_postings_writer_term(s->text, term, s->e);
}

static int add_document(struct shard *s, uint32_t docid, struct sg_error *e)
{
    struct sg_document d;
    sg_arena_reset(&s->arena);
    s->e = e;
    size_t index = s->b->rosters[s->kind].by_rank[docid - 1];
    int rc = sg_builder_document(s->b, s->kind, index, &s->arena, &d, e);
    if (!rc)
        rc = sg_document_terms(&d, take_term, s);
    if (!rc)
        rc = sg_postings_writer_end(s->text, e);
    return rc ? rc : sg_facts_writer_add(s->facts, &d, e);
}

static void report(struct sg_builder *b, uint32_t n)
{
    uint64_t done = atomic_fetch_add(&b->documents_done, n) + n;
    sg_builder_progress(b, "documents", done, b->documents);
}

static int add_documents(struct shard *s, uint32_t from, uint32_t to, struct sg_error *e)
{
    int rc = 0;
    uint32_t reported = from;
    for (uint32_t docid = from; !rc && docid < to && !s->b->failed; docid++) {
        rc = add_document(s, docid, e);
        if (docid - reported >= report_every || docid + 1 == to) {
            report(s->b, docid + 1 - reported);
            reported = docid + 1;
        }
    }
    return rc;
}

static int give_words(struct shard *s, struct sg_error *e)
{
    int rc = sg_word_counts_settle(&s->words) ? 0 : sg_fail(e, SG_ENOMEM, "words: out of memory");
    pthread_mutex_lock(&s->b->lock);
    for (size_t i = 0; !rc && i < s->words.n_slots; i++) {
        const struct sg_word_count *w = &s->words.v[i];
        if (w->count)
            rc = sg_spell_writer_add(
                s->b->spell, (struct sg_str){s->words.text.p + w->at, w->bytes}, w->count, e);
    }
    pthread_mutex_unlock(&s->b->lock);
    return rc;
}

static int shard_finish(struct shard *s, struct sg_error *e)
{
    int rc = give_words(s, e);
    if (rc)
        return rc;
    struct sg_facts_writer *facts = s->facts;
    s->facts = NULL;
    rc = sg_facts_writer_part(facts, e);
    if (rc)
        return rc;
    struct sg_postings_writer *text = s->text;
    s->text = NULL;
    return sg_postings_writer_finish(text, e);
}

int sg_build_shard(struct sg_builder *b, enum sg_kind kind, unsigned shard, uint32_t from,
                   uint32_t to, struct sg_error *e)
{
    struct shard s = {.b = b, .kind = kind};
    int rc = shard_open(&s, shard, e);
    if (!rc)
        rc = add_documents(&s, from, to, e);
    if (!rc)
        rc = shard_finish(&s, e);
    sg_postings_writer_abort(s.text);
    sg_facts_writer_abort(s.facts);
    sg_word_counts_free(&s.words);
    sg_arena_free(&s.arena);
    return rc;
}

typedef int (*merge_fn)(const char *const *parts, size_t n, const char *path, struct sg_error *e);

static int merge(struct sg_builder *b, const char *what, const char *suffix, enum sg_kind kind,
                 unsigned shards, merge_fn fn, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    char(*paths)[SG_BUILD_PATH] = malloc(shards * sizeof *paths);
    const char **parts = malloc(shards * sizeof *parts);
    int rc = paths && parts ? 0 : sg_fail(e, SG_ENOMEM, "merge: out of memory");
    for (unsigned i = 0; !rc && i < shards; i++) {
        shard_path(b, paths[i], what, kind, i);
        parts[i] = paths[i];
    }
    sg_builder_path(b, path, "%s-%s%s", what, sg_kind_names[kind], suffix);
    if (!rc)
        rc = fn(parts, shards, path, e);
    free(parts);
    free(paths);
    return rc;
}

int sg_build_merge_text(struct sg_builder *b, enum sg_kind kind, unsigned shards,
                        struct sg_error *e)
{
    return merge(b, "text", "", kind, shards, sg_postings_merge, e);
}

int sg_build_merge_facts(struct sg_builder *b, enum sg_kind kind, unsigned shards,
                         struct sg_error *e)
{
    return merge(b, "facts", ".seg", kind, shards, sg_facts_merge, e);
}
