/* test_record.c - the codecs against each other and against msgpack-c and
 * jansson, which know nothing of our tables. */
#include "core/record.h"
#include "schemas/search.h"
#include <check.h>
#include <float.h>
#include <jansson.h>
#include <msgpack.h>
#include <stdlib.h>

struct leaf {
    uint64_t id;
    struct sg_str name;
};
struct all {
    bool flag;
    uint64_t u;
    int64_t i;
    double f;
    struct sg_str s, secret, bytes;
    struct leaf *one;
    struct sg_list many, names, ids, blobs;
    struct sg_str date;
};
static const struct sg_field leaf_fields[] = {
    SG_FIELD_U64(struct leaf, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct leaf, name, 1, 10, SG_OPTIONAL),
};
static const struct sg_record leaf_record = SG_RECORD("Leaf", struct leaf, leaf_fields);
static const struct sg_field all_fields[] = {
    SG_FIELD_BOOL(struct all, flag, SG_OPTIONAL),
    SG_FIELD_U64(struct all, u, 0, INT64_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_I64, struct all, i, INT64_MIN, INT64_MAX, SG_OPTIONAL, -7, NULL),
    SG_FIELD_F64(struct all, f, SG_OPTIONAL),
    SG_FIELD_STR(struct all, s, 0, 1 << 20, SG_OPTIONAL),
    SG_FIELD_STR(struct all, secret, 0, 100, SG_OPTIONAL | SG_SECRET),
    SG_FIELD_(SG_T_BYTES, struct all, bytes, 0, 1 << 20, SG_OPTIONAL, 0, NULL),
    SG_FIELD_REC(struct all, one, &leaf_record, SG_OPTIONAL),
    SG_FIELD_LIST(struct all, many, SG_T_RECORD, &leaf_record, 100),
    SG_FIELD_LIST(struct all, names, SG_T_STR, NULL, 3),
    SG_FIELD_LIST(struct all, ids, SG_T_U64, NULL, 100000),
    SG_FIELD_LIST(struct all, blobs, SG_T_BYTES, NULL, 3),
    SG_FIELD_STR(struct all, date, 1, 10, SG_OPTIONAL | SG_DATE),
};
static const struct sg_record all_record = SG_RECORD("All", struct all, all_fields);

static struct sg_arena arena;
static struct sg_buf packed, json, again;

static void setup(void)
{
    arena = (struct sg_arena){0};
    packed = json = again = (struct sg_buf){0};
}

static void teardown(void)
{
    sg_arena_free(&arena);
    sg_buf_free(&packed);
    sg_buf_free(&json);
    sg_buf_free(&again);
}

/* Frozen and thawed: the same JSON again. */
static void check_frozen(const struct all *v)
{
    struct all back;
    struct sg_error e = SG_ERROR_INIT;
    sg_buf_reset(&packed);
    sg_record_freeze(&all_record, v, &packed);
    ck_assert_msg(sg_record_thaw(&all_record, sg_buf_str(&packed), &arena, &back, &e) == 0, "%s",
                  e.text);
    ck_assert(memcmp(&back.f, &v->f, 8) == 0);
    sg_buf_reset(&again);
    sg_record_to_json(&all_record, &back, &again);
    ck_assert_msg(sg_str_eq(sg_buf_str(&json), sg_buf_str(&again)), "%.*s", (int)again.n, again.p);
}

/* Through msgpack and JSON and back, and frozen; all must give the same JSON again. */
static void check_round_trip(const struct all *v)
{
    struct all back;
    struct sg_error e = SG_ERROR_INIT;
    sg_buf_reset(&packed);
    sg_buf_reset(&json);
    sg_record_pack(&all_record, v, &packed);
    sg_record_to_json(&all_record, v, &json);
    ck_assert_msg(sg_record_unpack(&all_record, sg_buf_str(&packed), &arena, &back, &e) == 0, "%s",
                  e.text);
    sg_buf_reset(&again);
    sg_record_to_json(&all_record, &back, &again);
    ck_assert(sg_str_eq(sg_buf_str(&json), sg_buf_str(&again)));
    ck_assert_msg(sg_record_from_json(&all_record, sg_buf_str(&json), &arena, &back, &e) == 0, "%s",
                  e.text);
    ck_assert(memcmp(&back.f, &v->f, 8) == 0);
    sg_buf_reset(&again);
    sg_record_to_json(&all_record, &back, &again);
    ck_assert(sg_str_eq(sg_buf_str(&json), sg_buf_str(&again)));
    check_frozen(v);
}

START_TEST(values_of_every_type_come_back)
{
    struct leaf one = {5, SG_STR("leaf")}, many[] = {{1, SG_STR_NONE}, {2, SG_STR("Ω")}};
    struct sg_str names[] = {SG_STR("a"), SG_STR(""), SG_STR("\"\\\n\x01")};
    struct sg_str blobs[] = {SG_STR("\0\xff"), SG_STR("abc"), SG_STR("abcd")};
    uint64_t ids[] = {0, 127, 128, 255, 256, 65535, 65536, UINT32_MAX, 1ull << 32, INT64_MAX};
    struct all v = {.flag = true,
                    .u = INT64_MAX,
                    .i = INT64_MIN,
                    .f = 0.1,
                    .s = SG_STR("Zażółć 🎵"),
                    .bytes = SG_STR("\x80\x81"),
                    .one = &one,
                    .many = {many, 2},
                    .names = {names, 3},
                    .ids = {ids, 10},
                    .blobs = {blobs, 3}};
    check_round_trip(&v);
    int64_t numbers[] = {-1, -32, -33, -128, -129, -32768, -32769, INT32_MIN, INT32_MIN - 1ll, 127};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        v.i = numbers[i];
        check_round_trip(&v);
    }
    for (size_t n = 0; n < 70000; n = n * 2 + 1) {
        char *text = malloc(n + 1);
        memset(text, 'x', n);
        v.s = (struct sg_str){text, n};
        v.bytes = v.s;
        check_round_trip(&v);
        free(text);
    }
}
END_TEST

START_TEST(dates_come_back_whatever_they_are)
{
    static const char *const dates[] = {"2024-02-29", "0000-00-00", "9999-15-31",
                                        "9999-99-99", "2024/02/29", "abcd-ef-gh",
                                        "2024-2-29",  "x",          "10000-1-01"};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct all v = {.u = 1, .date = sg_str(dates[i])}, back;
        check_round_trip(&v);
        ck_assert_int_eq(sg_record_thaw(&all_record, sg_buf_str(&packed), &arena, &back, NULL), 0);
        ck_assert(sg_str_eq(back.date, v.date));
    }
    struct all v = {.u = 1, .i = -7, .date = SG_STR("2024-02-29")};
    sg_buf_reset(&packed);
    sg_record_freeze(&all_record, &v, &packed);
    ck_assert_uint_le(packed.n, 2 + 1 + 3 + 1); /* bits, u, date, the flagless bool */
}
END_TEST

START_TEST(numbers_are_written_as_short_as_they_read_back)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0"},
                 {1, "1"},
                 {-2.5, "-2.5"},
                 {0.1, "0.1"},
                 {0.000001, "0.000001"},
                 {123456.789, "123456.789"},
                 {1.0 / 3, "0.3333333333333333"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {1e15, "1e+15"},
                 {1.5e-9, "1.5e-09"}};
    struct all v = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[64];
        v.f = cases[i].v;
        check_round_trip(&v);
        snprintf(want, sizeof want, "\"f\":%s,", cases[i].text);
        ck_assert_msg(memmem(json.p, json.n, want, strlen(want)) != NULL, "%s not in %.*s", want,
                      (int)json.n, json.p);
    }
    srand(1);
    for (int i = 0; i < 20000; i++) {
        v.f = (double)rand() / (double)(1 + rand()) * (i & 1 ? -1 : 1e-3);
        check_round_trip(&v);
    }
}
END_TEST

START_TEST(absent_fields_take_their_defaults)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(
        sg_record_from_json(&all_record, SG_STR("{\"u\":3,\"i\":null}"), &arena, &v, &e), 0);
    ck_assert_int_eq(v.i, -7);
    ck_assert(v.s.p == NULL && v.one == NULL && v.many.n == 0);
    struct sg_search_request q;
    ck_assert_int_eq(
        sg_record_unpack(&sg_search_request_record, SG_STR("\x81\xa1q\xa1x"), &arena, &q, &e), 0);
    ck_assert_int_eq(q.limit, 20);
    ck_assert_int_eq(q.is_explicit, -1);
    ck_assert(q.prefix && !q.explain);
}
END_TEST

static void expect_bad_json(const char *text, int code, const char *field)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_record_from_json(&all_record, sg_str(text), &arena, &v, &e);
    ck_assert_msg(rc == code, "%s: %d %s", text, rc, e.text);
    ck_assert_msg(!strcmp(e.field, field), "%s: field %s", text, e.field);
}

START_TEST(bad_json_is_refused_naming_the_field)
{
    expect_bad_json("", SG_EINVAL, "");
    expect_bad_json("[]", SG_EINVAL, "");
    expect_bad_json("{\"u\":1,\"u\":2}", SG_EINVAL, "");
    expect_bad_json("{}", SG_EINVAL, "u");
    expect_bad_json("{\"u\":-1}", SG_EINVAL, "u");
    expect_bad_json("{\"u\":1.5}", SG_EINVAL, "u");
    expect_bad_json("{\"u\":\"1\"}", SG_EINVAL, "u");
    expect_bad_json("{\"u\":99999999999999999999}", SG_EINVAL, "");
    expect_bad_json("{\"u\":1,\"flag\":1}", SG_EINVAL, "flag");
    expect_bad_json("{\"u\":1,\"names\":[\"a\",\"b\",\"c\",\"d\"]}", SG_EINVAL, "names");
    expect_bad_json("{\"u\":1,\"names\":\"a\"}", SG_EINVAL, "names");
    expect_bad_json("{\"u\":1,\"names\":[1]}", SG_EINVAL, "names");
    expect_bad_json("{\"u\":1,\"one\":{}}", SG_EINVAL, "one.id");
    expect_bad_json("{\"u\":1,\"many\":[{\"id\":1},{\"id\":1,\"name\":\"\"}]}", SG_EINVAL,
                    "many.name");
    expect_bad_json("{\"u\":1,\"many\":[{\"id\":1,\"name\":\"12345678901\"}]}", SG_EINVAL,
                    "many.name");
    expect_bad_json("{\"u\":1,\"bytes\":\"a\"}", SG_EINVAL, "bytes");
    expect_bad_json("{\"u\":1,\"bytes\":\"ab==\"}", SG_EINVAL, "bytes");
    expect_bad_json("{\"u\":1,\"s\":\"\\u0000\"}", SG_EINVAL, "");
    expect_bad_json("{\"u\":1,\"s\":\"\xff\"}", SG_EINVAL, "");
    expect_bad_json("{\"u\":1,\"s\":\"\\ud800\"}", SG_EINVAL, "");
    expect_bad_json("{\"u\":1,\"s\":\"\\udc00x\"}", SG_EINVAL, "");
}
END_TEST

static void expect_bad(const char *p, size_t n, const char *field)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    int rc = sg_record_unpack(&all_record, (struct sg_str){p, n}, &arena, &v, &e);
    ck_assert_int_eq(rc, SG_EINVAL);
    ck_assert_msg(!strcmp(e.field, field), "field %s, want %s: %s", e.field, field, e.text);
}
#define EXPECT_BAD(literal, field) expect_bad(literal, sizeof literal - 1, field)

START_TEST(bad_msgpack_is_refused_naming_the_field)
{
    EXPECT_BAD("", "");
    EXPECT_BAD("\xc1", "");
    EXPECT_BAD("\x90", "");
    EXPECT_BAD("\x80", "u");
    EXPECT_BAD("\x80\x00", "u");
    EXPECT_BAD("\x81\xa1u\x01\x01", "");                              /* bytes after the end */
    EXPECT_BAD("\x81\xa1u\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "u"); /* over INT64_MAX */
    EXPECT_BAD("\x81\xa1u\xff", "u");
    EXPECT_BAD("\x82\xa1u\x01\xa1s\xa1\xff", "s");
    EXPECT_BAD("\x82\xa1u\x01\xa1s\xc4\x01x", "s");
    EXPECT_BAD("\x82\xa1u\x01\xa1"
               "f\xcb\x7f\xf8\0\0\0\0\0\0",
               "f"); /* NaN */
    EXPECT_BAD("\x82\xa1u\x01\xa3ids\xdd\xff\xff\xff\xff", "");
    EXPECT_BAD("\x82\xa1u\x01\xa5names\x94\xa0\xa0\xa0\xa0", "names");
    EXPECT_BAD("\x82\xa1u\x01\xa3one\x81\xa4name\xa1x", "one.id");
    EXPECT_BAD("\x82\xa1u\x01\xa4many\x91\x81\xa2id\x00", "many.id");
    EXPECT_BAD("\x82\x01\x01\xa1u\x01", ""); /* a key that is no string */
    EXPECT_BAD("\x82\xa1u\x01\xa1z\xdf\xff\xff\xff\xff", "");
}
END_TEST

START_TEST(unknown_fields_are_skipped_and_the_last_duplicate_wins)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str in = SG_STR("\x85\xa1z\x81\xa1y\x92\xc0\xd4\x01\x02\xa1u\x01\xa2nn\xc0\xa1u\x05"
                              "\xa4name\xca\0\0\0\0");
    ck_assert_msg(sg_record_unpack(&all_record, in, &arena, &v, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(v.u, 5);
    ck_assert_int_eq(
        sg_record_from_json(&all_record, SG_STR("{\"z\":[{}],\"u\":4}"), &arena, &v, &e), 0);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct leaf one = {5, SG_STR("leaf")};
    uint64_t ids[] = {1, 1000, 1ull << 40};
    struct all v = {.u = 9, .one = &one, .ids = {ids, 3}, .s = SG_STR("text"), .f = 0.5}, back;
    sg_record_pack(&all_record, &v, &packed);
    for (size_t n = 0; n < packed.n; n++) {
        char *copy = malloc(n ? n : 1); /* so that ASan sees one byte too many */
        memcpy(copy, packed.p, n);
        ck_assert_int_eq(
            sg_record_unpack(&all_record, (struct sg_str){copy, n}, &arena, &back, NULL),
            SG_EINVAL);
        free(copy);
    }
}
END_TEST

static void expect_unthawed(const char *p, size_t n, const char *field)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    char *copy = malloc(n ? n : 1);
    memcpy(copy, p, n);
    ck_assert_int_eq(sg_record_thaw(&all_record, (struct sg_str){copy, n}, &arena, &v, &e),
                     SG_EINVAL);
    ck_assert_msg(!strcmp(e.field, field), "field %s, want %s: %s", e.field, field, e.text);
    free(copy);
}
#define EXPECT_UNTHAWED(literal, field) expect_unthawed(literal, sizeof literal - 1, field)

START_TEST(bad_frozen_records_are_refused)
{
    EXPECT_UNTHAWED("", "");
    EXPECT_UNTHAWED("\x00", "u");
    EXPECT_UNTHAWED("\x02\x01\x01", "");
    EXPECT_UNTHAWED("\x03\x02\x01", "");
    EXPECT_UNTHAWED("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "u");
    EXPECT_UNTHAWED("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "");
    EXPECT_UNTHAWED("\x0a\x01\x00\x00\x00\x00\x00\x00\xf8\x7f", "f"); /* NaN */
    EXPECT_UNTHAWED("\x12\x01\x01\xff", "s");
    EXPECT_UNTHAWED("\x12\x01\x05"
                    "abc",
                    "");
    EXPECT_UNTHAWED("\x82\x01\x01\x01\x00", "one.id");
    EXPECT_UNTHAWED("\x82\x08\x01\xff\x7f", "");
    struct leaf one = {5, SG_STR("leaf")};
    uint64_t ids[] = {1, 1000, 1ull << 40};
    struct all v = {.u = 9, .one = &one, .ids = {ids, 3}, .s = SG_STR("text"), .f = 0.5};
    sg_record_freeze(&all_record, &v, &packed);
    for (size_t n = 0; n < packed.n; n++)
        expect_unthawed(packed.p, n, "");
}
END_TEST

START_TEST(frozen_records_of_older_and_newer_tables_are_read)
{
    struct sg_record older = all_record;
    struct all v = {.u = 3, .s = SG_STR("text"), .date = SG_STR("2024-02-29")}, back;
    older.n_fields = 5;
    sg_record_freeze(&older, &v, &packed);
    ck_assert_int_eq(sg_record_thaw(&all_record, sg_buf_str(&packed), &arena, &back, NULL), 0);
    ck_assert(sg_str_eq(back.s, v.s) && back.date.p == NULL);
    sg_buf_reset(&packed);
    sg_record_freeze(&all_record, &v, &packed);
    ck_assert_int_eq(sg_record_thaw(&older, sg_buf_str(&packed), &arena, &back, NULL), 0);
    ck_assert(sg_str_eq(back.s, v.s) && back.u == 3);
}
END_TEST

START_TEST(a_small_message_cannot_take_much_memory)
{
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    sg_buf_puts(&packed, "\xdf");
    sg_buf_put(&packed, "\0\0\x04\0", 4); /* 1024 pairs: one list over and over */
    for (int i = 0; i < 1024; i++) {
        sg_buf_puts(&packed, "\xa3ids\xdc\x03\xe8");
        for (int k = 0; k < 1000; k++)
            sg_buf_putc(&packed, 1);
    }
    int rc = sg_record_unpack(&all_record, sg_buf_str(&packed), &arena, &v, &e);
    ck_assert(rc == SG_ELIMIT || rc == SG_EINVAL);
    char *deep = malloc(1 << 20);
    memset(deep, 0x91, 1 << 20);
    memcpy(deep, "\x82\xa1u\x01\xa1z", 6);
    ck_assert_int_eq(sg_record_unpack(&all_record, (struct sg_str){deep, 1 << 20}, &arena, &v, &e),
                     SG_EINVAL);
    memset(deep, '[', 1 << 20);
    ck_assert_int_eq(
        sg_record_from_json(&all_record, (struct sg_str){deep, 1 << 20}, &arena, &v, &e),
        SG_EINVAL);
    free(deep);
}
END_TEST

START_TEST(msgpack_c_reads_what_we_write)
{
    struct leaf one = {5, SG_STR("leaf")};
    struct all v = {.u = 300, .i = -70000, .f = 2.5, .s = SG_STR("text"), .one = &one};
    sg_record_pack(&all_record, &v, &packed);
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    size_t end = 0;
    ck_assert_int_eq(msgpack_unpack_next(&u, packed.p, packed.n, &end), MSGPACK_UNPACK_SUCCESS);
    ck_assert_uint_eq(end, packed.n);
    ck_assert_int_eq(u.data.type, MSGPACK_OBJECT_MAP);
    int seen = 0;
    for (uint32_t k = 0; k < u.data.via.map.size; k++) {
        const msgpack_object_kv *kv = &u.data.via.map.ptr[k];
        struct sg_str key = {kv->key.via.str.ptr, kv->key.via.str.size};
        if (sg_str_eq(key, SG_STR("u")))
            seen += kv->val.via.u64 == 300;
        if (sg_str_eq(key, SG_STR("i")))
            seen += kv->val.via.i64 == -70000;
        if (sg_str_eq(key, SG_STR("f")))
            seen += kv->val.via.f64 == 2.5;
        if (sg_str_eq(key, SG_STR("one")))
            seen += kv->val.type == MSGPACK_OBJECT_MAP && kv->val.via.map.size == 2;
    }
    ck_assert_int_eq(seen, 4);
    msgpack_unpacked_destroy(&u);
}
END_TEST

START_TEST(we_read_what_msgpack_c_writes)
{
    msgpack_sbuffer b;
    msgpack_packer pk;
    msgpack_sbuffer_init(&b);
    msgpack_packer_init(&pk, &b, msgpack_sbuffer_write);
    msgpack_pack_map(&pk, 4);
    msgpack_pack_str_with_body(&pk, "u", 1);
    msgpack_pack_fix_uint64(&pk, 12);
    msgpack_pack_str_with_body(&pk, "i", 1);
    msgpack_pack_fix_int16(&pk, -2);
    msgpack_pack_str_with_body(&pk, "f", 1);
    msgpack_pack_float(&pk, 1.5f);
    msgpack_pack_str_with_body(&pk, "ids", 3);
    msgpack_pack_array(&pk, 2);
    msgpack_pack_fix_int64(&pk, 7);
    msgpack_pack_uint8(&pk, 200);
    struct all v;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_record_unpack(&all_record, (struct sg_str){b.data, b.size}, &arena, &v, &e),
                     0);
    ck_assert_uint_eq(v.u, 12);
    ck_assert_int_eq(v.i, -2);
    ck_assert(v.f == 1.5);
    ck_assert(((uint64_t *)v.ids.v)[1] == 200);
    msgpack_sbuffer_destroy(&b);
}
END_TEST

struct chosen {
    struct sg_str role, note;
    uint64_t n;
};
static const char *const roles[] = {"viewer", "editor", NULL};
static const struct sg_field chosen_fields[] = {
    SG_FIELD_CHOICE(struct chosen, role, roles, SG_REQUIRED),
    SG_FIELD_STR(struct chosen, note, 0, 10, SG_OPTIONAL),
    SG_FIELD_U64(struct chosen, n, 0, 9, SG_REQUIRED),
};
static const struct sg_record chosen_record = SG_RECORD("Chosen", struct chosen, chosen_fields);

START_TEST(a_choice_takes_its_texts_only)
{
    struct chosen c;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_record_from_json(&chosen_record, SG_STR("{\"role\":\"editor\",\"n\":1}"),
                                         &arena, &c, &e),
                     0);
    ck_assert_int_eq(
        sg_record_from_json(&chosen_record, SG_STR("{\"role\":\"owner\",\"n\":1}"), &arena, &c, &e),
        SG_EINVAL);
    ck_assert_str_eq(e.text, "role: expected one of viewer, editor");
    sg_record_openapi(&chosen_record, &json);
    ck_assert_ptr_nonnull(memmem(json.p, json.n, "\"enum\":[\"viewer\",\"editor\"]", 26));
}
END_TEST

START_TEST(a_part_tells_what_was_there)
{
    struct chosen c;
    uint64_t seen;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_int_eq(sg_record_from_json_part(&chosen_record, SG_STR("{\"note\":null,\"n\":3}"),
                                              &arena, &c, &seen, &e),
                     0);
    ck_assert_uint_eq(seen, 6);
    ck_assert_ptr_null(c.note.p);
    ck_assert_uint_eq(c.n, 3);
    ck_assert_int_eq(
        sg_record_from_json_part(&chosen_record, SG_STR("{\"n\":10}"), &arena, &c, &seen, &e),
        SG_EINVAL);
    ck_assert_int_eq(sg_record_from_json_part(&chosen_record, SG_STR("{\"n\":1,\"n\":2}"), &arena,
                                              &c, &seen, &e),
                     SG_EINVAL);
}
END_TEST

START_TEST(logs_hide_secrets)
{
    struct all v = {.secret = SG_STR("hunter2")};
    sg_record_log(&all_record, &v, &json);
    ck_assert(memmem(json.p, json.n, "\"secret\":\"***\"", 14));
    ck_assert(!memmem(json.p, json.n, "hunter2", 7));
}
END_TEST

START_TEST(openapi_schemas_are_json_and_refer_to_each_other)
{
    sg_record_openapi(&sg_hit_record, &json);
    json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
    ck_assert(root != NULL);
    json_t *properties = json_object_get(root, "properties");
    ck_assert(json_object_get(properties, "explicit") != NULL);
    json_t *artist = json_object_get(properties, "artist");
    ck_assert_str_eq(json_string_value(json_object_get(artist, "$ref")),
                     "#/components/schemas/ArtistRef");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "required")), 1);
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *t = tcase_create("record");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, values_of_every_type_come_back);
    tcase_add_test(t, numbers_are_written_as_short_as_they_read_back);
    tcase_add_test(t, absent_fields_take_their_defaults);
    tcase_add_test(t, bad_json_is_refused_naming_the_field);
    tcase_add_test(t, bad_msgpack_is_refused_naming_the_field);
    tcase_add_test(t, unknown_fields_are_skipped_and_the_last_duplicate_wins);
    tcase_add_test(t, every_truncation_is_refused);
    tcase_add_test(t, dates_come_back_whatever_they_are);
    tcase_add_test(t, bad_frozen_records_are_refused);
    tcase_add_test(t, frozen_records_of_older_and_newer_tables_are_read);
    tcase_add_test(t, a_small_message_cannot_take_much_memory);
    tcase_add_test(t, msgpack_c_reads_what_we_write);
    tcase_add_test(t, we_read_what_msgpack_c_writes);
    tcase_add_test(t, a_choice_takes_its_texts_only);
    tcase_add_test(t, a_part_tells_what_was_there);
    tcase_add_test(t, logs_hide_secrets);
    tcase_add_test(t, openapi_schemas_are_json_and_refer_to_each_other);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
