/* mosaic.c - several covers as one square picture; see render.h. */
#include "images/parts.h"

enum { ACROSS = 2, TILES = ACROSS * ACROSS, SIDE = 1200, LENGTH_BYTES = 4 };

/* The next of the pictures that lie one behind the other, each after its length. */
static int take(struct sg_str *rest, struct sg_str *out, struct sg_error *e)
{
    const unsigned char *u = (const unsigned char *)rest->p;
    if (rest->n < LENGTH_BYTES)
        return sg_fail(e, SG_EMEDIA, "a picture's length is missing");
    size_t n = (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
    if (n > rest->n - LENGTH_BYTES)
        return sg_fail(e, SG_EMEDIA, "a picture ends early");
    *out = (struct sg_str){rest->p + LENGTH_BYTES, n};
    *rest = (struct sg_str){out->p + n, rest->n - LENGTH_BYTES - n};
    return 0;
}

static int split(struct sg_str bytes, struct sg_str v[TILES], size_t *n, struct sg_error *e)
{
    int rc = 0;
    for (*n = 0; !rc && bytes.n; ++*n)
        rc = *n < TILES ? take(&bytes, &v[*n], e)
                        : sg_fail(e, SG_EMEDIA, "more than %d pictures", TILES);
    if (!rc && *n != 1 && *n != TILES)
        rc = sg_fail(e, SG_EMEDIA, "%zu pictures: one or %d are needed", *n, TILES);
    return rc;
}

/* As large as the largest picture's shorter side allows: the sharpest is not made worse. */
static int measure(const struct sg_str *v, size_t n, struct sg_image_facts *facts, int *side,
                   struct sg_error *e)
{
    int rc = 0, most = n == 1 ? SIDE : SIDE / ACROSS;
    *side = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        rc = image_look_at(v[i], &facts[i], e);
        int shorter = facts[i].width < facts[i].height ? facts[i].width : facts[i].height;
        if (!rc && shorter > *side)
            *side = shorter;
    }
    if (*side > most)
        *side = most;
    return rc;
}

/* The middle of a picture, side x side, decoded. */
static int cut(struct sg_str bytes, const char *type, int side, VipsImage **out, struct sg_error *e)
{
    VipsImage *whole = NULL, *square = NULL, *plain = NULL;
    int rc = image_open(bytes, type, 1, &whole, e);
    if (rc)
        return rc;
    rc = vips_thumbnail_image(whole, &square, side, "height", side, "size", VIPS_SIZE_BOTH, "crop",
                              VIPS_INTERESTING_CENTRE, NULL);
    if (!rc)
        rc = vips_colourspace(square, &plain, VIPS_INTERPRETATION_sRGB, NULL);
    if (!rc)
        rc = (*out = vips_image_copy_memory(plain)) ? 0 : -1;
    if (!rc)
        image_strip(*out);
    g_clear_object(&plain);
    g_clear_object(&square);
    g_clear_object(&whole);
    return rc ? image_refused(e, type) : 0;
}

int sg_image_mosaic(struct sg_str bytes, const char *folder, struct sg_image_facts *out,
                    struct sg_error *e)
{
    struct sg_str v[TILES] = {0};
    struct sg_image_facts facts[TILES] = {0};
    VipsImage *tiles[TILES] = {NULL}, *joined = NULL;
    size_t n = 0;
    int side = 0;
    if (bytes.n > SG_IMAGE_BYTES_MAX)
        return sg_fail(e, SG_EMEDIA, "at most %u bytes are read", SG_IMAGE_BYTES_MAX);
    int rc = split(bytes, v, &n, e);
    if (!rc)
        rc = measure(v, n, facts, &side, e);
    for (size_t i = 0; !rc && i < n; i++)
        rc = cut(v[i], facts[i].type, side, &tiles[i], e);
    if (!rc && vips_arrayjoin(tiles, &joined, (int)n, "across", n == 1 ? 1 : ACROSS, NULL))
        rc = image_refused(e, "mosaic");
    if (!rc)
        rc = image_write(joined, folder, e);
    if (!rc)
        *out = (struct sg_image_facts){facts[0].type, vips_image_get_width(joined),
                                       vips_image_get_height(joined)};
    g_clear_object(&joined);
    for (size_t i = 0; i < TILES; i++)
        g_clear_object(&tiles[i]);
    return rc;
}
