/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as more lines of one. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between("2026-01-02 03:04:05,250 - autogen_core.events - INFO - {\"type\": "
                    "\"ToolCall\", \"tool_name\": \"t\", \"agent_id\": \"a_k/k\"}\n"
                    "2026-01-02 03:04:07 {\"type\": \"",
                    data, size, "}");
    return 0;
}
