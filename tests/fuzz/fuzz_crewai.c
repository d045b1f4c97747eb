/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as more lines of one. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between("[{\"event_id\":\"1\",\"timestamp\":1767323045,\"type\":\"flow_started\","
                    "\"event_data\":{\"inputs\":{\"id\":\"i\"}}},"
                    "{\"timestamp\":1767323047,\"event_id\":\"2\",\"type\":\"",
                    data, size, "}]");
    return 0;
}
