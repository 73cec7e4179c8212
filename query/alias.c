/* alias.c - see alias.h. */
#include "query/alias.h"

struct best {
    const struct sg_reading *reading;
    struct sg_str alias; /* absent: a hint */
    float cover;
};

static void offer(struct best *b, const struct sg_list *aliases, bool shown)
{
    const struct sg_str *v = aliases->v;
    for (size_t i = 0; i < aliases->n; i++) {
        char folded[SG_TEXT_MAX];
        size_t n = sg_text_fold(folded, sizeof folded, v[i]);
        float cover = sg_rank_cover(b->reading, (struct sg_str){folded, n});
        if (cover <= b->cover)
            continue;
        b->cover = cover;
        b->alias = shown ? v[i] : SG_STR_NONE;
    }
}

static void offer_all(struct best *b, enum sg_kind kind, void *record)
{
    offer(b, sg_aliases_of(kind, record, false), true);
    offer(b, sg_aliases_of(kind, record, true), false);
}

static void offer_artist(struct best *b, struct sg_searcher *s, uint64_t id, struct sg_arena *a)
{
    struct sg_artist artist;
    if (id && sg_searcher_record(s, SG_ARTIST, id, a, &artist, NULL) == 0)
        offer_all(b, SG_ARTIST, &artist);
}

static void offer_entity(struct best *b, struct sg_searcher *s, enum sg_kind kind, uint64_t id,
                         struct sg_arena *a)
{
    union {
        struct sg_song song;
        struct sg_artist artist;
        struct sg_album album;
    } v;
    if (kind == SG_PLAYLIST || sg_searcher_record(s, kind, id, a, &v, NULL))
        return;
    offer_all(b, kind, &v);
    if (kind == SG_ALBUM)
        offer_artist(b, s, v.album.artist_id, a);
    for (size_t i = 0; kind == SG_SONG && i < v.song.artist_ids.n && i < SG_DOC_ARTISTS_MAX; i++)
        offer_artist(b, s, ((const uint64_t *)v.song.artist_ids.v)[i], a);
}

struct sg_str sg_alias_of(struct sg_searcher *s, const struct sg_ranker *r,
                          const struct sg_facts *f, struct sg_arena *a)
{
    struct best b = {.reading = r->reading};
    float values[SG_FEATURES];
    if (!(f->title_aliases.n | f->artist_aliases.n))
        return SG_STR_NONE;
    sg_rank(r, f, values);
    if (values[SG_F_ALIAS] > 0)
        offer_entity(&b, s, r->kind, f->id, a);
    return b.alias;
}
