/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why attempts failed, as warnings of the result. */
#include "cli/run.h"
#include "exec/reasons.h"

static int close_reasons(void *arg, bool complete, struct result *r, struct error *err)
{
    (void)complete;
    (void)err;
    reasons_warn(arg, r);
    reasons_free(arg);
    return 0;
}

int run_open_reasons(struct run_parts *parts, struct error *err)
{
    struct reasons *r = reasons_new(parts->pipeline);

    (void)err;
    run_close_later(parts, (struct run_part){r, close_reasons});
    run_listen(parts, (struct run_listener){r, reasons_event});
    return 0;
}
