/* lrc_write.c - lyrics as text; see lrc.h. */
#include "api/lyrics/lrc.h"

/* Hundredths as everybody reads them, thousandths where they matter. */
static void put_time(struct sg_buf *out, char open, uint32_t ms, char close)
{
    uint32_t minutes = ms / 60000, seconds = ms / 1000 % 60, rest = ms % 1000;
    if (rest % 10)
        sg_buf_printf(out, "%c%02u:%02u.%03u%c", open, minutes, seconds, rest, close);
    else
        sg_buf_printf(out, "%c%02u:%02u.%02u%c", open, minutes, seconds, rest / 10, close);
}

static void put_tag(struct sg_buf *out, const char *name, struct sg_str value)
{
    if (value.n)
        sg_buf_printf(out, "[%s:%.*s]\n", name, SG_FMT(value));
}

static void put_words(struct sg_buf *out, const struct sg_lrc_line *l)
{
    for (size_t i = 0; i < l->n_words; i++) {
        const struct sg_lrc_word *w = &l->words[i];
        bool last = i + 1 == l->n_words;
        put_time(out, '<', w->start_ms, '>');
        sg_buf_str_put(out, w->text);
        if (w->end_ms != SG_LRC_UNTIMED && (last || w->end_ms < w[1].start_ms))
            put_time(out, '<', w->end_ms, '>');
    }
}

/* The next beginning after line i's own. */
static uint32_t next_start(const struct sg_lrc *l, size_t i)
{
    uint32_t start = l->lines[i].start_ms;
    while (i < l->n && l->lines[i].start_ms == start)
        i++;
    return i < l->n ? l->lines[i].start_ms : SG_LRC_UNTIMED;
}

static void put_line(struct sg_buf *out, const struct sg_lrc *l, size_t i, enum sg_lrc_kind as)
{
    const struct sg_lrc_line *line = &l->lines[i];
    put_time(out, '[', line->start_ms, ']');
    if (as == SG_LRC_WORDWISE && line->n_words) {
        put_words(out, line);
    } else {
        if (line->text.n && line->text.p[0] == '[') /* else it might be read as a time */
            sg_buf_putc(out, ' ');
        sg_buf_str_put(out, line->text);
    }
    sg_buf_putc(out, '\n');
    bool last_so = i + 1 == l->n || l->lines[i + 1].start_ms != line->start_ms;
    if (last_so && line->end_ms != SG_LRC_UNTIMED && line->end_ms < next_start(l, i)) {
        put_time(out, '[', line->end_ms, ']');
        sg_buf_putc(out, '\n');
    }
}

void sg_lrc_write(const struct sg_lrc *l, enum sg_lrc_kind as, struct sg_buf *out)
{
    bool timed = as != SG_LRC_PLAIN && l->kind != SG_LRC_PLAIN;
    if (as != SG_LRC_PLAIN) {
        put_tag(out, "ti", l->title);
        put_tag(out, "ar", l->artist);
        put_tag(out, "al", l->album);
        put_tag(out, "la", l->language);
    }
    for (size_t i = 0; i < l->n; i++) {
        if (timed) {
            put_line(out, l, i, as);
            continue;
        }
        sg_buf_str_put(out, l->lines[i].text);
        sg_buf_putc(out, '\n');
    }
}
