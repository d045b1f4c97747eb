/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log, and as the rest of a span, beside an annotation of it. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    any_log_between("{\"data\":[{\"span_id\":\"1\",\"annotator_kind\":\"HUMAN\",\"result\":{"
                    "\"label\":\"fixed\"}},{\"context\":{\"trace_id\":\"t\",\"span_id\":\"1\"},",
                    data, size, "}]}");
    return 0;
}
