/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fuzz/fuzz.h"

#include "base/inflate.h"

#include <string.h>

enum { LIMIT = 1 << 20, STEP = 7 };

static int in_steps(const uint8_t *data, size_t size, struct buf *out, struct error *err)
{
    struct inflate *z = inflate_new();
    int status = 0;
    for (size_t at = 0; at < size && status == 0 && out->len <= LIMIT; at += STEP)
        status = inflate_feed(z, data + at, size - at < STEP ? size - at : STEP, out, err);
    if (status == 0 && out->len <= LIMIT)
        status = inflate_end(z, err);
    inflate_free(z);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = {0}, stepped = {0};
    struct error err = {0}, stepped_err = {0};
    int status = inflate_all(data, size, LIMIT, &whole, &err);
    int stepped_status = in_steps(data, size, &stepped, &stepped_err);
    if (status && err.code != ERR_INPUT && err.code != ERR_LIMIT)
        BUG("refused with %s: %s", error_code_name(err.code), err.text);
    if (err.code != ERR_LIMIT && status != stepped_status)
        BUG("whole %d (%s), in steps %d (%s)", status, err.text, stepped_status, stepped_err.text);
    if (status == 0 && (whole.len > LIMIT || whole.len != stepped.len ||
                        (whole.len && memcmp(whole.data, stepped.data, whole.len) != 0)))
        BUG("%zu bytes whole, %zu in steps", whole.len, stepped.len);
    buf_release(&whole);
    buf_release(&stepped);
    return 0;
}
