/* address.h - addresses of clients and the networks they lie in. IPv4 is kept as the
 * IPv6 address that stands for it (::ffff:a.b.c.d). */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include <sys/socket.h>

#define SG_ADDRESS_TEXT 46 /* longest text with its zero */
#define SG_NETWORKS_MAX 64

struct sg_address {
    unsigned char b[16];
};
struct sg_networks {
    struct {
        struct sg_address base;
        int bits;
    } v[SG_NETWORKS_MAX];
    size_t n;
};

/* "10.0.0.1", "2001:db8::1"; nothing else. */
bool sg_address_read(struct sg_str text, struct sg_address *out);
bool sg_address_of(const struct sockaddr *from, struct sg_address *out);
bool sg_address_is_v4(const struct sg_address *a);
/* Writes at most SG_ADDRESS_TEXT bytes, zero-terminated. */
void sg_address_text(const struct sg_address *a, char out[SG_ADDRESS_TEXT]);
/* One number for one client: an IPv4 address, or an IPv6 network of 64 bits (its hosts change
 * their numbers). */
uint64_t sg_address_key(const struct sg_address *a);

/* Addresses and CIDRs between spaces or commas; "loopback" stands for 127.0.0.0/8 and ::1.
 * SG_EINVAL, SG_ELIMIT. */
int sg_networks_read(struct sg_networks *out, struct sg_str text, struct sg_error *e);
bool sg_networks_hold(const struct sg_networks *n, const struct sg_address *a);
