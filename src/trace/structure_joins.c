/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For how many of its branches a parallel waits.
 *
 * Two things show that it does not wait for all.  Steps that follow begin while branches still run;
 * or branches end just when another one ends well, for they were cut off.  Spans say so (they were
 * cancelled), or they fail at that instant, or they only end then: branches that end together time
 * and again, and take long for that clock, do not do so by chance.  Which of those was first is
 * then told by the order of their ends. */
#include "trace/structure_parts.h"

enum { FEW = 5, LONG = 20, MS_NS = 1000000, SECOND_NS = 1000000000 };
static const double rare = 0.05;

int64_t joins_least_ns(const struct trace_log *log)
{
    for (size_t v = 0; v < log->visits.len; v++)
        if (log->visits.at[v].end_ns % SECOND_NS || log->visits.at[v].start_ns % SECOND_NS)
            return MS_NS;
    return SECOND_NS;
}

/* ---- one pass ----------------------------------------------------------------------------- */

/* Spans say who was cut off: was the last of the others one that ended well? */
static bool race_told(const struct branch_end *b, uint32_t n)
{
    bool any = false, ok = false;
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        any = any || b[i].cut;
        if (b[i].cut || b[i].end_ns < last)
            continue;
        ok = b[i].ok || (ok && b[i].end_ns == last);
        last = b[i].end_ns;
    }
    return any && ok;
}

/* Of those that ended well at one instant, which nothing tells apart: each in its turn. */
static uint32_t in_turn(const struct branch_end *b, uint32_t n, uint32_t first, uint32_t turn)
{
    uint32_t alike = 0, skip;
    for (uint32_t i = 0; i < n; i++)
        alike += b[i].ok && b[i].end_ns == b[first].end_ns;
    skip = turn % alike;
    for (uint32_t i = 0; i < n; i++)
        if (b[i].ok && b[i].end_ns == b[first].end_ns && skip-- == 0)
            return i;
    return first;
}

/* The branch that ended well first, of those that were over at once at the end; n: no such. */
static uint32_t first_of_last(const struct branch_end *b, uint32_t n, int64_t least_ns,
                              uint32_t turn)
{
    uint32_t first = n, together = 0;
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < n; i++)
        last = b[i].end_ns > last ? b[i].end_ns : last;
    for (uint32_t i = 0; i < n; i++) {
        if (b[i].end_ns < last - least_ns)
            continue;
        if (b[i].end_ns - b[i].start_ns < LONG * least_ns)
            return n;
        together++;
        if (b[i].ok && (first == n || b[i].end_ns < b[first].end_ns))
            first = i;
    }
    return together > 1 && first < n ? in_turn(b, n, first, turn) : n;
}

bool joins_race(struct branch_end *b, uint32_t n, int64_t least_ns, uint32_t turn, uint32_t *won)
{
    bool raced = race_told(b, n);
    uint32_t first = n;
    for (uint32_t i = 0; i < n; i++)
        if (!b[i].there || (b[i].cut && !raced))
            return false;
    if (!raced && (first = first_of_last(b, n, least_ns, turn)) == n)
        return false;
    int64_t last = INT64_MIN;
    for (uint32_t i = 0; i < n; i++)
        last = b[i].end_ns > last ? b[i].end_ns : last;
    *won = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!raced)
            b[i].cut = i != first && b[i].end_ns >= last - least_ns;
        *won += b[i].ok && !b[i].cut;
    }
    return true;
}

void joins_count(struct joins *j, struct branch_end *b, uint32_t n, int64_t least_ns,
                 int64_t until_ns, bool went_on)
{
    uint32_t ended = 0, there = 0, ok = 0, won = 0;
    bool told = race_told(b, n);
    for (uint32_t i = 0; i < n; i++) {
        there += b[i].there;
        ended += b[i].there && b[i].sure_end_ns <= until_ns;
        ok += b[i].there && b[i].ok && !b[i].cut && b[i].sure_end_ns <= until_ns;
    }
    j->passes++;
    if (there < n)
        return;
    j->full++;
    if (n > 1 && joins_race(b, n, least_ns, 0, &won)) {
        j->raced++;
        j->told += told;
        j->won[won]++;
        ok = won;
    }
    if (went_on) {
        j->on++;
        j->ok_on[ok]++;
    }
    if (until_ns == INT64_MAX)
        return;
    j->followed++;
    j->early += ended < there;
    j->ended[ended]++;
}

/* ---- all passes --------------------------------------------------------------------------- */

/* The least number that more than a few of n passes have. */
static uint32_t usual_least(const uint64_t *count, uint32_t branches, uint64_t n)
{
    uint64_t fewer = 0;
    for (uint32_t k = 0; k < branches; k++) {
        fewer += count[k];
        if ((double)fewer > rare * (double)n)
            return k;
    }
    return branches;
}

static void note_cut_short(const struct joins *j, struct structure_place *p)
{
    uint64_t with_fewer = 0;
    for (uint32_t k = 0; k < p->needed; k++)
        with_fewer += j->ok_on[k];
    p->any_end = (double)with_fewer > rare * (double)j->on;
}

void joins_settle(const struct joins *j, struct structure_place *p, struct buf *why)
{
    bool told = j->told >= FEW && (double)j->told > rare * (double)j->full;
    p->needed = p->branches;
    if (j->followed >= FEW && (double)j->early > rare * (double)j->followed) {
        p->needed = usual_least(j->ended, p->branches, j->followed);
        if (p->needed == 0)
            buf_puts(why, "steps overlap those that they follow");
    } else if (told || (j->raced >= FEW && 2 * j->raced > j->full)) {
        p->needed = usual_least(j->won, p->branches, j->raced);
    }
    if (p->needed == p->branches)
        return;
    if ((double)j->full < (1 - rare) * (double)j->passes)
        buf_puts(why, "a join waits for some of its branches, and not all items have all of them");
    note_cut_short(j, p);
}
