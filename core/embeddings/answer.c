/* answer.c - see answer.h. */
#include "core/embeddings/answer.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 40, VECTOR_BYTES = 512, BODY_BYTES = 65536 };

size_t sg_embeddings_body_max(size_t n, size_t d)
{
    return BODY_BYTES + n * (VECTOR_BYTES + d * NUMBER_BYTES);
}

static int make_unit(float *v, size_t d, size_t index, struct sg_error *e)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (double)v[i] * v[i];
    double length = sqrt(sum);
    if (!isfinite(length) || length < 1e-12)
        return sg_fail(e, SG_ECORRUPT, "embeddings: vector %zu has no length", index);
    for (size_t i = 0; i < d; i++)
        v[i] = (float)(v[i] / length);
    return 0;
}

static int read_vector(const json_t *list, size_t index, size_t d, float *out, struct sg_error *e)
{
    if (!json_is_array(list))
        return sg_fail(e, SG_ECORRUPT, "embeddings: vector %zu is not a list of numbers", index);
    if (json_array_size(list) != d)
        return sg_fail(e, SG_ECORRUPT, "embeddings: vector %zu has %zu dimensions, not %zu", index,
                       json_array_size(list), d);
    for (size_t i = 0; i < d; i++) {
        const json_t *number = json_array_get(list, i);
        out[i] = (float)json_number_value(number);
        if (!json_is_number(number) || !isfinite(out[i]))
            return sg_fail(e, SG_ECORRUPT, "embeddings: vector %zu holds what is no number", index);
    }
    return make_unit(out, d, index, e);
}

static int read_all(const json_t *data, size_t n, size_t d, bool *seen, float *out,
                    struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        const json_t *one = json_array_get(data, i), *at = json_object_get(one, "index");
        json_int_t index = json_is_integer(at) ? json_integer_value(at) : -1;
        if (index < 0 || (size_t)index >= n || seen[index])
            return sg_fail(e, SG_ECORRUPT, "embeddings: an index is missing, wrong or twice there");
        seen[index] = true;
        rc = read_vector(json_object_get(one, "embedding"), (size_t)index, d,
                         out + (size_t)index * d, e);
    }
    return rc;
}

int sg_embeddings_parse(struct sg_str body, size_t n, size_t d, float *out, struct sg_error *e)
{
    json_error_t why;
    json_t *root = json_loadb(body.p ? body.p : "", body.n, 0, &why);
    const json_t *data = json_object_get(root, "data");
    bool *seen = calloc(n + 1, sizeof *seen);
    int rc = 0;
    if (!seen)
        rc = sg_fail(e, SG_ENOMEM, "embeddings");
    else if (!root)
        rc = sg_fail(e, SG_ECORRUPT, "embeddings: the answer is not JSON: %s", why.text);
    else if (!json_is_array(data))
        rc = sg_fail(e, SG_ECORRUPT, "embeddings: the answer has no list 'data'");
    else if (json_array_size(data) != n)
        rc = sg_fail(e, SG_ECORRUPT, "embeddings: %zu vectors for %zu texts", json_array_size(data),
                     n);
    else
        rc = read_all(data, n, d, seen, out, e);
    free(seen);
    json_decref(root);
    return rc;
}
