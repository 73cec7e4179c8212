/* hits.c - see hits.h. */
#include "api/catalogue/hits.h"
#include "schemas/catalogue.h"

/* An empty text is none. */
static struct sg_str some(struct sg_arena *a, const PGresult *r, int row, int column)
{
    struct sg_str s = sg_row_str(a, r, row, column);
    return s.n ? s : SG_STR_NONE;
}

int sg_album_hits(const PGresult *rows, size_t n, struct sg_arena *a, struct sg_list *out,
                  struct sg_error *e)
{
    struct sg_hit *hits = sg_arena_array(a, n + 1, sizeof *hits);
    struct sg_artist_ref *refs = sg_arena_array(a, n + 1, sizeof *refs);
    if (!hits || !refs)
        return sg_fail(e, SG_ENOMEM, "albums");
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        sg_record_init(&sg_hit_record, &hits[i]);
        refs[i] = (struct sg_artist_ref){sg_row_u64(rows, row, 2), sg_row_str(a, rows, row, 3)};
        hits[i].type = sg_str(sg_kind_names[SG_ALBUM]);
        hits[i].album_id = sg_row_u64(rows, row, 0);
        hits[i].title = sg_row_str(a, rows, row, 1);
        hits[i].artist = &refs[i];
        hits[i].year = (int64_t)sg_row_u64(rows, row, 4);
        hits[i].cover_art_url = some(a, rows, row, 5);
    }
    *out = (struct sg_list){hits, n};
    return 0;
}

int sg_artist_hits(const PGresult *rows, size_t n, struct sg_arena *a, struct sg_list *out,
                   struct sg_error *e)
{
    struct sg_hit *hits = sg_arena_array(a, n + 1, sizeof *hits);
    if (!hits)
        return sg_fail(e, SG_ENOMEM, "artists");
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        sg_record_init(&sg_hit_record, &hits[i]);
        hits[i].type = sg_str(sg_kind_names[SG_ARTIST]);
        hits[i].artist_id = sg_row_u64(rows, row, 0);
        hits[i].name = sg_row_str(a, rows, row, 1);
        hits[i].image_url = some(a, rows, row, 2);
    }
    *out = (struct sg_list){hits, n};
    return 0;
}
