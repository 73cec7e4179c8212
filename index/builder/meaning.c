/* meaning.c - what words mean, learnt when all else is built: contexts are spilled as
 *
 *   u32 text bytes | u32 songs | text | u64 song ids
 */
#include "index/meaning.h"
#include "core/embeddings.h"
#include "core/log.h"
#include "index/builder/parts.h"
#include "index/facts.h"
#include <stdlib.h>

enum { CONTEXT_TEXT_MAX = SG_TEXT_MAX, CONTEXT_SONGS_MAX = 100000, SEED = 1, REPORT_EVERY = 16384 };

int sg_builder_context(struct sg_builder *b, struct sg_str text, const uint64_t *song_ids, size_t n,
                       struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    int rc = 0;
    text.n =
        text.n ? sg_utf8_floor(text, text.n < CONTEXT_TEXT_MAX ? text.n : CONTEXT_TEXT_MAX) : 0;
    uint32_t head[2] = {(uint32_t)text.n,
                        (uint32_t)(n < CONTEXT_SONGS_MAX ? n : CONTEXT_SONGS_MAX)};
    if (!b->contexts.path) {
        sg_builder_path(b, path, "building/contexts");
        rc = sg_outfile_open(&b->contexts, path, e);
    }
    if (!rc)
        rc = sg_outfile_put(&b->contexts, head, sizeof head, e);
    if (!rc && head[0])
        rc = sg_outfile_put(&b->contexts, text.p, head[0], e);
    return rc || !head[1] ? rc
                          : sg_outfile_put(&b->contexts, song_ids, head[1] * sizeof *song_ids, e);
}

size_t sg_roster_index(const struct sg_roster *r, uint64_t id)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (r->v[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < r->n && r->v[low].id == id ? low : r->n;
}

struct sg_str sg_builder_genre_name(struct sg_builder *b, uint64_t id)
{
    const struct sg_roster *r = &b->rosters[sg_genres];
    struct sg_str frozen;
    struct sg_genre genre;
    size_t i = id ? sg_roster_index(r, id) : r->n;
    sg_arena_reset(&b->arena);
    if (i == r->n || sg_roster_read(r, i, &frozen, NULL) ||
        sg_record_thaw(&sg_genre_record, frozen, &b->arena, &genre, NULL))
        return SG_STR_NONE;
    return genre.name;
}

static int add_songs(struct sg_builder *b, struct sg_meaning_trainer *t, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    struct sg_facts_reader *facts = NULL;
    sg_builder_path(b, path, "facts-song.seg");
    int rc = sg_facts_open(&facts, path, e);
    uint32_t n = rc ? 0 : sg_facts_count(facts);
    for (uint32_t doc = 1; !rc && doc <= n; doc++) {
        struct sg_facts f;
        if (!sg_facts_get(facts, doc, &f))
            rc = sg_fail(e, SG_ECORRUPT, "%s: row %u", path, doc);
        else
            rc = sg_meaning_add_song(t, &f, sg_builder_genre_name(b, f.genre_id), e);
        if (doc % REPORT_EVERY == 0)
            sg_builder_progress(b, "meaning", doc, n);
    }
    sg_facts_close(facts);
    return rc;
}

/* Ids become docids, in place of them. */
static size_t docids_of(const struct sg_roster *songs, const unsigned char *ids, uint32_t n,
                        uint32_t *out)
{
    size_t known = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t id;
        memcpy(&id, ids + i * sizeof id, sizeof id);
        size_t at = sg_roster_index(songs, id);
        if (at < songs->n)
            out[known++] = songs->docid[at];
    }
    return known;
}

static int add_context(struct sg_builder *b, struct sg_meaning_trainer *t, const struct sg_map *m,
                       size_t *at, uint32_t *docids, struct sg_error *e)
{
    uint32_t head[2];
    if (m->n - *at < sizeof head)
        return sg_fail(e, SG_ECORRUPT, "contexts end too soon");
    memcpy(head, m->p + *at, sizeof head);
    size_t ids = head[1] * sizeof(uint64_t);
    if (head[1] > CONTEXT_SONGS_MAX || m->n - *at - sizeof head < head[0] + ids)
        return sg_fail(e, SG_ECORRUPT, "contexts end too soon");
    struct sg_str text = {(const char *)m->p + *at + sizeof head, head[0]};
    size_t n = docids_of(&b->rosters[SG_SONG], m->p + *at + sizeof head + head[0], head[1], docids);
    *at += sizeof head + head[0] + ids;
    return sg_meaning_add_context(t, text, docids, n, e);
}

static int add_contexts(struct sg_builder *b, struct sg_meaning_trainer *t, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    struct sg_map m = {0};
    if (!b->contexts.path)
        return 0;
    uint32_t *docids = malloc(CONTEXT_SONGS_MAX * sizeof *docids);
    int rc = docids ? sg_outfile_close(&b->contexts, false, e)
                    : sg_fail(e, SG_ENOMEM, "contexts: out of memory");
    sg_builder_path(b, path, "building/contexts");
    if (!rc)
        rc = sg_map_open(&m, path, 1, e);
    for (size_t at = 0; !rc && at < m.n;)
        rc = add_context(b, t, &m, &at, docids, e);
    sg_map_close(&m);
    free(docids);
    return rc;
}

/* 0 also when the server has failed us: then with own vectors, and it is said. */
static int place_embedded(struct sg_builder *b, struct sg_meaning_trainer *t,
                          struct sg_embedded *vectors, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    if (!b->embeddings)
        return 0;
    int rc = sg_embedded_open(vectors, b, &why);
    if (rc == SG_ECANCELED || rc == SG_ENOMEM || rc == SG_ENOSPC)
        return sg_fail(e, rc, "%s", why.text);
    if (rc) {
        sg_log(SG_LOG_ERROR, "no vectors from the embeddings server: songs get own ones", "why=%s",
               why.text);
        return 0;
    }
    return sg_meaning_place(t, vectors->v, sg_embeddings_dimensions(b->embeddings),
                            sg_embeddings_source(b->embeddings), e);
}

int sg_build_meaning(struct sg_builder *b, struct sg_error *e)
{
    struct sg_embedded vectors = {0};
    char path[SG_BUILD_PATH];
    struct sg_meaning_trainer *t = NULL;
    struct sg_meaning_options o = {.seed = SEED};
    sg_builder_progress(b, "meaning", 0, 1);
    int rc = sg_meaning_trainer_open(&t, &o, e);
    if (!rc)
        rc = add_songs(b, t, e);
    if (!rc)
        rc = add_contexts(b, t, e);
    if (!rc)
        rc = place_embedded(b, t, &vectors, e);
    sg_builder_path(b, path, "meaning.seg");
    if (!rc)
        rc = sg_meaning_train(t, path, e);
    sg_meaning_trainer_free(t);
    sg_embedded_close(&vectors);
    if (!rc)
        sg_builder_progress(b, "meaning", 1, 1);
    return rc;
}
