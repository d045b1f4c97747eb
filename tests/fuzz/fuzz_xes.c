/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the inside of an event log's trace. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between("<log><trace><event><string key=\"concept:name\" value=\"a\"/>"
                    "<date key=\"time:timestamp\" value=\"2024-01-01\"/></event>",
                    data, size, "</trace></log>");
    return 0;
}
