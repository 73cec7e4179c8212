/* packaged.h - an asset made of a made-up sound, looked at file by file. What fails, fails the
 * test.
 */
#pragma once
#include "audio/encode/rendition.h"
#include "core/map.h"
#include "tests/support/cmaf.h"
#include "tests/support/packaging.h"

struct test_packaged {
    const char *dir;
    struct sg_tree tree; /* its list of files */
    struct sg_arena arena;
};

#define TEST_CENC_KEY "0123456789abcdef"
#define TEST_HLS_KEY  "fedcba9876543210"

/* All renditions, under the keys above and key id 1, 2, ... 16. */
struct sg_package_job test_packaged_job(enum sg_protection protection);
/* name: of a folder of its own below the test's. */
void test_packaged_make(struct test_packaged *p, const struct test_sound *s,
                        enum sg_protection protection, const char *name);
struct sg_map test_packaged_map(const struct test_packaged *p, const char *path);
/* Read strictly; map is of the file. */
struct test_cmaf test_packaged_cmaf(const struct test_packaged *p, struct sg_map *map,
                                    const char *path);
const char *test_packaged_text(struct test_packaged *p, const char *path);
const struct sg_audio_file *test_packaged_listed(const struct test_packaged *p, const char *path);
/* "f/aac64.mp4"; in one of a few rotating static buffers. */
const char *test_rendition_path(const struct sg_rendition *r);
