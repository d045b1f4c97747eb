/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/event.h"

const char *run_end_name(enum run_end end)
{
    static const char *const name[RUN_END_COUNT] = {
#define X(id, word) word,
        RUN_END_TABLE(X)
#undef X
    };
    return name[end];
}
