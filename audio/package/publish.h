/* publish.h - the manifests of an asset; private to the packager. */
#pragma once
#include "audio/package/stream.h"

/* Of streams that are finished; duration: samples of rate. */
int sg_publish(struct sg_tree *tree, const struct sg_stream *streams, size_t n,
               const struct sg_package_job *job, int64_t duration, int rate, struct sg_error *e);
