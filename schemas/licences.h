/* licences.h - keys to play protected songs by: the JSON of Clear Key (W3C Encrypted Media
 * Extensions, section 9.1), and devices, to which they are given. */
#pragma once
#include "core/record.h"

#define SG_KIDS_MAX         16  /* keys of one licence */
#define SG_DEVICE_NAME_MAX  100 /* characters */
#define SG_DEVICES_MAX      50  /* of one account, beside those that keep songs */
#define SG_DEVICES_LIST_MAX (SG_DEVICES_MAX + 1000)

struct sg_clearkey_request { /* what a player's content decryption module says */
    struct sg_list kids;     /* sg_str: base64url of 16 bytes each */
    struct sg_str type;      /* temporary (default), persistent-license */
};
struct sg_device_params {
    struct sg_str device_id;
};
struct sg_clearkey_key {
    struct sg_str kty, kid, k;
};
struct sg_clearkey_licence {
    struct sg_list keys; /* sg_clearkey_key */
    struct sg_str type;
    struct sg_str licence_id, expires_at; /* ours; players leave them alone */
};

struct sg_device_new {
    struct sg_str name, kind;
};
struct sg_device {
    struct sg_str device_id, name, kind, created_at, seen_at;
    bool offline; /* keeps songs */
    int64_t songs;
    bool current; /* last used by the session that asks */
};
struct sg_device_list {
    struct sg_list devices; /* sg_device */
    int64_t offline_places; /* devices that may keep songs at a time */
    int64_t offline_changes_left;
};

extern const struct sg_record sg_clearkey_request_record, sg_device_params_record,
    sg_clearkey_licence_record, sg_device_new_record, sg_device_record, sg_device_list_record;
