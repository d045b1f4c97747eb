/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When items were over that no root span encloses.
 *
 * Such an item takes until its last span ends, but not until branches end for which nothing waited
 * any more: the structure of all items shows which those are. */
#include "trace/discover.h"
#include "trace/structure.h"

static bool some_open(const struct trace_log *log)
{
    for (size_t i = 0; i < log->items.len; i++)
        if (!log->items.at[i].enclosed && log->items.at[i].n_visits > 1)
            return true;
    return false;
}

static bool waits_for_some(const struct structure *s)
{
    for (size_t p = 0; p < s->place.len; p++)
        if (s->place.at[p].needed < s->place.at[p].branches)
            return true;
    return false;
}

/* The end of all its visits that something waited for. */
static void settle_item(struct log_item *it, const struct log_visit *visits,
                        const struct structure *s)
{
    int64_t over_ns = it->start_ns, late_ns = INT64_MIN;
    for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
        if (s->late[v] != IN_TIME)
            late_ns = visits[v].end_ns > late_ns ? visits[v].end_ns : late_ns;
        else
            over_ns = visits[v].end_ns > over_ns ? visits[v].end_ns : over_ns;
    if (late_ns >= it->end_ns && over_ns < late_ns)
        it->end_ns = over_ns;
}

void discover_waits(struct trace_log *log)
{
    struct structure s;
    if (!log->pairs.len || !some_open(log))
        return;
    structure_find(log, &s);
    if (!s.why.len && waits_for_some(&s))
        for (size_t i = 0; i < log->items.len; i++)
            if (!log->items.at[i].enclosed)
                settle_item(&log->items.at[i], log->visits.at, &s);
    structure_release(&s);
}
