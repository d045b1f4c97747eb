/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz.h"

#include "base/csv_read.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv c;
    struct error err = {0};
    if (csv_read("fuzz", (const char *)data, size, &c, &err)) {
        if (err.code != ERR_INPUT && err.code != ERR_LIMIT)
            BUG("refused with %s: %s", error_code_name(err.code), err.text);
        return 0;
    }
    if (c.columns == 0)
        BUG("a table without columns");
    size_t bytes = 0;
    for (size_t i = 0; i < c.rows; i++) {
        for (size_t j = 0; j < c.columns; j++)
            bytes += strlen(csv_cell(&c, i, j));
        if (c.line[i] == 0 || (i > 0 && c.line[i] < c.line[i - 1]))
            BUG("row %zu on line %u", i, (unsigned)c.line[i]);
    }
    if (bytes > size)
        BUG("%zu bytes of cells out of %zu", bytes, size);
    csv_release(&c);
    return 0;
}
