/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the rest of a span of Zipkin's beside the client's half of it. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between(
        "[{\"traceId\":\"1\",\"id\":\"a\",\"kind\":\"CLIENT\"},{\"traceId\":\"1\",\"id\":\"a\",",
        data, size, "}]");
    return 0;
}
