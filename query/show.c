/* show.c - see show.h. */
#include "query/show.h"
#include <stdio.h>

enum { NUMBER, TYPE, TITLE, BY, ALBUM, YEAR, LENGTH, PLAYS, ID, COLUMNS };

static const struct sg_column search_columns[COLUMNS] = {
    [NUMBER] = {"#", 0, true},    [TYPE] = {"TYPE", 0, false},    [TITLE] = {"TITLE", 44, false},
    [BY] = {"BY", 28, false},     [ALBUM] = {"ALBUM", 28, false}, [YEAR] = {"YEAR", 0, true},
    [LENGTH] = {"TIME", 0, true}, [PLAYS] = {"PLAYS", 0, true},   [ID] = {"ID", 0, true},
};

/* The cells of one row and what they point at. */
struct row {
    struct sg_range bold[3][SG_HIGHLIGHTS_MAX];
    char number[24], year[24], length[24], plays[32], id[24];
};

void sg_show_json(struct sg_buf *out, const struct sg_record *r, const void *value)
{
    sg_record_to_json(r, value, out);
    sg_buf_putc(out, '\n');
}

static size_t bold_of(const struct sg_hit *h, struct sg_str field, struct sg_range *out)
{
    const struct sg_highlight *all = h->highlights.v;
    size_t n = 0;
    for (size_t i = 0; i < h->highlights.n && n < SG_HIGHLIGHTS_MAX; i++)
        if (sg_str_eq(all[i].field, field))
            out[n++] = (struct sg_range){(size_t)all[i].from, (size_t)all[i].to};
    return n;
}

static void set_cell(struct sg_cell_text *c, const struct sg_hit *h, struct sg_str field,
                     struct sg_str text, struct sg_range *bold)
{
    *c = (struct sg_cell_text){text, bold, bold_of(h, field, bold)};
}

/* 1,234,567 */
static struct sg_str grouped(char out[32], int64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
            out[at++] = ',';
        out[at++] = digits[i];
    }
    return (struct sg_str){out, (size_t)at};
}

static struct sg_str printed(char *out, size_t cap, const char *fmt, long long a, long long b)
{
    int n = snprintf(out, cap, fmt, a, b);
    return (struct sg_str){out, n > 0 ? (size_t)n : 0};
}

static uint64_t id_of(const struct sg_hit *h)
{
    return h->song_id       ? h->song_id
           : h->album_id    ? h->album_id
           : h->playlist_id ? h->playlist_id
                            : h->artist_id;
}

static void fill_numbers(struct sg_cell_text *cells, struct row *r, const struct sg_hit *h,
                         int64_t number)
{
    int64_t count = h->play_count >= 0 ? h->play_count : h->followers;
    cells[NUMBER].text = printed(r->number, sizeof r->number, "%lld", number, 0);
    cells[ID].text = printed(r->id, sizeof r->id, "%lld", (long long)id_of(h), 0);
    if (h->year > 0)
        cells[YEAR].text = printed(r->year, sizeof r->year, "%lld", h->year, 0);
    if (h->duration > 0)
        cells[LENGTH].text =
            printed(r->length, sizeof r->length, "%lld:%02lld", h->duration / 60, h->duration % 60);
    if (count >= 0)
        cells[PLAYS].text = grouped(r->plays, count);
}

static void fill_row(struct sg_cell_text *cells, struct row *r, const struct sg_hit *h,
                     int64_t number)
{
    bool titled = h->title.n > 0;
    cells[TYPE].text = h->type;
    set_cell(&cells[TITLE], h, titled ? SG_STR("title") : SG_STR("name"),
             titled ? h->title : h->name, r->bold[0]);
    if (h->artist)
        set_cell(&cells[BY], h, SG_STR("artist"), h->artist->name, r->bold[1]);
    if (h->album)
        set_cell(&cells[ALBUM], h, SG_STR("album"), h->album->title, r->bold[2]);
    fill_numbers(cells, r, h, number);
}

static void explain(struct sg_buf *out, const struct sg_hit *h, int64_t number)
{
    const struct sg_feature *f = h->features.v;
    sg_buf_printf(out, "\n%lld. score %.3f\n", (long long)number, h->score);
    for (size_t i = 0; i < h->features.n; i++)
        if (f[i].contribution != 0)
            sg_buf_printf(out, "   %-14.*s %8.3f x %8.2f = %9.3f\n", SG_FMT(f[i].name), f[i].value,
                          f[i].weight, f[i].contribution);
}

static void put_tail(struct sg_buf *out, struct sg_str generation, int64_t took_us,
                     const char *answered_by)
{
    sg_buf_printf(out, " in %.2f ms by the %s", (double)took_us / 1000, answered_by);
    if (generation.n) {
        sg_buf_puts(out, " (");
        sg_clean_put(out, generation);
        sg_buf_putc(out, ')');
    }
    sg_buf_putc(out, '\n');
}

static void put_note(struct sg_buf *out, const char *what, struct sg_str text)
{
    if (!text.n)
        return;
    sg_buf_puts(out, what);
    sg_clean_put(out, text);
    sg_buf_putc(out, '\n');
}

static void put_summary(struct sg_buf *out, const struct sg_search_reply *r,
                        const char *answered_by)
{
    char total[32];
    struct sg_str n = grouped(total, r->total);
    if (r->relaxed.n) {
        sg_buf_puts(out, "nothing quite like that; loosened by: ");
        sg_clean_put(out, r->relaxed);
        if (r->corrected.n) {
            sg_buf_puts(out, ", read as: ");
            sg_clean_put(out, r->corrected);
        }
        sg_buf_putc(out, '\n');
    }
    put_note(out, "understood as: ", r->understood);
    put_note(out, "did you mean: ", r->did_you_mean);
    sg_buf_printf(out, "%zu of %s%.*s", r->results.n, r->total_exact ? "" : "about ", SG_FMT(n));
    put_tail(out, r->generation, r->took_us, answered_by);
}

void sg_show_search(struct sg_buf *out, const struct sg_search_reply *r, const char *answered_by,
                    bool styled)
{
    static struct sg_cell_text cells[SG_LIMIT_MAX][COLUMNS];
    static struct row rows[SG_LIMIT_MAX];
    const struct sg_hit *hits = r->results.v;
    size_t n =
        r->results.n < sizeof rows / sizeof *rows ? r->results.n : sizeof rows / sizeof *rows;
    memset(cells, 0, sizeof cells);
    for (size_t i = 0; i < n; i++)
        fill_row(cells[i], &rows[i], &hits[i], r->offset + (int64_t)i + 1);
    if (n)
        sg_table_print(out, search_columns, COLUMNS, cells[0], n, styled);
    for (size_t i = 0; i < n; i++)
        if (hits[i].features.n)
            explain(out, &hits[i], r->offset + (int64_t)i + 1);
    if (n)
        sg_buf_putc(out, '\n');
    put_summary(out, r, answered_by);
}

void sg_show_suggest(struct sg_buf *out, const struct sg_suggest_reply *r, const char *answered_by,
                     bool styled)
{
    static const struct sg_column columns[] = {
        {"TYPE", 0, false}, {"TEXT", 60, false}, {"BY", 40, false}};
    struct sg_cell_text cells[32][3] = {0};
    struct sg_range typed[32];
    const struct sg_suggestion *s = r->suggestions.v;
    size_t n = r->suggestions.n < 32 ? r->suggestions.n : 32;
    for (size_t i = 0; i < n; i++) {
        typed[i] = (struct sg_range){(size_t)s[i].from, (size_t)s[i].to};
        cells[i][0].text = s[i].type;
        cells[i][1] = (struct sg_cell_text){s[i].text, &typed[i], 1};
        cells[i][2].text = s[i].detail;
    }
    if (n)
        sg_table_print(out, columns, 3, cells[0], n, styled);
    sg_buf_printf(out, "%s%zu completions", n ? "\n" : "", n);
    put_tail(out, r->generation, r->took_us, answered_by);
}
