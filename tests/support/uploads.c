/* uploads.c - see uploads.h. */
#include "tests/support/uploads.h"
#include "core/clock.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_le(struct sg_buf *b, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        sg_buf_putc(b, (char)(v >> (8 * i)));
}

static uint32_t sample(const struct test_tone *w, uint32_t frame, uint32_t *noise)
{
    *noise = *noise * 1664525u + 1013904223u;
    double t = (double)frame / w->rate;
    double v = 0.4 * sin(2 * 3.14159265358979 * (330 + 11 * (w->seed % 20)) * t) +
               0.1 * ((double)(*noise >> 8) / (1 << 24) - 0.5);
    int32_t full = (int32_t)(v * 2147483647.0);
    return w->silent ? 0 : (uint32_t)full >> (32 - w->bits);
}

void test_tone(struct sg_buf *out, struct test_tone w)
{
    w.seconds = w.seconds ? w.seconds : 2;
    w.rate = w.rate ? w.rate : 8000;
    w.channels = w.channels ? w.channels : 1;
    w.bits = w.bits ? w.bits : 16;
    uint32_t frames = w.seconds * w.rate, block = w.channels * w.bits / 8, noise = w.seed + 1;
    sg_buf_reserve(out, frames * block + 44);
    sg_buf_put(out, "RIFF", 4);
    put_le(out, 36 + frames * block, 4);
    sg_buf_put(out, "WAVEfmt ", 8);
    put_le(out, 16, 4);
    put_le(out, 1, 2);
    put_le(out, w.channels, 2);
    put_le(out, w.rate, 4);
    put_le(out, w.rate * block, 4);
    put_le(out, block, 2);
    put_le(out, w.bits, 2);
    sg_buf_put(out, "data", 4);
    put_le(out, frames * block, 4);
    for (uint32_t i = 0; i < frames; i++) {
        uint32_t v = sample(&w, i, &noise);
        for (unsigned c = 0; c < w.channels; c++)
            put_le(out, v, (int)w.bits / 8);
    }
}

void test_form_field(struct sg_buf *form, const char *name, const char *value)
{
    sg_buf_printf(form,
                  "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n"
                  "%s\r\n",
                  name, value);
}

void test_form_file(struct sg_buf *form, const char *filename, struct sg_str bytes)
{
    sg_buf_printf(form,
                  "--" TEST_BOUNDARY "\r\nContent-Disposition: form-data; name=\"audio_file\"; "
                  "filename=\"%s\"\r\nContent-Type: audio/wav\r\n\r\n",
                  filename);
    sg_buf_str_put(form, bytes);
    sg_buf_puts(form, "\r\n");
}

void test_form_end(struct sg_buf *form)
{
    sg_buf_puts(form, "--" TEST_BOUNDARY "--\r\n");
}

int test_form_send(int who, const struct sg_buf *form, const char *headers)
{
    char all[1024];
    snprintf(all, sizeof all, TEST_FORM "%s", headers ? headers : "");
    return catalogue_send(who, "POST", "/api/v1/upload/song", all, form->p, form->n);
}

static int count(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    struct dirent *f;
    while (d && (f = readdir(d))) {
        char path[1024];
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        n += f->d_type == DT_DIR ? count(path) : 1;
    }
    if (d)
        closedir(d);
    return n;
}

int test_objects(void)
{
    char dir[256];
    snprintf(dir, sizeof dir, "%s", test_path(catalogue_x.dir, "var/objects"));
    return count(dir);
}

int test_objects_become(int n)
{
    for (int i = 0; i < 6000 && test_objects() != n; i++)
        sg_sleep_us(20000);
    return test_objects();
}

const char *test_upload_id(void)
{
    static char id[80];
    const char *at = strstr(catalogue_said, "upload_id\":\"");
    at = at ? at + 12 : strstr(catalogue_said, "upload/tus/");
    ck_assert_msg(at != NULL, "no upload in %s", catalogue_said);
    at = strstr(at, "upload_");
    snprintf(id, sizeof id, "%.*s",
             (int)strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"),
             at);
    return id;
}
