/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a log. */
#include "tests/fuzz/any_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    any_log(data, size);
    return 0;
}
