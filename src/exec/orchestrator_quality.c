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

/* What lacks a part of the truth is not wrong yet, and what was wrong before is not made so. */
bool run_path_made_wrong(struct run *r, struct run_path *p, const struct buf *merged)
{
    const struct run_item *item = p->item;
    const struct text *held = p->held.payload;
    if (!item->truth || merged->len == 0 || p->held.spoilt)
        return false;
    if (judge_payload(item->truth, item->truth_len, merged->data, merged->len) != RUN_BAD ||
        judge_lacks(item->truth, item->truth_len, merged->data, merged->len))
        return false;
    return run_path_quality(r, p) == RUN_GOOD ||
           judge_lacks(item->truth, item->truth_len, held->data, held->len);
}
