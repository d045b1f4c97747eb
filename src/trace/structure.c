/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which steps run side by side, and as what branches.
 *
 * Block-structured discovery, as in the inductive miner (Leemans, Fahland and van der Aalst 2013,
 * "Discovering block-structured process models from event logs", Petri Nets), cut down to what the
 * language has: a sequence with loops and choices, in which a group of steps may be parallel.  Two
 * steps are side by side when their visits overlap.  The groups are the connected components of
 * that relation; the branches of a group are the components of its opposite (the parallel cut),
 * where two steps that do not overlap are held together only if one follows the other at once in
 * some items, or if no item has both.
 *
 * A step that overlaps steps of which it needs some, but none always, follows a join that does not
 * wait for all of them, and is no branch beside them. */
#include "trace/structure.h"

#include "trace/discover.h"

#include <math.h>
#include <string.h>

enum { MEMBERS_MAX = 200, LOOK_BACK = 64, PAIRS_FULL = 256 };
static const double rare = 0.05;     /* share of items that is taken for chance */
static const double directly = 0.02; /* share of visits that ties a step to the one before */

/* Steps that overlap others, and what is known of each two of them: [a * n + b]. */
struct beside {
    const struct trace_log *log;
    uint32_t n;
    uint32_t stage[MEMBERS_MAX];
    int32_t *member_of; /* [stages]; -1 */
    bool *overlap;
    uint64_t *both, *earlier; /* items with both; those of them in which a is met first */
    uint64_t *led, *last;     /* visits of b to which a leads; of which a ended last before */
    uint64_t *seen;           /* visits to which members lead */
};

static size_t at(const struct beside *b, uint32_t a, uint32_t c)
{
    return (size_t)a * b->n + c;
}

/* ---- what overlaps ------------------------------------------------------------------------ */

static void add_member(struct beside *b, uint32_t stage)
{
    if (b->member_of[stage] < 0 && b->n < MEMBERS_MAX) {
        b->member_of[stage] = (int32_t)b->n;
        b->stage[b->n++] = stage;
    }
}

static bool overlaps(const struct log_pair *p)
{
    return (double)p->together > rare * (double)p->both && (p->together > 1 || p->both < 4);
}

static void take_members(const struct trace_log *log, struct beside *b)
{
    size_t n;
    memset(b, 0, sizeof *b);
    b->log = log;
    b->member_of = mem_alloc((log->stages.len + 1) * sizeof *b->member_of);
    for (size_t s = 0; s < log->stages.len; s++)
        b->member_of[s] = -1;
    for (size_t i = 0; i < log->pairs.len; i++)
        if (overlaps(&log->pairs.at[i])) {
            add_member(b, log->pairs.at[i].a);
            add_member(b, log->pairs.at[i].b);
        }
    n = (size_t)b->n * b->n + 1;
    b->overlap = mem_zero(n, sizeof *b->overlap);
    b->both = mem_zero(n, sizeof *b->both);
    b->earlier = mem_zero(n, sizeof *b->earlier);
    b->led = mem_zero(n, sizeof *b->led);
    b->last = mem_zero(n, sizeof *b->last);
    b->seen = mem_zero((size_t)b->n + 1, sizeof *b->seen);
    for (size_t i = 0; i < log->pairs.len; i++) {
        const struct log_pair *p = &log->pairs.at[i];
        int32_t x = b->member_of[p->a], y = b->member_of[p->b];
        if (x >= 0 && y >= 0 && overlaps(p))
            b->overlap[at(b, (uint32_t)x, (uint32_t)y)] =
                b->overlap[at(b, (uint32_t)y, (uint32_t)x)] = true;
    }
}

static void release_beside(struct beside *b)
{
    mem_free(b->member_of);
    mem_free(b->overlap);
    mem_free(b->both);
    mem_free(b->earlier);
    mem_free(b->led);
    mem_free(b->last);
    mem_free(b->seen);
}

/* ---- what follows what -------------------------------------------------------------------- */

/* The visits that lead to v, as in discover_edges.c: which of them are of members? */
static void look_back(struct beside *b, const struct log_item *it, uint32_t v, uint32_t me)
{
    const struct log_visit *visits = b->log->visits.at;
    int64_t latest = INT64_MIN, last_end = INT64_MIN;
    int32_t last = -1;
    uint64_t *led = b->led;
    bool some = false;
    uint32_t stop = v - it->first_visit > LOOK_BACK ? v - LOOK_BACK : it->first_visit;
    for (uint32_t k = v; k-- > stop;) {
        int32_t u = b->member_of[visits[k].stage];
        int64_t end = discover_sure_end(&visits[k]);
        if (end > visits[v].start_ns)
            continue;
        if (end > last_end) {
            last_end = end;
            last = u;
        }
        if (end <= latest)
            continue;
        latest = visits[k].start_ns > latest ? visits[k].start_ns : latest;
        some = some || u >= 0;
        if (u >= 0)
            led[at(b, (uint32_t)u, me)]++;
    }
    b->seen[me] += some;
    if (last >= 0)
        b->last[at(b, (uint32_t)last, me)]++;
}

static void count_orders(struct beside *b)
{
    const struct trace_log *log = b->log;
    for (size_t i = 0; i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        uint32_t met[MEMBERS_MAX], n = 0;
        bool has[MEMBERS_MAX] = {false};
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            int32_t m = b->member_of[log->visits.at[v].stage];
            if (m < 0)
                continue;
            look_back(b, it, v, (uint32_t)m);
            if (!has[m])
                met[n++] = (uint32_t)m;
            has[m] = true;
        }
        for (uint32_t x = 0; x < n; x++)
            for (uint32_t y = x + 1; y < n; y++) {
                b->both[at(b, met[x], met[y])]++;
                b->both[at(b, met[y], met[x])]++;
                b->earlier[at(b, met[x], met[y])]++;
            }
    }
}

/* ---- joins that do not wait for all ------------------------------------------------------- */

static void part(struct beside *b, uint32_t x, uint32_t y)
{
    b->overlap[at(b, x, y)] = b->overlap[at(b, y, x)] = false;
}

/* Of the visits of x: how many begin while steps of a set run or when some of them are over, how
 * many when none is over, and how many when u is. */
struct following {
    uint64_t n, none, after[MEMBERS_MAX];
};

static void follow(const struct beside *b, const struct log_item *it, uint32_t v, const bool *of,
                   struct following *f)
{
    const struct log_visit *visits = b->log->visits.at;
    uint32_t stop = v - it->first_visit > LOOK_BACK ? v - LOOK_BACK : it->first_visit;
    int64_t latest = INT64_MIN;
    bool some = false, running = false;
    for (uint32_t k = v; k-- > stop;) {
        int32_t u = b->member_of[visits[k].stage];
        int64_t end = discover_sure_end(&visits[k]);
        bool in = u >= 0 && of[u];
        running = running || (in && end > visits[v].start_ns);
        if (end > visits[v].start_ns || end <= latest)
            continue;
        latest = visits[k].start_ns > latest ? visits[k].start_ns : latest;
        some = some || in;
        if (in)
            f->after[u]++;
    }
    f->n += some || running;
    f->none += running && !some;
}

/* Does x begin when some of several steps side by side are over, whichever they are? */
static bool follows_some(const struct beside *b, uint32_t x, bool *of)
{
    const struct trace_log *log = b->log;
    struct following f = {0};
    uint32_t best = x, n = 0;
    for (uint32_t u = 0; u < b->n; u++)
        if (u != x && b->overlap[at(b, u, x)] &&
            (best == x || b->led[at(b, u, x)] > b->led[at(b, best, x)]))
            best = u;
    for (uint32_t u = 0; u < b->n; u++) {
        of[u] = u != x && b->overlap[at(b, u, x)] && (u == best || b->overlap[at(b, u, best)]);
        n += of[u];
    }
    for (size_t i = 0; n > 1 && i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
            if (log->visits.at[v].stage == b->stage[x])
                follow(b, it, v, of, &f);
    }
    for (uint32_t u = 0; u < b->n; u++)
        if (of[u] && (double)f.after[u] > (1 - rare) * (double)f.n)
            return false;
    return n > 1 && f.n && (double)f.none <= rare * (double)f.n;
}

/* What comes after such a step is no more beside those before it than the step itself is. */
static void part_followers(struct beside *b)
{
    bool of[MEMBERS_MAX];
    for (uint32_t x = 0; x < b->n; x++) {
        if (!follows_some(b, x, of))
            continue;
        for (uint32_t u = 0; u < b->n; u++) {
            if (!of[u])
                continue;
            part(b, x, u);
            for (uint32_t y = 0; y < b->n; y++)
                if (y != x && !of[y] &&
                    (double)b->earlier[at(b, y, x)] <= rare * (double)b->both[at(b, y, x)] &&
                    b->both[at(b, y, x)])
                    part(b, y, u);
        }
    }
}

/* ---- groups and branches ------------------------------------------------------------------ */

static uint32_t top(uint32_t *up, uint32_t x)
{
    while (up[x] != x)
        x = up[x] = up[up[x]];
    return x;
}

static bool tied(const struct beside *b, uint32_t x, uint32_t y)
{
    if (b->overlap[at(b, x, y)])
        return false;
    return b->both[at(b, x, y)] == 0 ||
           (double)b->last[at(b, x, y)] > directly * (double)b->seen[y] ||
           (double)b->last[at(b, y, x)] > directly * (double)b->seen[x];
}

struct groups {
    uint32_t group[MEMBERS_MAX], branch[MEMBERS_MAX]; /* by member: a member that stands for it */
};

static void find_groups(const struct beside *b, struct groups *g)
{
    for (uint32_t x = 0; x < b->n; x++)
        g->group[x] = g->branch[x] = x;
    for (uint32_t x = 0; x < b->n; x++)
        for (uint32_t y = 0; y < x; y++)
            if (b->overlap[at(b, x, y)])
                g->group[top(g->group, x)] = top(g->group, y);
    for (uint32_t x = 0; x < b->n; x++)
        for (uint32_t y = 0; y < x; y++)
            if (top(g->group, x) == top(g->group, y) && tied(b, x, y))
                g->branch[top(g->branch, x)] = top(g->branch, y);
}

/* Two steps of one branch that are side by side, or a step beside itself and others. */
static bool is_sound(const struct beside *b, struct groups *g, struct buf *why)
{
    for (uint32_t x = 0; x < b->n; x++)
        for (uint32_t y = 0; y < b->n; y++) {
            const char *one = b->log->stages.at[b->stage[x]].id;
            const char *other = b->log->stages.at[b->stage[y]].id;
            if (x == y || top(g->group, x) != top(g->group, y))
                continue;
            if (b->overlap[at(b, x, x)]) {
                buf_printf(why, "`%s` runs beside itself and beside `%s`", one, other);
                return false;
            }
            if (b->overlap[at(b, x, y)] && top(g->branch, x) == top(g->branch, y)) {
                buf_printf(why, "`%s` and `%s` run side by side inside a branch", one, other);
                return false;
            }
        }
    return true;
}

/* ---- places ------------------------------------------------------------------------------- */

static int32_t add_place(struct structure *s, struct structure_place p)
{
    vec_push(&s->place, p);
    return (int32_t)s->place.len - 1;
}

static bool is_parallel(const struct beside *b, struct groups *g, uint32_t x)
{
    if (b->overlap[at(b, x, x)])
        return true;
    for (uint32_t y = 0; y < b->n; y++)
        if (y != x && top(g->group, x) == top(g->group, y))
            return true;
    return false;
}

/* The parallel of the group that member x is in, with its branches. */
static void add_parallel(const struct beside *b, struct groups *g, uint32_t x, struct structure *s)
{
    bool placed[MEMBERS_MAX] = {false};
    uint32_t me = (uint32_t)add_place(
        s, (struct structure_place){.stage = -1, .copies = 1, .entry = s->n_entries});
    for (uint32_t stage = 0; stage < b->log->stages.len; stage++) {
        int32_t head = b->member_of[stage];
        if (head < 0 || placed[head] || top(g->group, (uint32_t)head) != top(g->group, x))
            continue;
        for (uint32_t k = stage; k < b->log->stages.len; k++) {
            int32_t m = b->member_of[k];
            if (m < 0 || top(g->branch, (uint32_t)m) != top(g->branch, (uint32_t)head))
                continue;
            placed[m] = true;
            s->place_of[k] = add_place(
                s, (struct structure_place){
                       .stage = (int32_t)k, .parent = me + 1, .branch = s->place.at[me].branches});
        }
        s->place.at[me].branches++;
        s->n_entries++;
    }
    s->place.at[me].end = (uint32_t)s->place.len;
}

static void add_places(const struct beside *b, struct groups *g, struct structure *s)
{
    const struct trace_log *log = b->log;
    for (uint32_t stage = 0; stage < log->stages.len; stage++) {
        int32_t m = b->member_of[stage];
        if (s->place_of[stage] >= 0 || log->stages.at[stage].visits == 0)
            continue;
        if (m >= 0 && is_parallel(b, g, (uint32_t)m))
            add_parallel(b, g, (uint32_t)m, s);
        else
            s->place_of[stage] = add_place(s, (struct structure_place){.stage = (int32_t)stage});
    }
}

void structure_find(const struct trace_log *log, struct structure *s)
{
    struct beside b;
    struct groups g;
    memset(s, 0, sizeof *s);
    s->place_of = mem_alloc((log->stages.len + 1) * sizeof *s->place_of);
    s->late = mem_zero(log->visits.len + 1, sizeof *s->late);
    s->n_entries = 1;
    for (size_t k = 0; k < log->stages.len; k++)
        s->place_of[k] = -1;
    take_members(log, &b);
    if (log->pairs.len >= PAIRS_FULL || b.n >= MEMBERS_MAX) {
        buf_printf(&s->why, "%zu pairs of steps or more run side by side", log->pairs.len);
    } else {
        if (b.n) {
            count_orders(&b);
            part_followers(&b);
        }
        find_groups(&b, &g);
        if (is_sound(&b, &g, &s->why)) {
            add_places(&b, &g, s);
            structure_moves(log, s);
        }
    }
    release_beside(&b);
}

void structure_release(struct structure *s)
{
    vec_release(&s->place);
    vec_release(&s->move);
    mem_free(s->place_of);
    mem_free(s->late);
    buf_release(&s->why);
    memset(s, 0, sizeof *s);
}
