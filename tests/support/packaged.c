/* packaged.c - see packaged.h. */
#include "tests/support/packaged.h"
#include "core/arena.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>

struct sg_package_job test_packaged_job(enum sg_protection protection)
{
    struct sg_package_job j = {.renditions = SG_RENDITIONS_ALL,
                               .protection = protection,
                               .threads = 2,
                               .fallback = protection != SG_PROTECT_NONE};
    for (uint8_t i = 0; i < 16; i++)
        j.kid[i] = (uint8_t)(i + 1);
    memcpy(j.cenc_key, TEST_CENC_KEY, 16);
    memcpy(j.hls_key, TEST_HLS_KEY, 16);
    return j;
}

void test_packaged_make(struct test_packaged *p, const struct test_sound *s,
                        enum sg_protection protection, const char *name)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_package_job job = test_packaged_job(protection);
    p->dir = sg_arena_printf(&p->arena, "%s/%s", test_scratch(), name).p;
    int rc = test_package(s, &job, p->dir, &p->tree, &p->arena, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

struct sg_map test_packaged_map(const struct test_packaged *p, const char *path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_map m;
    char at[600];
    snprintf(at, sizeof at, "%s/%s", p->dir, path);
    ck_assert_msg(sg_map_open(&m, at, 1, &e) == 0, "%s", e.text);
    return m;
}

struct test_cmaf test_packaged_cmaf(const struct test_packaged *p, struct sg_map *map,
                                    const char *path)
{
    *map = test_packaged_map(p, path);
    struct test_cmaf m = test_cmaf_read((struct sg_str){(const char *)map->p, map->n});
    ck_assert_msg(!m.wrong, "%s: %s", path, m.wrong);
    return m;
}

const char *test_packaged_text(struct test_packaged *p, const char *path)
{
    struct sg_map m = test_packaged_map(p, path);
    const char *z = sg_arena_copy(&p->arena, (struct sg_str){(const char *)m.p, m.n}).p;
    sg_map_close(&m);
    return z;
}

const struct sg_audio_file *test_packaged_listed(const struct test_packaged *p, const char *path)
{
    for (size_t i = 0; i < p->tree.n; i++)
        if (sg_str_eq(p->tree.files[i].path, sg_str(path)))
            return &p->tree.files[i];
    ck_abort_msg("%s is not in the list", path);
}

const char *test_rendition_path(const struct sg_rendition *r)
{
    static char paths[4][64];
    static int next;
    char *to = paths[next++ % 4];
    snprintf(to, sizeof paths[0], "%s/%s.%s", r->premium ? "p" : "f", r->name,
             r->codec == SG_CODEC_VORBIS ? "ogg" : "mp4");
    return to;
}
