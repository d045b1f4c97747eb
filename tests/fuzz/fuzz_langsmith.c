/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the rest of a run, beside feedback on it. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between(
        "[{\"run_id\":\"r\",\"key\":\"k\",\"score\":0.5},{\"id\":\"r\",\"run_type\":\"chain\",",
        data, size, "}]");
    return 0;
}
