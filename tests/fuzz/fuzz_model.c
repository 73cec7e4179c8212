/* fuzz_model.c - the files of a model: any bytes at all, read by every function there is. The
 * first byte chooses the file.
 */
#include "index/segment.h"
#include "recsys/content.h"
#include "recsys/items.h"
#include "recsys/near.h"
#include "recsys/songs.h"
#include <stdlib.h>
#include <xxhash.h>

enum { LOOK_AT = 64 };

/* So that not every input fails at the header's checksum. */
static void sum_header(char *p, size_t n)
{
    struct sg_segment_header *h = (void *)p;
    static const char magics[][9] = {"SGSONGS2", "SGITEMS1", "SGNEAR01", "SGCONT01"};
    if (n < sizeof *h)
        return;
    for (size_t i = 0; i < 4; i++)
        if (memcmp(h->magic, magics[i], 8) == 0)
            h->xxh3 = XXH3_64bits(h, offsetof(struct sg_segment_header, xxh3));
}

static void read_songs(struct sg_str bytes)
{
    struct sg_songs *s;
    size_t n;
    if (sg_songs_parse(&s, bytes, NULL))
        return;
    for (uint32_t i = 0; i < LOOK_AT; i++) {
        const struct sg_song_row *row = sg_songs_row(s, i);
        (void)sg_songs_ranked(s, i);
        if (!row)
            continue;
        (void)sg_songs_index(s, row->song_id);
        (void)sg_songs_credits(s, row, &n);
        (void)sg_songs_is_allowed(s, row, i);
        struct sg_song_rows rows = sg_songs_of_artist(s, row->artist_id);
        for (size_t k = 0; k < rows.n && k < LOOK_AT; k++)
            (void)sg_songs_row(s, rows.v[k]);
        (void)sg_songs_of_album(s, row->album_id);
        (void)sg_songs_of_genre(s, row->genre_id);
    }
    sg_songs_close(s);
}

static void read_items(struct sg_str bytes)
{
    struct sg_items *x;
    volatile float sum = 0;
    if (sg_items_parse(&x, bytes, NULL))
        return;
    for (uint32_t i = 0; i < LOOK_AT; i++) {
        const float *row = sg_items_of(x, i);
        for (size_t f = 0; row && f < sg_items_factors(x); f++)
            sum += row[f];
    }
    sg_items_close(x);
}

static void read_near(struct sg_str bytes)
{
    struct sg_near *x;
    volatile uint32_t sum = 0;
    if (sg_near_parse(&x, bytes, NULL))
        return;
    for (uint32_t i = 0; i < LOOK_AT; i++) {
        struct sg_near_list list = sg_near_of(x, i);
        for (size_t k = 0; k < list.n; k++)
            sum += list.song[k] + list.likeness[k];
    }
    sg_near_close(x);
}

static void read_content(struct sg_str bytes)
{
    struct sg_content *c;
    struct sg_akin near[LOOK_AT];
    static float v[SG_MEANING_PLACED_MAX];
    if (sg_content_parse(&c, bytes, NULL))
        return;
    v[0] = 1;
    for (uint32_t i = 0; i < LOOK_AT; i++) {
        sg_content_prefetch(c, i);
        (void)sg_content_dot(c, v, i);
        (void)sg_content_add(c, i, 0, v);
    }
    (void)sg_content_near(c, v, LOOK_AT, 16, near);
    sg_content_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const read[])(struct sg_str) = {read_songs, read_items, read_near, read_content};
    if (size < 2)
        return 0;
    char *copy = aligned_alloc(8, (size + 7) & ~(size_t)7);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    sum_header(copy, size - 1);
    read[data[0] % 4]((struct sg_str){copy, size - 1});
    free(copy);
    return 0;
}
