/* fuzz_record.c - the msgpack, JSON and at-rest decoders over a deep record. What
 * decodes must encode to something that decodes to the same. */
#include "schemas/catalogue.h"
#include "schemas/search.h"
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_buf first, second;

static void must_survive(const struct sg_record *r, void *value)
{
    union {
        struct sg_search_reply reply;
        struct sg_song song;
    } back;
    sg_buf_reset(&first);
    sg_record_pack(r, value, &first);
    if (sg_record_unpack(r, sg_buf_str(&first), &arena, &back, NULL) != 0)
        abort();
    sg_buf_reset(&second);
    sg_record_pack(r, &back, &second);
    if (!sg_str_eq(sg_buf_str(&first), sg_buf_str(&second)))
        abort();
    sg_buf_reset(&first);
    sg_record_freeze(r, value, &first);
    if (sg_record_thaw(r, sg_buf_str(&first), &arena, &back, NULL) != 0)
        abort();
    sg_buf_reset(&second);
    sg_record_freeze(r, &back, &second);
    if (!sg_str_eq(sg_buf_str(&first), sg_buf_str(&second)))
        abort();
    sg_buf_reset(&first);
    sg_record_to_json(r, value, &first);
    if (sg_record_from_json(r, sg_buf_str(&first), &arena, &back, NULL) == SG_OK) {
        sg_buf_reset(&second);
        sg_record_to_json(r, &back, &second);
        if (!sg_str_eq(sg_buf_str(&first), sg_buf_str(&second)))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct sg_record *r = data[0] & 8   ? &sg_song_record
                                : data[0] & 1 ? &sg_search_request_record
                                              : &sg_search_reply_record;
    struct sg_str in = {(const char *)data + 1, size - 1};
    union {
        struct sg_search_reply reply;
        struct sg_search_request request;
        struct sg_song song;
    } value;
    struct sg_error e = SG_ERROR_INIT;
    int rc = data[0] & 4   ? sg_record_thaw(r, in, &arena, &value, &e)
             : data[0] & 2 ? sg_record_from_json(r, in, &arena, &value, &e)
                           : sg_record_unpack(r, in, &arena, &value, &e);
    if (rc == 0)
        must_survive(r, &value);
    else if (e.code != rc || !*e.text)
        abort();
    sg_arena_reset(&arena);
    return 0;
}
