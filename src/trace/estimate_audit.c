/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Audits: where the log tells the gate's threshold, visits that it lets through and that are
 * reviewed all the same are a share of all those that it lets through.  Without them a change of
 * the threshold would be expected to send fewer items to review than it does. */
#include "model/rules.h"
#include "trace/estimate_parts.h"

#include <math.h>

/* More of them than this, and something else than an audit sends them. */
static const double SHARE_MOST = 0.3;

struct passing {
    uint64_t let_through, reviewed;
};

static struct passing count(const struct trace_log *log)
{
    struct passing n = {0, 0};
    for (size_t k = 0; k < log->items.len; k++) {
        const struct log_item *item = &log->items.at[k];
        const struct log_visit *visit = &log->visits.at[item->first_visit];
        for (uint32_t v = 0; v < item->n_visits; v++) {
            if (visit[v].stage != log->gate)
                continue;
            double c = isnan(visit[v].confidence) ? item->confidence : visit[v].confidence;
            if (isnan(c) || !rules_gate_ships(c, log->threshold))
                continue;
            n.let_through++;
            n.reviewed += v + 1 < item->n_visits && visit[v + 1].stage == log->review;
        }
    }
    return n;
}

void estimate_audit(struct estimate *e)
{
    const struct trace_log *log = e->log;
    if (e->gate < 0 || e->review < 0 || e->routed || log->gate < 0 || !log->threshold_logged)
        return;
    struct passing n = count(log);
    if (n.reviewed == 0 || (double)n.reviewed > SHARE_MOST * (double)n.let_through)
        return;
    struct step *gate = &e->out->step[e->gate];
    gate->audit.present = true;
    gate->audit.to = (struct edge){.to = e->review, .at_most = AT_MOST_NONE};
    estimate_rate(e, (uint32_t)e->gate, "audit.share", n.reviewed, n.let_through, false,
                  &gate->numbers->audit);
    buf_printf(&e->note[e->gate], "; %llu of %llu let through were reviewed all the same",
               (unsigned long long)n.reviewed, (unsigned long long)n.let_through);
}
