/* lyrics.c - what demo songs say: three verses of four lines and a chorus after each, put
 * together from the language's own grammar of titles, timed over the song's length.
 */
#include "data/generate/world.h"

enum { VERSES = 3, VERSE_LINES = 4, LINES = VERSES * VERSE_LINES * 2, INTRO_S = 8 };

bool sg_world_has_lyrics(const struct sg_world *w, uint64_t artist, size_t song)
{
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_LYRICS, w->o.first_artist + artist, song);
    return w->o.lyrics > 0 && sg_rng_chance(&r, w->o.lyrics);
}

/* Two titles make a line. part 0: the chorus. */
static void put_text(const struct sg_world *w, uint64_t artist, size_t song, size_t part,
                     size_t line, struct sg_buf *text)
{
    const struct sg_vocabulary *v = &w->languages[w->artists[artist].language];
    uint64_t at = ((uint64_t)song << 16 | part << 8 | line) + 1;
    struct sg_rng r = sg_rng_at(w->o.seed, SG_S_LYRICS, w->o.first_artist + artist, at << 20);
    sg_buf_reset(text);
    sg_vocabulary_expand(v, SG_L_TITLES, &r, text);
    sg_buf_puts(text, sg_rng_chance(&r, 0.5) ? ", " : " ");
    sg_vocabulary_expand(v, SG_L_TITLES, &r, text);
}

const char *sg_world_lyrics(const struct sg_world *w, uint64_t artist, size_t song,
                            struct sg_buf *text, struct sg_buf *json)
{
    int duration_ms = 1000 * sg_world_duration(w, artist, song);
    int step_ms = (duration_ms - 2000 * INTRO_S) / LINES;
    if (step_ms < 500)
        step_ms = 500;
    sg_buf_reset(json);
    for (size_t i = 0; i < LINES; i++) {
        size_t verse = i / (2 * VERSE_LINES), in = i % (2 * VERSE_LINES);
        bool chorus = in >= VERSE_LINES;
        int start_ms = 1000 * INTRO_S + (int)i * step_ms, end_ms = start_ms + step_ms * 9 / 10;
        put_text(w, artist, song, chorus ? 0 : verse + 1, in % VERSE_LINES, text);
        sg_buf_printf(
            json, "%s{\"start_time\": %d.%03d, \"end_time\": %d.%03d, \"text\": ", i ? ", " : "[",
            start_ms / 1000, start_ms % 1000, end_ms / 1000, end_ms % 1000);
        sg_buf_json_str(json, sg_buf_str(text));
        sg_buf_putc(json, '}');
    }
    sg_buf_putc(json, ']');
    return w->languages[w->artists[artist].language].lexicon->code;
}
