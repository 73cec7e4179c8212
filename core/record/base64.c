/* base64.c - see fields.h. */
#include "core/record/fields.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void record_base64_put(struct sg_buf *out, struct sg_str bytes)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.n; i += 3) {
        size_t have = bytes.n - i;
        unsigned v = (unsigned)p[i] << 16;
        v |= have > 1 ? (unsigned)p[i + 1] << 8 : 0;
        v |= have > 2 ? p[i + 2] : 0;
        char four[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], alphabet[v >> 6 & 63],
                        alphabet[v & 63]};
        if (have < 3)
            four[3] = '=';
        if (have < 2)
            four[2] = '=';
        sg_buf_put(out, four, 4);
    }
}

static int value_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool record_base64_read(struct sg_str text, char *out, size_t *n)
{
    if (text.n % 4)
        return false;
    size_t pad = 0;
    while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
        pad++;
    unsigned v = 0;
    size_t used = 0;
    for (size_t i = 0; i < text.n; i++) {
        int digit = i + pad >= text.n ? 0 : value_of(text.p[i]);
        if (digit < 0)
            return false;
        v = v << 6 | (unsigned)digit;
        for (int byte = 2; i % 4 == 3 && byte >= 0; byte--)
            out[used++] = (char)(v >> (8 * byte));
    }
    for (size_t i = 0; i < pad; i++)
        if (out[--used])
            return false; /* bits that no encoder leaves */
    *n = used;
    return true;
}
