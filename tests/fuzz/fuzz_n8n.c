/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, as the runs of an execution, and as the rest of a flatted list. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between(
        "{\"id\":7,\"startedAt\":\"2026-01-02T03:04:05Z\",\"data\":{\"resultData\":{\"runData\":{",
        data, size, "}}}}");
    any_log_between("[{\"resultData\":\"1\",\"executionData\":\"3\"},{\"runData\":\"2\"},{\"A\":"
                    "\"5\"},{\"runtimeData\":\"4\"},{\"establishedAt\":1767323045000},",
                    data, size, "]");
    return 0;
}
