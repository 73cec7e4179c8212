/* render.c - see render.h. */
#include "images/parts.h"
#include "images/sniff.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int sizes[] = {1200, 640, 300, 64};
enum { N_SIZES = sizeof sizes / sizeof *sizes, JPEG_QUALITY = 85, WEBP_QUALITY = 82 };

int sg_image_start(const char *program, struct sg_error *e)
{
    setenv("VIPS_WARNING", "0", 1); /* what is wrong with a picture is answered, not logged */
    setenv("VIPS_DISC_THRESHOLD", "1g", 1); /* in memory, which is bounded, never in files */
    if (VIPS_INIT(program))
        return sg_fail(e, SG_EINTERNAL, "libvips: %s", vips_error_buffer());
    vips_operation_block_set("VipsForeignLoad", TRUE); /* all, then those wanted */
    vips_operation_block_set("VipsForeignLoadJpeg", FALSE);
    vips_operation_block_set("VipsForeignLoadPng", FALSE);
    vips_operation_block_set("VipsForeignLoadWebp", FALSE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return 0;
}

/* The last line that libvips said. */
int image_refused(struct sg_error *e, const char *type)
{
    char why[200] = "";
    const char *said = vips_error_buffer();
    size_t n = strcspn(said, "\n");
    snprintf(why, sizeof why, "%.*s", (int)n, said);
    vips_error_clear();
    return sg_fail(e, SG_EMEDIA, "the %s is broken: %s", type, why);
}

/* shrink: of a JPEG, by how much its decoder may reduce it: 1, 2, 4 or 8. libjpeg fills what is
 * missing or damaged with grey and calls that a warning. */
int image_open(struct sg_str bytes, const char *type, int shrink, VipsImage **out,
               struct sg_error *e)
{
    void *p = (void *)(uintptr_t)bytes.p; /* only read */
    int rc = -1;
    if (strcmp(type, "jpeg") == 0)
        rc = vips_jpegload_buffer(p, bytes.n, out, "shrink", shrink, "fail_on",
                                  VIPS_FAIL_ON_WARNING, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    else if (strcmp(type, "png") == 0)
        rc = vips_pngload_buffer(p, bytes.n, out, "fail_on", VIPS_FAIL_ON_ERROR, "access",
                                 VIPS_ACCESS_SEQUENTIAL, NULL);
    else
        rc = vips_webpload_buffer(p, bytes.n, out, "fail_on", VIPS_FAIL_ON_ERROR, "access",
                                  VIPS_ACCESS_SEQUENTIAL, NULL);
    return rc ? image_refused(e, type) : 0;
}

static int check_sides(int w, int h, struct sg_error *e)
{
    int longer = w > h ? w : h, shorter = w > h ? h : w;
    if (shorter < SG_IMAGE_SIDE_MIN)
        return sg_fail(e, SG_EMEDIA, "%d x %d pixels: each side needs %d", w, h, SG_IMAGE_SIDE_MIN);
    if (longer > SG_IMAGE_SIDE_MAX || (int64_t)w * h > SG_IMAGE_PIXELS_MAX)
        return sg_fail(e, SG_EMEDIA, "%d x %d pixels: at most %d a side and %d in all are allowed",
                       w, h, SG_IMAGE_SIDE_MAX, SG_IMAGE_PIXELS_MAX);
    if (longer > SG_IMAGE_RATIO_MAX * shorter)
        return sg_fail(e, SG_EMEDIA, "%d x %d pixels: one side may be at most %d times the other",
                       w, h, SG_IMAGE_RATIO_MAX);
    return 0;
}

/* Reads the header only. */
int image_look_at(struct sg_str bytes, struct sg_image_facts *facts, struct sg_error *e)
{
    VipsImage *image = NULL;
    int pages = 1;
    facts->type = sg_image_sniff(bytes);
    if (!facts->type)
        return sg_fail(e, SG_EMEDIA, "expected a JPEG, PNG or WebP picture");
    int rc = image_open(bytes, facts->type, 1, &image, e);
    if (rc)
        return rc;
    facts->width = vips_image_get_width(image);
    facts->height = vips_image_get_height(image);
    if (vips_image_get_typeof(image, VIPS_META_N_PAGES))
        vips_image_get_int(image, VIPS_META_N_PAGES, &pages);
    g_object_unref(image);
    if (pages > 1 || sg_image_is_apng(bytes))
        return sg_fail(e, SG_EMEDIA, "the %s is animated; a still picture is needed", facts->type);
    return check_sides(facts->width, facts->height, e);
}

static int shrink_of(const struct sg_image_facts *f)
{
    int longer = f->width > f->height ? f->width : f->height, shrink = 1;
    while (shrink < 8 && longer / (2 * shrink) >= sizes[0])
        shrink *= 2;
    return shrink;
}

/* All that is not pixels: the writer of WebP does not leave it out when told to (and adds EXIF of
 * its own, of sides and resolution). sRGB needs no telling. */
void image_strip(VipsImage *image)
{
    char **names = vips_image_get_fields(image);
    for (char **n = names; n && *n; n++)
        vips_image_remove(image, *n); /* not what every image has: width, height */
    g_strfreev(names);
}

/* The largest size, decoded in one pass: turned as its camera said, in sRGB, 8 bits. */
static int decode(struct sg_str bytes, const struct sg_image_facts *facts, VipsImage **out,
                  struct sg_error *e)
{
    VipsImage *whole = NULL, *small = NULL, *plain = NULL;
    int rc = image_open(bytes, facts->type, shrink_of(facts), &whole, e);
    if (rc)
        return rc;
    /* What has no profile is sRGB: through one its dark shades would lose half their light. */
    bool converted = vips_image_get_typeof(whole, VIPS_META_ICC_NAME) ||
                     vips_image_get_interpretation(whole) == VIPS_INTERPRETATION_CMYK;
    rc = vips_thumbnail_image(whole, &small, sizes[0], "height", sizes[0], "size", VIPS_SIZE_DOWN,
                              converted ? "export_profile" : NULL, "srgb", NULL);
    if (!rc)
        rc = vips_colourspace(small, &plain, VIPS_INTERPRETATION_sRGB, NULL);
    if (!rc)
        rc = (*out = vips_image_copy_memory(plain)) ? 0 : -1;
    if (!rc)
        image_strip(*out);
    g_clear_object(&plain);
    g_clear_object(&small);
    g_clear_object(&whole);
    return rc ? image_refused(e, facts->type) : 0;
}

static int write_jpeg(VipsImage *image, const char *path)
{
    VipsImage *flat = NULL;
    double white[] = {255};
    VipsArrayDouble *background = vips_array_double_new(white, 1);
    int rc = vips_image_hasalpha(image) ? vips_flatten(image, &flat, "background", background, NULL)
                                        : vips_copy(image, &flat, NULL);
    if (!rc)
        rc = vips_jpegsave(flat, path, "Q", JPEG_QUALITY, "optimize_coding", TRUE, "interlace",
                           TRUE, "strip", TRUE, NULL);
    if (flat)
        g_object_unref(flat);
    vips_area_unref(VIPS_AREA(background));
    return rc;
}

static int write_size(VipsImage *image, int size, const char *folder, struct sg_error *e)
{
    char webp[4096], jpeg[4096];
    VipsImage *small = NULL;
    snprintf(webp, sizeof webp, "%s/%d.webp", folder, size);
    snprintf(jpeg, sizeof jpeg, "%s/%d.jpg", folder, size);
    int rc = vips_thumbnail_image(image, &small, size, "height", size, "size", VIPS_SIZE_DOWN,
                                  "no_rotate", TRUE, NULL);
    if (!rc)
        rc = vips_webpsave(small, webp, "Q", WEBP_QUALITY, "strip", TRUE, NULL);
    if (!rc)
        rc = write_jpeg(small, jpeg);
    if (small)
        g_object_unref(small);
    return rc ? sg_fail(e, SG_EIO, "writing %s: %s", folder, vips_error_buffer()) : 0;
}

int image_write(VipsImage *image, const char *folder, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < N_SIZES; i++)
        rc = write_size(image, sizes[i], folder, e);
    return rc;
}

int sg_image_render(struct sg_str bytes, const char *folder, struct sg_image_facts *out,
                    struct sg_error *e)
{
    struct sg_image_facts facts;
    VipsImage *image = NULL;
    if (bytes.n > SG_IMAGE_BYTES_MAX)
        return sg_fail(e, SG_EMEDIA, "at most %u bytes are read", SG_IMAGE_BYTES_MAX);
    int rc = image_look_at(bytes, &facts, e);
    if (!rc)
        rc = decode(bytes, &facts, &image, e);
    if (!rc)
        rc = image_write(image, folder, e);
    if (image)
        g_object_unref(image);
    if (!rc)
        *out = facts;
    return rc;
}
