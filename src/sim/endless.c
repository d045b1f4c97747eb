/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The absorbing chain says how often an item visits steps, as in `seam solve`; where it cannot
 * (ages in conditions, deadlines, too many states), a few items are sent through alone: until they
 * have made as many visits as three that only the guard of loops ends. */
#include "sim/endless.h"

#include "sim/batch.h"
#include "sim/exact.h"
#include "sim/queue/sim.h"

#include <math.h>

enum { PILOT_ITEMS = 2000, PILOT_VISITS = 3 * VISITS_MAX, LEAST_ITEMS = 100 };

static bool has_unbounded(const struct pipeline *p)
{
    struct rules r;
    rules_init(&r, p);
    bool has = r.has_unbounded;
    rules_release(&r);
    return has;
}

/* The step that the first edge without a bound leads back to. */
static const char *loop_of(const struct pipeline *p)
{
    struct rules r;
    const char *id = "";
    rules_init(&r, p);
    for (uint32_t k = 0; k < r.n_routes && !*id; k++)
        if (r.route[k].back && r.route[k].counter == ROUTE_FREE)
            id = p->step[r.route[k].to].id;
    rules_release(&r);
    return id;
}

struct pilot {
    uint64_t items, guarded, visits; /* guarded: ended by the guard of loops */
};

static struct pilot send_pilot(const struct queue_program *g, uint64_t seed)
{
    struct queue_sim *s = queue_sim_new(g);
    struct queue_tally t;
    struct pilot sum = {0};
    queue_tally_init(&t, g, 1);
    double *one = mem_zero(t.at.all, sizeof *one);
    queue_sim_alone(s, seed, 0, &t);
    while (sum.items < PILOT_ITEMS && sum.visits < PILOT_VISITS) {
        queue_sim_item(s, sum.items++, 1);
        queue_tally_take(&t, 1, one);
        double visits = one[(size_t)tally_all(g) * CLASS_SUMS + CLASS_VISITS];
        sum.visits += (uint64_t)visits;
        sum.guarded += visits >= VISITS_MAX;
    }
    mem_free(one);
    queue_tally_release(&t);
    queue_sim_free(s);
    return sum;
}

static int pilot(const struct pipeline *p, uint64_t seed, double *visits, struct error *err)
{
    struct queue_program g;
    if (queue_program_init(&g, p, err))
        return -1;
    struct pilot sum = send_pilot(&g, seed);
    queue_program_release(&g);
    *visits = (double)sum.visits / (double)sum.items;
    if (2 * sum.guarded < sum.items)
        return 0;
    return error_set(err, ERR_NUMERIC,
                     "flow.%s: items go round this loop without end (%llu of the first %llu made "
                     "more than a million visits): give its edge an at_most",
                     loop_of(p), (unsigned long long)sum.guarded, (unsigned long long)sum.items);
}

int endless_visits(const struct pipeline *p, const struct run_options *options, double *visits,
                   struct error *err)
{
    struct error why = {0};
    *visits = 0;
    if (p->arrivals.kind != ARRIVALS_NONE || !has_unbounded(p))
        return 0;
    if (!exact_visits(p, options->uncertainty, visits, &why))
        return 0;
    if (why.code != ERR_NUMERIC)
        return pilot(p, options->seed, visits, err);
    *err = why;
    return -1;
}

int endless_limit(double visits, uint64_t usual, struct run_options *o, bool *fewer,
                  struct error *err)
{
    *fewer = false;
    if (visits == 0)
        return 0;
    uint64_t soon = (uint64_t)fmax(ENDLESS_DEFAULT_WORK / visits, LEAST_ITEMS);
    uint64_t most = (uint64_t)fmin(ENDLESS_MOST_WORK / visits, 1e18);
    if (o->n_until) {
        o->first_look = soon;
        o->max_trials = o->max_trials && o->max_trials < most ? o->max_trials : most;
    } else if (!o->trials && soon < usual) {
        o->trials = soon;
        *fewer = true;
    } else if (o->trials > most) {
        return error_set(err, ERR_USAGE,
                         "--trials %llu: items visit %.3g steps each, as a loop has no bound; at "
                         "most %llu of them are simulated",
                         (unsigned long long)o->trials, visits, (unsigned long long)most);
    }
    return 0;
}
