/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the rest of an observation, beside a score of it. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between(
        "{\"trace\":{\"id\":\"t\",\"scores\":[{\"name\":\"k\",\"value\":0.5,\"source\":\"EVAL\","
        "\"observationId\":\"o\"}],\"observations\":[]},\"observations\":[{\"id\":\"o\",",
        data, size, "}]}");
    return 0;
}
