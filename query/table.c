/* table.c - see table.h. */
#include "query/table.h"
#include <utf8proc.h>

#define BOLD  "\033[1m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"
#define GAP   2 /* columns between columns */

/* The character at i, its bytes and columns; what may not be shown is U+FFFD. */
struct glyph {
    int32_t character;
    size_t bytes;
    int columns;
};

static struct glyph glyph_at(struct sg_str s, size_t i)
{
    struct glyph g = {0xfffd, 1, 1};
    utf8proc_int32_t c;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)s.p + i, (utf8proc_ssize_t)(s.n - i), &c);
    if (n <= 0)
        return g;
    g.bytes = (size_t)n;
    utf8proc_category_t category = utf8proc_category(c);
    bool steers = category == UTF8PROC_CATEGORY_CC || (c >= 0x202a && c <= 0x202e) ||
                  (c >= 0x2066 && c <= 0x2069);
    if (steers)
        return g;
    g.character = c;
    g.columns = utf8proc_charwidth(c);
    return g;
}

static void put_glyph(struct sg_buf *out, struct sg_str s, size_t i, const struct glyph *g)
{
    if (g->character == 0xfffd)
        sg_buf_puts(out, "\xef\xbf\xbd");
    else
        sg_buf_put(out, s.p + i, g->bytes);
}

size_t sg_text_columns(struct sg_str text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.n;) {
        struct glyph g = glyph_at(text, i);
        columns += (size_t)g.columns;
        i += g.bytes;
    }
    return columns;
}

void sg_clean_put(struct sg_buf *out, struct sg_str text)
{
    for (size_t i = 0; i < text.n;) {
        struct glyph g = glyph_at(text, i);
        put_glyph(out, text, i, &g);
        i += g.bytes;
    }
}

static bool is_bold(const struct sg_cell_text *c, size_t i)
{
    for (size_t k = 0; k < c->n_bold; k++)
        if (i >= c->bold[k].from && i < c->bold[k].to)
            return true;
    return false;
}

/* At most width columns; returns how many were used. */
static size_t put_cell(struct sg_buf *out, const struct sg_cell_text *c, size_t width, bool styled)
{
    bool cut = sg_text_columns(c->text) > width, bold = false;
    size_t room = cut ? width - 1 : width, used = 0;
    for (size_t i = 0; i < c->text.n;) {
        struct glyph g = glyph_at(c->text, i);
        if (used + (size_t)g.columns > room)
            break;
        if (styled && is_bold(c, i) != bold) {
            bold = !bold;
            sg_buf_puts(out, bold ? BOLD : PLAIN);
        }
        put_glyph(out, c->text, i, &g);
        used += (size_t)g.columns;
        i += g.bytes;
    }
    if (bold)
        sg_buf_puts(out, PLAIN);
    if (cut)
        sg_buf_puts(out, "\xe2\x80\xa6");
    return used + cut;
}

static void spaces(struct sg_buf *out, size_t n)
{
    while (n--)
        sg_buf_putc(out, ' ');
}

static size_t width_of(const struct sg_column *column, size_t k, size_t n_columns,
                       const struct sg_cell_text *cells, size_t rows)
{
    size_t width = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t w = sg_text_columns(cells[r * n_columns + k].text);
        width = w > width ? w : width;
    }
    if (column->max_width && width > (size_t)column->max_width)
        width = (size_t)column->max_width;
    size_t title = strlen(column->title);
    return width == 0 ? 0 : width > title ? width : title;
}

static void put_row(struct sg_buf *out, const struct sg_column *columns, const size_t *widths,
                    size_t n, const struct sg_cell_text *cells, bool styled)
{
    size_t owed = 0;
    for (size_t k = 0; k < n; k++) {
        if (!widths[k])
            continue;
        size_t columns_used = sg_text_columns(cells[k].text);
        size_t w = columns_used < widths[k] ? columns_used : widths[k];
        size_t pad = widths[k] - w;
        if (w) {
            spaces(out, owed + (columns[k].right ? pad : 0));
            owed = columns[k].right ? 0 : pad;
            owed += w - put_cell(out, &cells[k], widths[k], styled) + GAP;
        } else {
            owed += widths[k] + GAP;
        }
    }
    sg_buf_putc(out, '\n');
}

void sg_table_print(struct sg_buf *out, const struct sg_column *columns, size_t n_columns,
                    const struct sg_cell_text *cells, size_t rows, bool styled)
{
    size_t widths[SG_COLUMNS_MAX];
    struct sg_cell_text titles[SG_COLUMNS_MAX] = {0};
    for (size_t k = 0; k < n_columns; k++) {
        widths[k] = width_of(&columns[k], k, n_columns, cells, rows);
        titles[k].text = sg_str(columns[k].title);
    }
    if (styled)
        sg_buf_puts(out, DIM);
    put_row(out, columns, widths, n_columns, titles, false);
    if (styled)
        sg_buf_puts(out, PLAIN);
    for (size_t r = 0; r < rows; r++)
        put_row(out, columns, widths, n_columns, cells + r * n_columns, styled);
}
