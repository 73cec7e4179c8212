/* test_vault.c - content keys and the master keys that wrap them. */
#include "core/vault/file.h"
#include "core/vault/vault.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sg_config config;
static struct sg_vault *vault;
static struct sg_error e;

static void setup(void)
{
    sg_config_defaults(&config);
    snprintf(config.objects.keys, sizeof config.objects.keys, "%s/keys/sub/master.json",
             test_scratch());
    ck_assert_msg(!sg_vault_open(&vault, &config, &e), "%s", e.text);
}

static void teardown(void)
{
    sg_vault_close(vault);
    vault = NULL;
}

static struct sg_vault *open_another(void)
{
    struct sg_vault *v = NULL;
    ck_assert_msg(!sg_vault_open(&v, &config, &e), "%s", e.text);
    return v;
}

START_TEST(the_file_is_made_at_first_use_and_nobody_else_may_read_it)
{
    struct stat st;
    struct sg_vault_key keys[SG_VAULT_KEYS_MAX];
    ck_assert_int_eq(stat(config.objects.keys, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_uint_eq(sg_vault_keys(vault, keys), 1);
    ck_assert(keys[0].current && keys[0].id == sg_vault_current(vault));
}
END_TEST

START_TEST(a_wrapped_key_is_unwrapped_by_any_process_that_has_the_file)
{
    unsigned char key[32], again[32];
    struct sg_buf wrapped = {0};
    struct sg_vault *other = open_another();
    ck_assert(!sg_vault_new_key(vault, key, &wrapped, &e));
    ck_assert_uint_eq(wrapped.n, SG_WRAPPED_BYTES);
    ck_assert(!sg_vault_unwrap(other, sg_buf_str(&wrapped), again, &e));
    ck_assert_mem_eq(key, again, 32);
    ck_assert_ptr_null(memmem(wrapped.p, wrapped.n, key, 8));
    sg_vault_close(other);
    sg_buf_free(&wrapped);
}
END_TEST

START_TEST(every_changed_bit_of_a_wrapped_key_is_noticed)
{
    unsigned char key[32], out[32], before[32];
    struct sg_buf w = {0};
    ck_assert(!sg_vault_new_key(vault, key, &w, &e));
    memset(out, 7, 32);
    memcpy(before, out, 32);
    for (size_t bit = 0; bit < SG_WRAPPED_BYTES * 8; bit++) {
        w.p[bit / 8] ^= (char)(1 << bit % 8);
        int rc = sg_vault_unwrap(vault, sg_buf_str(&w), out, &e);
        ck_assert(rc == (bit / 8 >= 4 && bit / 8 < 8 ? SG_ENOENT : SG_ECORRUPT));
        ck_assert_mem_eq(out, before, 32);
        w.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    for (size_t n = 0; n < SG_WRAPPED_BYTES; n++)
        ck_assert_int_eq(sg_vault_unwrap(vault, (struct sg_str){w.p, n}, out, &e), SG_ECORRUPT);
    sg_buf_free(&w);
}
END_TEST

START_TEST(after_rotation_old_keys_unwrap_and_new_ones_have_the_new_master)
{
    unsigned char key[32], out[32];
    uint32_t first = sg_vault_current(vault), second;
    struct sg_buf old = {0}, fresh = {0}, again = {0};
    struct sg_vault *other = open_another();
    bool changed;
    ck_assert(!sg_vault_new_key(vault, key, &old, &e));
    ck_assert(!sg_vault_rotate(vault, &second, &e));
    ck_assert(second != first);
    ck_assert_uint_eq(sg_vault_current(other), second);
    ck_assert(!sg_vault_rewrap(other, sg_buf_str(&old), &fresh, &changed, &e));
    ck_assert(changed);
    ck_assert_uint_eq(sg_vault_wrapped_by(sg_buf_str(&fresh)), second);
    ck_assert(!sg_vault_rewrap(vault, sg_buf_str(&fresh), &again, &changed, &e));
    ck_assert(!changed && again.n == 0);
    ck_assert_int_eq(sg_vault_drop(vault, second, &e), SG_EBUSY);
    ck_assert(!sg_vault_drop(vault, first, &e));
    ck_assert_int_eq(sg_vault_drop(vault, first, &e), SG_ENOENT);
    ck_assert_uint_eq(sg_vault_current(vault), second); /* looks at the file */
    ck_assert_int_eq(sg_vault_unwrap(vault, sg_buf_str(&old), out, &e), SG_ENOENT);
    ck_assert(!sg_vault_unwrap(vault, sg_buf_str(&fresh), out, &e));
    ck_assert_mem_eq(key, out, 32);
    sg_vault_close(other);
    sg_buf_free(&old);
    sg_buf_free(&fresh);
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
    struct sg_vault *v = NULL;
    ck_assert_int_eq(chmod(config.objects.keys, 0604), 0);
    ck_assert_int_eq(sg_vault_open(&v, &config, &e), SG_EPERM);
    ck_assert_int_eq(chmod(config.objects.keys, 0660), 0);
    ck_assert_int_eq(sg_vault_open(&v, &config, &e), SG_EPERM);
    ck_assert_int_eq(chmod(config.objects.keys, 0440), 0);
    ck_assert_int_eq(sg_vault_open(&v, &config, &e), 0);
    sg_vault_close(v);
}
END_TEST

START_TEST(a_file_that_goes_bad_while_it_is_used_leaves_what_was_known)
{
    unsigned char key[32], out[32];
    struct sg_buf w = {0};
    struct sg_vault *v = NULL;
    FILE *f = fopen(config.objects.keys, "w");
    fputs("{", f);
    fclose(f);
    ck_assert(!sg_vault_new_key(vault, key, &w, &e));
    ck_assert(!sg_vault_unwrap(vault, sg_buf_str(&w), out, &e));
    ck_assert_int_eq(sg_vault_open(&v, &config, &e), SG_ECORRUPT); /* never made anew */
    sg_buf_free(&w);
}
END_TEST

static const char hex64[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static int parse(const char *form)
{
    struct master_keys k = {0};
    char text[1024];
    snprintf(text, sizeof text, form, hex64, hex64);
    return master_keys_parse(&k, sg_str(text), &e);
}

START_TEST(damaged_files_of_master_keys_are_refused)
{
#define KEY1 "{\"id\":1,\"created\":5,\"key\":\"%s\"}"
#define FORM "{\"format\":\"segue master keys 1\","
    ck_assert_int_eq(parse(FORM "\"current\":1,\"keys\":[" KEY1 "]}"), 0);
    static const char *const wrong[] = {
        "",
        "[]",
        "null",
        FORM "\"current\":1,\"keys\":[]}",
        FORM "\"current\":2,\"keys\":[" KEY1 "]}",
        FORM "\"current\":1,\"keys\":[" KEY1 "," KEY1 "]}",
        FORM "\"current\":1,\"current\":1,\"keys\":[" KEY1 "]}",
        FORM "\"current\":\"1\",\"keys\":[" KEY1 "]}",
        FORM "\"current\":0,\"keys\":[{\"id\":0,\"created\":5,\"key\":\"%s\"}]}",
        FORM "\"current\":1,\"keys\":[{\"id\":1,\"created\":5,\"key\":\"00\"}]}",
        FORM "\"current\":1,\"keys\":[{\"id\":1,\"created\":5,\"key\":7}]}",
        FORM "\"current\":1,\"keys\":[{\"id\":1,\"key\":\"%s\"}]}",
        FORM "\"current\":4294967297,\"keys\":[{\"id\":4294967297,\"created\":5,\"key\":\"%s\"}]}",
        "{\"format\":\"segue master keys 2\",\"current\":1,\"keys\":[" KEY1 "]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(parse(wrong[i]) == SG_ECORRUPT, "%s", wrong[i]);
}
END_TEST

/* RFC 5869 has no vector with our info; these bytes are from Python's
 * hmac by the RFC's two steps, key 00 01 .. 1f, no salt. */
START_TEST(keys_of_uses_are_those_that_another_implementation_derives)
{
    static const unsigned char expected[48] = {
        0x5f, 0xd0, 0x51, 0xe0, 0xb1, 0x6f, 0xf7, 0x4a, 0x10, 0x7f, 0xf5, 0x97,
        0x2a, 0xc2, 0x17, 0x3b, 0x9e, 0x13, 0x63, 0xaa, 0x0b, 0x9f, 0x35, 0x4e,
        0x5c, 0xd1, 0x97, 0xc7, 0x39, 0x69, 0xe7, 0x73, 0x9f, 0x82, 0x8b, 0x4d,
        0xf2, 0xe3, 0xa1, 0x72, 0x02, 0xeb, 0x38, 0xfc, 0x25, 0x3a, 0x5a, 0x5e};
    unsigned char key[32], out[48], cenc[16], hls[16];
    for (int i = 0; i < 32; i++)
        key[i] = (unsigned char)i;
    ck_assert(!sg_content_key(key, "seal:a/b", out, 48));
    ck_assert_mem_eq(out, expected, 48);
    ck_assert(!sg_content_key(key, "cenc", cenc, 16));
    ck_assert(!sg_content_key(key, "hls", hls, 16));
    ck_assert_mem_ne(cenc, hls, 16);
    ck_assert_int_eq(sg_content_key(key, "hls", out, 0), SG_EINVAL);
}
END_TEST

static void first_of_many(int go, int tell)
{
    struct sg_vault *v = NULL;
    char c;
    if (read(go, &c, 1) != 0 || sg_vault_open(&v, &config, &e))
        _exit(1);
    uint32_t id = sg_vault_current(v);
    _exit(write(tell, &id, sizeof id) != sizeof id);
}

START_TEST(of_processes_that_start_at_once_one_makes_the_keys)
{
    enum { N = 12 };
    int go[2], tell[2];
    uint32_t ids[N];
    snprintf(config.objects.keys, sizeof config.objects.keys, "%s/k/master.json", test_scratch());
    ck_assert(pipe(go) == 0 && pipe(tell) == 0);
    for (int i = 0; i < N; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            close(go[1]);
            first_of_many(go[0], tell[1]);
        }
        ck_assert(pid > 0);
    }
    close(go[1]);
    for (int i = 0, status; i < N; i++) {
        ck_assert(wait(&status) > 0 && status == 0);
        ck_assert(read(tell[0], &ids[i], sizeof ids[i]) == sizeof ids[i]);
        ck_assert(ids[i] && ids[i] == ids[0]);
    }
}
END_TEST

static void *use(void *failed)
{
    struct sg_error mine = SG_ERROR_INIT;
    for (int i = 0; i < 200; i++) {
        unsigned char key[32], out[32];
        struct sg_buf w = {0};
        uint32_t id;
        if (sg_vault_new_key(vault, key, &w, &mine) ||
            sg_vault_unwrap(vault, sg_buf_str(&w), out, &mine) || memcmp(key, out, 32) != 0 ||
            (i % 50 == 0 && sg_vault_rotate(vault, &id, &mine)))
            *(int *)failed = 1;
        sg_buf_free(&w);
    }
    return NULL;
}

START_TEST(threads_wrap_and_unwrap_while_others_rotate)
{
    enum { N = 4 };
    pthread_t threads[N];
    int failed[N] = {0};
    struct sg_vault_key keys[SG_VAULT_KEYS_MAX];
    for (int i = 0; i < N; i++)
        ck_assert(!pthread_create(&threads[i], NULL, use, &failed[i]));
    for (int i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        ck_assert(!failed[i]);
    }
    ck_assert_uint_eq(sg_vault_keys(vault, keys), 1 + 4 * N); /* no rotation was lost */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vault");
    TCase *t = tcase_create("vault");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_file_is_made_at_first_use_and_nobody_else_may_read_it);
    tcase_add_test(t, a_wrapped_key_is_unwrapped_by_any_process_that_has_the_file);
    tcase_add_test(t, every_changed_bit_of_a_wrapped_key_is_noticed);
    tcase_add_test(t, after_rotation_old_keys_unwrap_and_new_ones_have_the_new_master);
    tcase_add_test(t, a_file_that_others_may_read_is_refused);
    tcase_add_test(t, a_file_that_goes_bad_while_it_is_used_leaves_what_was_known);
    tcase_add_test(t, damaged_files_of_master_keys_are_refused);
    tcase_add_test(t, keys_of_uses_are_those_that_another_implementation_derives);
    tcase_add_test(t, of_processes_that_start_at_once_one_makes_the_keys);
    tcase_add_test(t, threads_wrap_and_unwrap_while_others_rotate);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
