/* fuzz_pgoutput.c - any bytes as a replication message, inside and outside of a
 * stream. Views handed out must lie within the message. */
#include "core/pgoutput.h"
#include <stdlib.h>

static void check_view(struct sg_str s, struct sg_str msg)
{
    if (s.n && (s.p < msg.p || s.p + s.n > msg.p + msg.n))
        abort();
}

static void check_tuple(const struct sg_tuple *t, struct sg_str msg)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->cells[i].kind == SG_CELL_TEXT)
            check_view(t->cells[i].text, msg);
}

static void decode(struct sg_str msg, bool in_stream)
{
    static struct sg_arena a;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_pgoutput m;
    sg_arena_reset(&a);
    if (sg_pgoutput_decode(&m, msg, in_stream, &a, &e))
        return;
    check_tuple(&m.old_tuple, msg);
    check_tuple(&m.new_tuple, msg);
    for (size_t i = 0; i < m.described.n; i++)
        check_view(m.described.columns[i].name, msg);
    check_view(m.described.name, msg);
    if (m.n_truncated > msg.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_str msg = {(const char *)data, size};
    decode(msg, false);
    decode(msg, true);
    return 0;
}
