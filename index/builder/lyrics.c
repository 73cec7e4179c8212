/* lyrics.c - lyrics.seg, from what was fed: of songs that are there, in order of id. */
#include "index/lyrics.h"
#include "index/builder/parts.h"

enum { report_every = 16384 };

static int write_all(struct sg_builder *b, struct sg_lyrics_writer *w, struct sg_error *e)
{
    const struct sg_roster *r = &b->lyrics, *songs = &b->rosters[SG_SONG];
    int rc = 0;
    for (size_t i = 0; i < r->n && !rc && !b->failed; i++) {
        struct sg_str packed;
        if (i % report_every == 0)
            sg_builder_progress(b, "lyrics", i, r->n);
        rc = sg_roster_read(r, i, &packed, e);
        if (!rc && sg_roster_index(songs, r->v[i].id) < songs->n)
            rc = sg_lyrics_writer_add(w, r->v[i].id, packed, e);
    }
    return rc;
}

int sg_build_lyrics(struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    struct sg_lyrics_writer *w;
    sg_builder_path(b, path, "lyrics.seg");
    int rc = sg_lyrics_writer_open(&w, path, e);
    if (!rc)
        rc = write_all(b, w, e);
    else
        return rc;
    if (!rc)
        return sg_lyrics_writer_finish(w, e);
    sg_lyrics_writer_abort(w);
    return rc;
}
