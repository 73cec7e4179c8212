/* sniff.c - see sniff.h. Signatures: WHATWG MIME Sniffing, section 6.1. */
#include "images/sniff.h"

static const struct sg_str png = {"\x89PNG\r\n\x1a\n", 8};

const char *sg_image_sniff(struct sg_str bytes)
{
    if (sg_str_starts(bytes, SG_STR("\xff\xd8\xff")))
        return "jpeg";
    if (sg_str_starts(bytes, png))
        return "png";
    if (bytes.n >= 16 && sg_str_starts(bytes, SG_STR("RIFF")) &&
        memcmp(bytes.p + 8, "WEBPVP", 6) == 0)
        return "webp";
    return NULL;
}

static uint32_t big_endian(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

bool sg_image_is_apng(struct sg_str bytes)
{
    if (!sg_str_starts(bytes, png))
        return false;
    /* length, type, that many bytes, sum */
    for (size_t at = png.n; at + 12 <= bytes.n;) {
        if (memcmp(bytes.p + at + 4, "acTL", 4) == 0)
            return true;
        if (memcmp(bytes.p + at + 4, "IDAT", 4) == 0)
            return false;
        size_t n = big_endian(bytes.p + at);
        if (n > bytes.n - at - 12)
            return false;
        at += n + 12;
    }
    return false;
}
