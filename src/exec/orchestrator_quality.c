/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an item holds, and how good that is: judged against the truth where that is known, and
 * spoilt or mended by the dice of stages that act by stated numbers. */
#include "exec/judge.h"
#include "exec/orchestrator.h"

struct holding run_holding_keep(const struct holding *h)
{
    struct holding copy = *h;
    text_hold(copy.payload);
    return copy;
}

void run_holding_drop(struct holding *h)
{
    text_drop(h->payload);
    *h = (struct holding){0};
}

enum run_quality run_path_quality(struct run *r, struct run_path *p)
{
    struct holding *h = &p->held;
    const struct run_item *item = p->item;
    (void)r;
    if (!item->truth) {
        if (h->spoilt)
            return RUN_BAD;
        return h->real ? RUN_UNKNOWN : RUN_GOOD;
    }
    if (h->spoilt)
        return RUN_BAD;
    if (h->judged == JUDGE_NOT)
        h->judged = (signed char)judge_payload(item->truth, item->truth_len, h->payload->data,
                                               h->payload->len);
    return (enum run_quality)h->judged;
}
