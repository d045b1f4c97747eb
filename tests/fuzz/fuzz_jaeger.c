/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the rest of a span of Jaeger's. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between(
        "{\"traceID\":\"1\",\"spans\":[{\"spanID\":\"a\",\"startTime\":1700000000000000,", data,
        size, "}],\"processes\":{\"p\":{\"serviceName\":\"s\"}}}");
    return 0;
}
