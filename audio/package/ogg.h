/* ogg.h - packets of Vorbis into an Ogg file, by libavformat; private to the packager. */
#pragma once
#include "audio/encode/encoder.h"

struct sg_ogg;

/* fd: a new file; the caller's. encoder: an open one of Vorbis, not kept. */
int sg_ogg_open(struct sg_ogg **out, int fd, const struct sg_encoder *encoder, struct sg_error *e);
int sg_ogg_packet(struct sg_ogg *o, const struct sg_packet *packet, struct sg_error *e);
int sg_ogg_finish(struct sg_ogg *o, struct sg_error *e);
void sg_ogg_close(struct sg_ogg *o);
