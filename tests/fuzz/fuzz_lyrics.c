/* fuzz_lyrics.c - any bytes as a song's packed lyrics, and as the file of them. */
#include "index/lyrics.h"
#include "query/lyric_match.h"
#include "tests/support/segment.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sg_lyrics room;

static int on_word(void *ctx, struct sg_str word)
{
    size_t *n = ctx;
    *n += word.n;
    return 0;
}

static void within(struct sg_str whole, struct sg_str part)
{
    if (part.n &&
        (part.p < whole.p || part.n > whole.n || (size_t)(part.p - whole.p) > whole.n - part.n))
        abort();
}

static void read_packed(struct sg_str packed)
{
    struct sg_lyric_query q = {.n = 3,
                               .words = {SG_STR("river"), SG_STR("of"), SG_STR("lanterns")},
                               .weight = {2, 1, 3},
                               .open = true};
    struct sg_lyric_found found;
    struct sg_str rest = packed, language, body;
    size_t bytes = 0;
    while (sg_lyrics_next(&rest, &language, &body)) {
        within(packed, language);
        within(packed, body);
        sg_lyrics_each_word(body, on_word, &bytes);
        if (!sg_lyrics_open(&room, body))
            continue;
        for (size_t i = 0; i < room.n_lines; i++)
            within(body, sg_lyrics_text(&room, i));
    }
    if (bytes > packed.n)
        abort();
    for (q.n_phrases = 0; q.n_phrases < 2; q.n_phrases++) {
        q.phrases[0].from = 0;
        q.phrases[0].to = 2;
        if (sg_lyric_match(&q, packed, &room, &found))
            within(packed, found.text);
    }
}

static void read_file(const uint8_t *data, size_t size)
{
    struct sg_lyrics_file *f;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        abort();
    memcpy(bytes, data, size);
    test_segment_seal(bytes, size);
    if (!sg_lyrics_file_open_bytes(&f, (struct sg_str){(char *)bytes, size}, NULL)) {
        for (size_t i = 0; i < sg_lyrics_file_count(f) && i < 64; i++)
            read_packed(sg_lyrics_file_get(f, sg_lyrics_file_id(f, i)));
        sg_lyrics_file_close(f);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_buf again = {0};
    read_packed((struct sg_str){(const char *)data, size});
    if (!sg_lyrics_set((struct sg_str){(const char *)data, size}, SG_STR("en"), SG_STR("x"), &again,
                       NULL))
        read_packed(sg_buf_str(&again));
    sg_buf_free(&again);
    read_file(data, size);
    return 0;
}
