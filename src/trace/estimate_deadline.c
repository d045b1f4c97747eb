/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that were abandoned.  Where all of them left at one age, which no other item passed, that
 * age is the scenario's deadline, and to the steps they were at they are as those that a log ends
 * in: their latency is censored, their way not known.  The least of the ages is taken, for clocks
 * come late and never early. */
#include "trace/estimate_parts.h"

#include <math.h>
#include <string.h>

double estimate_deadline_of(const struct trace_log *log)
{
    enum { LEAST = 3 };
    static const double late = 1.1;
    double least = INFINITY, most = 0, others = 0;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        double age = 1e-9 * (double)(it->end_ns - it->start_ns);
        if (it->end == LOG_ABANDONED) {
            least = fmin(least, age);
            most = fmax(most, age);
            n++;
        } else if (it->end != LOG_UNFINISHED) {
            others = fmax(others, age);
        }
    }
    bool shows = n >= LEAST && least > 0 && most <= late * least && others <= late * least;
    return shows ? estimate_rounded(least, 4) : NAN;
}

struct log_item *estimate_open_items(const struct trace_log *log)
{
    struct log_item *items = mem_alloc((log->items.len + 1) * sizeof *items);
    if (log->items.len)
        memcpy(items, log->items.at, log->items.len * sizeof *items);
    for (size_t i = 0; i < log->items.len; i++)
        if (items[i].end == LOG_ABANDONED)
            items[i].end = LOG_UNFINISHED;
    return items;
}

void estimate_deadline(struct estimate *e)
{
    uint64_t n = 0;
    for (size_t i = 0; i < e->log->items.len; i++)
        n += e->log->items.at[i].end == LOG_ABANDONED;
    if (n && isnan(estimate_deadline_of(e->log)))
        result_warn(e->info,
                    "%llu items were abandoned, at ages that show no deadline: the scenario has "
                    "them fail where they were",
                    (unsigned long long)n);
    if (isnan(e->deadline_s))
        return;
    struct pipeline *p = e->out;
    p->leave_after_s = arena_alloc(&p->arena, sizeof *p->leave_after_s);
    *p->leave_after_s = e->deadline_s; /* there is one class of items */
    result_assume(e->info, "items are abandoned at the age at which all that were so in the log "
                           "left it (`deadline`)");
}
