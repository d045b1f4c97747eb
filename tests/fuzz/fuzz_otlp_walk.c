/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any lines, as a log and as the members of a span, by the walk and by the parser. */
#include "tests/fuzz/fuzz.h"

#include "tests/support/both_readers.h"

static void both_ways(const char *before, const uint8_t *data, size_t size, const char *after)
{
    static const struct log_options none;
    struct buf text = {0};
    buf_puts(&text, before);
    buf_add(&text, data, size);
    buf_puts(&text, after);
    buf_putc(&text, '\n');
    read_both_ways(text.data, text.len, &none);
    buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];
    if (size == 0)
        data = nothing;
    both_ways("", data, size, "");
    both_ways("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{"
              "\"traceId\":\"0123456789abcdef0123456789abcdef\",\"name\":\"n\",\"spanId\":"
              "\"0123456789abcdef\",",
              data, size, "}]}]}]}");
    return 0;
}
