/* fuzz_listens.c - the body of a submission of listens, and what another process tells of now. What
 * is read keeps its bounds, survives the journal, and has the same key before and after. */
#include "api/plays/now_share.h"
#include "api/plays/parts.h"
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_buf frozen;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check(const struct sg_listen *l)
{
    must(l->artist.n >= 1 && l->artist.n <= 1000 && sg_str_is_utf8(l->artist));
    must(l->track.n >= 1 && l->track.n <= 1000 && sg_str_is_utf8(l->track));
    must(l->player.n <= 64 && l->isrc.n <= 12 && l->recording_mbid.n <= 36);
    must(l->at_us > 0 && l->duration_s >= 0 && l->duration_s <= 86400);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t now_us = 1800000000000000;
    static struct sg_now *now;
    now = now ? now : sg_now_open();
    sg_now_share_read(now, (struct sg_str){(const char *)data, size});
    struct sg_list listens = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_play_event event, back;
    bool playing;
    int rc = listens_parse((struct sg_str){(const char *)data, size}, now_us, &arena, &listens,
                           &playing, &e);
    must(rc ? e.code == rc && *e.text : listens.n >= 1 && listens.n <= LISTENS_MAX);
    const struct sg_listen *v = listens.v;
    for (size_t i = 0; !rc && i < listens.n; i++)
        check(&v[i]);
    if (!rc) {
        sg_record_init(&sg_play_event_record, &event);
        event.what = SG_PLAY_LISTENS;
        event.user_id = 1;
        event.listens = listens;
        sg_buf_reset(&frozen);
        sg_record_freeze(&sg_play_event_record, &event, &frozen);
        must(!sg_record_thaw(&sg_play_event_record, sg_buf_str(&frozen), &arena, &back, NULL));
        must(back.listens.n == listens.n);
        const struct sg_listen *w = back.listens.v;
        for (size_t i = 0; i < listens.n; i++) {
            unsigned char a[16], b[16];
            listen_key(&v[i], a);
            listen_key(&w[i], b);
            must(memcmp(a, b, 16) == 0);
        }
    }
    sg_arena_reset(&arena);
    return 0;
}
