/* fuzz_npy.c - any bytes as an array that NumPy saved. */
#include "recsys/input/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_npy a;
    float f;
    uint64_t v;
    if (sg_npy_parse(&a, (struct sg_str){(const char *)data, n}, NULL))
        return 0;
    for (size_t row = 0; row < a.rows && row < 100; row++)
        for (size_t column = 0; column < a.columns && column < 100; column++) {
            (void)sg_npy_float(&a, row, column, &f);
            (void)sg_npy_whole(&a, row, column, &v);
        }
    if (a.rows && a.columns) {
        (void)sg_npy_float(&a, a.rows - 1, a.columns - 1, &f);
        (void)sg_npy_whole(&a, a.rows - 1, a.columns - 1, &v);
    }
    return 0;
}
