/* test_packaging_protection.c - what lies below p/ is ciphertext, and what it decrypts to. */
#include "core/arena.h"
#include "tests/support/packaged.h"
#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY "30313233343536373839616263646566" /* TEST_CENC_KEY */

static struct sg_arena arena;

static struct sg_str packets_of(const char *at, const char *path, bool key)
{
    return test_output(
        &arena,
        "ffmpeg -nostdin -v error %s -i %s/%s -c copy -f framemd5 - | grep -v '^#' | cut -d, -f1-6",
        key ? "-decryption_key " KEY : "", at, path);
}

static int by_iv(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

static size_t gather_ivs(const struct test_packaged *p, const char *path, unsigned char (*ivs)[8],
                         size_t n)
{
    struct sg_map map;
    struct test_cmaf m = test_packaged_cmaf(p, &map, path);
    ck_assert_str_eq(m.entry, "enca");
    ck_assert_str_eq(m.scheme, "cenc");
    ck_assert_uint_eq(m.kid[0], 1);
    for (size_t i = 0; i < m.packets_n; i++)
        memcpy(ivs[n++], m.packets[i].iv, 8);
    test_cmaf_free(&m);
    sg_map_close(&map);
    return n;
}

/* Two runs of one job: no IV twice, in whatever rendition. */
static void check_ivs(const struct test_packaged runs[2])
{
    static unsigned char ivs[20000][8];
    size_t n = 0;
    for (int i = 0; i < 2; i++) {
        n = gather_ivs(&runs[i], "p/aac320.mp4", ivs, n);
        n = gather_ivs(&runs[i], "p/opus160.mp4", ivs, n);
        n = gather_ivs(&runs[i], "p/flac.mp4", ivs, n);
    }
    qsort(ivs, n, 8, by_iv);
    for (size_t i = 1; i < n; i++)
        ck_assert_msg(memcmp(ivs[i - 1], ivs[i], 8) != 0, "an IV was used twice");
}

static void check_decrypts(const struct test_packaged *clear, const struct test_packaged *p)
{
    static const char *const files[] = {"p/aac320.mp4", "p/opus160.mp4", "p/flac.mp4"};
    for (int i = 0; i < 3; i++) {
        struct sg_str due = packets_of(clear->dir, files[i], false);
        ck_assert_msg(sg_str_eq(packets_of(p->dir, files[i], true), due), "%s", files[i]);
        ck_assert_msg(!sg_str_eq(packets_of(p->dir, files[i], false), due), "%s is clear",
                      files[i]);
        ck_assert(!test_packaged_listed(p, files[i])->sealed);
    }
}

/* Every segment of the fallback is a clear one, AES-128 by its number. */
static void check_fallback(const struct test_packaged *clear, struct test_packaged *p)
{
    const char *list = test_packaged_text(p, "p/hls.m3u8");
    ck_assert(strstr(list, "#EXT-X-MAP") < strstr(list, "#EXT-X-KEY:METHOD=AES-128,URI=\"key\""));
    struct sg_map cipher = test_packaged_map(p, "p/aac320.hls.mp4"), map;
    struct test_cmaf m = test_packaged_cmaf(clear, &map, "p/aac320.mp4");
    size_t n = 0;
    for (const char *at = list; (at = strstr(at, "#EXT-X-BYTERANGE:")); at++, n++) {
        unsigned bytes, from;
        ck_assert_int_eq(sscanf(at, "#EXT-X-BYTERANGE:%u@%u", &bytes, &from), 2);
        unsigned char iv[16] = {[15] = (unsigned char)n}, *out = malloc(bytes + 16);
        int made = 0, rest = 0;
        EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
        EVP_DecryptInit_ex(aes, EVP_aes_128_cbc(), NULL, (const unsigned char *)TEST_HLS_KEY, iv);
        ck_assert_int_eq(EVP_DecryptUpdate(aes, out, &made, cipher.p + from, (int)bytes), 1);
        ck_assert_int_eq(EVP_DecryptFinal_ex(aes, out + made, &rest), 1);
        ck_assert(n < m.n && (uint64_t)(made + rest) == m.segments[n].bytes);
        ck_assert_mem_eq(out, map.p + m.segments[n].from, made + rest);
        EVP_CIPHER_CTX_free(aes);
        free(out);
    }
    ck_assert_uint_eq(n, m.n);
    test_cmaf_free(&m);
    sg_map_close(&map);
    sg_map_close(&cipher);
}

START_TEST(encrypted_renditions_decrypt_to_the_clear_ones)
{
    static struct test_packaged clear, runs[2], cbcs;
    struct test_sound s = {44100, 2, 16, 44100 * 9};
    test_packaged_make(&clear, &s, SG_PROTECT_NONE, "clear");
    test_packaged_make(&runs[0], &s, SG_PROTECT_CENC, "cenc1");
    test_packaged_make(&runs[1], &s, SG_PROTECT_CENC, "cenc2");
    test_packaged_make(&cbcs, &s, SG_PROTECT_CBCS, "cbcs");
    check_decrypts(&clear, &runs[0]);
    check_decrypts(&clear, &cbcs);
    check_fallback(&clear, &runs[0]);
    check_ivs(runs);
    const char *mpd = test_packaged_text(&cbcs, "manifest.mpd");
    ck_assert_ptr_nonnull(
        strstr(mpd, "value=\"cbcs\" cenc:default_KID=\"01020304-0506-0708-090a-0b0c0d0e0f10\""));
    const char *master = test_packaged_text(&cbcs, "master.m3u8");
    ck_assert_ptr_nonnull(strstr(master, "\np/hls.m3u8\n"));
    ck_assert_ptr_null(strstr(master, "fLaC"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packaging_protection");
    TCase *t = tcase_create("packaging_protection");
    tcase_add_test(t, encrypted_renditions_decrypt_to_the_clear_ones);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
