/* table.h - aligned text for a terminal.
 *
 * Widths are Unicode columns (East Asian wide characters take two). Cells are
 * other people's text: control characters are shown as U+FFFD, so that no
 * title can steer the terminal. Too wide columns are cut with an ellipsis.
 */
#pragma once
#include "core/buf.h"
#include "query/highlight.h"

#define SG_COLUMNS_MAX 10

struct sg_cell_text {
    struct sg_str text;
    const struct sg_range *bold; /* ascending byte ranges */
    size_t n_bold;
};
struct sg_column {
    const char *title;
    int max_width; /* columns; 0: any */
    bool right;
};

size_t sg_text_columns(struct sg_str text);
/* rows x n_columns cells, row-major. styled: bold ranges and a dim header by
 * escape sequences. Lines end without trailing spaces. */
void sg_table_print(struct sg_buf *out, const struct sg_column *columns, size_t n_columns,
                    const struct sg_cell_text *cells, size_t rows, bool styled);
/* The text alone, cleaned. */
void sg_clean_put(struct sg_buf *out, struct sg_str text);
