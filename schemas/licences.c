/* licences.c - field tables of licences.h. */
#include "schemas/licences.h"

#define TEXT(S, m, lo, hi, f, h)                                                                   \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = lo, .max = hi,  \
        .flags = f, .help = h                                                                      \
    }
#define UUID(S, m, f, h)                                                                           \
    {                                                                                              \
        .name = #m, .type = SG_T_STR, .since = 1, .offset = offsetof(S, m), .min = 36, .max = 36,  \
        .flags = f, .help = h, .format = "uuid"                                                    \
    }

static const char *const types[] = {"temporary", "persistent-license", NULL};
#define R struct sg_clearkey_request
static const struct sg_field request[] = {
    {.name = "kids",
     .type = SG_T_STR,
     .flags = SG_LIST,
     .since = 1,
     .offset = offsetof(R, kids),
     .min = 1,
     .max = SG_KIDS_MAX,
     .help = "Key ids: base64url of 16 bytes each, without padding."},
    {.name = "type",
     .type = SG_T_STR,
     .flags = SG_OPTIONAL,
     .since = 1,
     .offset = offsetof(R, type),
     .min = 1,
     .max = 64,
     .choices = types,
     .help = "`temporary` (default), or `persistent-license` of songs that the device keeps "
             "offline."},
};
const struct sg_record sg_clearkey_request_record = SG_RECORD("ClearKeyRequest", R, request);

static const struct sg_field params[] = {
    UUID(struct sg_device_params, device_id, SG_REQUIRED, "A device of the caller's."),
};
const struct sg_record sg_device_params_record =
    SG_RECORD("DeviceParams", struct sg_device_params, params);

#define K struct sg_clearkey_key
static const struct sg_field key[] = {
    TEXT(K, kty, 3, 3, SG_REQUIRED, "`oct`"),
    TEXT(K, kid, 22, 22, SG_REQUIRED, NULL),
    TEXT(K, k, 22, 22, SG_REQUIRED | SG_SECRET, NULL),
};
static const struct sg_record key_record = SG_RECORD("ClearKeyKey", K, key);

#define L struct sg_clearkey_licence
static const struct sg_field licence[] = {
    SG_FIELD_LIST(L, keys, SG_T_RECORD, &key_record, SG_KIDS_MAX),
    SG_FIELD_CHOICE(L, type, types, SG_REQUIRED),
    UUID(L, licence_id, SG_REQUIRED, NULL),
    {.name = "expires_at",
     .type = SG_T_STR,
     .since = 1,
     .offset = offsetof(L, expires_at),
     .min = 1,
     .max = 40,
     .help = "The player throws the keys away then, and asks again before, if it goes on.",
     .format = "date-time"},
};
const struct sg_record sg_clearkey_licence_record = SG_RECORD("ClearKeyLicence", L, licence);

static const char *const kinds[] = {"browser", "phone", "tablet", "desktop",
                                    "speaker", "other", NULL};
#define N struct sg_device_new
static const struct sg_field device_new[] = {
    TEXT(N, name, 1, 4 * SG_DEVICE_NAME_MAX, SG_REQUIRED, "For people: `Firefox on my laptop`."),
    SG_FIELD_CHOICE(N, kind, kinds, SG_REQUIRED),
};
const struct sg_record sg_device_new_record = SG_RECORD("NewDevice", N, device_new);

#define D struct sg_device
static const struct sg_field device[] = {
    UUID(D, device_id, SG_REQUIRED, NULL),
    TEXT(D, name, 1, 4 * SG_DEVICE_NAME_MAX, SG_REQUIRED, NULL),
    SG_FIELD_CHOICE(D, kind, kinds, SG_REQUIRED),
    SG_FIELD_TIME(D, created_at, SG_REQUIRED),
    SG_FIELD_TIME(D, seen_at, SG_REQUIRED),
    SG_FIELD_BOOL(D, offline, SG_REQUIRED),
    SG_FIELD_I64(D, songs, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_BOOL(D, current, SG_OPTIONAL),
};
const struct sg_record sg_device_record = SG_RECORD("Device", D, device);

#define DL struct sg_device_list
static const struct sg_field device_list[] = {
    SG_FIELD_LIST(DL, devices, SG_T_RECORD, &sg_device_record, SG_DEVICES_LIST_MAX),
    SG_FIELD_I64(DL, offline_places, 1, 1000, SG_REQUIRED),
    SG_FIELD_I64(DL, offline_changes_left, 0, 2000, SG_REQUIRED),
};
const struct sg_record sg_device_list_record = SG_RECORD("DeviceList", DL, device_list);
