/* print.h - Chromaprint's fingerprint of the first two minutes: a listener of mono.h. */
#pragma once
#include "audio/analysis/mono.h"
#include "core/buf.h"

#define SG_PRINT_SECONDS 120  /* as AcoustID */
#define SG_PRINT_ITEMS   1000 /* of 32 bits, one each 0.12 s */

struct sg_print;

int sg_print_new(struct sg_print **out, struct sg_error *e);
struct sg_mono_listener sg_print_listener(struct sg_print *p);
/* Once, after the last hop. packed: Chromaprint's compressed form; items: the same, bare; *n of
 * them, 0: the sound is shorter than a fingerprint needs (2.7 s). */
int sg_print_get(struct sg_print *p, struct sg_buf *packed, uint32_t items[SG_PRINT_ITEMS],
                 size_t *n, struct sg_error *e);
void sg_print_free(struct sg_print *p);

/* Items of a compressed fingerprint, which may be anybody's bytes. SG_ECORRUPT. */
int sg_print_unpack(struct sg_str packed, uint32_t items[SG_PRINT_ITEMS], size_t *n,
                    struct sg_error *e);
