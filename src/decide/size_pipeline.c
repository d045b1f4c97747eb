/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search in four steps: settings all over their ranges, clouds about the best of them, a contest
 * of the few that are left with fresh random numbers, and a confirmation of the winner with fresh
 * ones again, so that it is not believed for having been lucky.
 *
 * A confirmation may fail; the next contestant is then tried at half the error, so that all tries
 * together are wrong about one target with no more than the probability that the level leaves.
 * Contestants are compared by the paired differences of equal parts of their trials (common random
 * numbers: Law 2015, "Simulation Modeling and Analysis", 11.2). */
#include "decide/size_pipeline.h"

#include "decide/search.h"
#include "decide/sizing.h"
#include "math/interval.h"
#include "math/rng.h"
#include "model/learning.h"
#include "sim/outer.h"
#include "sim/run.h"

#include <math.h>
#include <string.h>

enum {
    ROUNDS_SIMULATED = 5,
    ROUNDS_EXACT = 12,
    ROUNDS_AGAIN = 3,
    MEASURES = 6,
    DRAWS = 200,
    CONTESTS = 4
};
enum seed_use { SEED_SEARCH, SEED_MEASURE, SEED_CONTEST, SEED_FRONTIER, SEED_CONFIRM };
static const double SHARE_DESIGN = 0.25, SHARE_REFINE = 0.4, SHARE_FRONTIER = 0.15,
                    SHARE_CONTEST = 0.1;
/* About as many as the clouds of the simulated rounds, contestants and frontier points. */
enum { N_REFINED = 250, N_CONTEST = 20, N_FRONTIER = 60 };

/* A random seed of the search's `use`, apart from those of the others. */
static uint64_t sizing_seed(const struct sizing *z, uint64_t use)
{
    return use == SEED_SEARCH ? z->options->seed
                              : rng_key(z->options->seed, use, 0, 0, RNG_SPLIT) >> 12;
}

static uint64_t trials_of(const struct sizing *z, double share, size_t n)
{
    uint64_t own = evaluate_trials(&z->e, share, n);
    return z->e.simulated && z->options->trials ? z->options->trials : own;
}

uint32_t sizing_axis(const struct sizing *z)
{
    bool reviews = false, cost = strstr(z->asked.metric[z->asked.goal], "cost") != NULL;

    for (uint32_t i = 0; i < z->p->n_steps; i++)
        reviews = reviews || z->p->step[i].kind == STEP_REVIEW;
    return reviews && !cost ? z->asked.load : z->asked.cost;
}

/* --- all metrics at one setting */

static int simulate_at(const struct sizing *z, const struct candidate *c, uint64_t trials,
                       uint64_t seed, double level, struct result *out, struct error *err)
{
    struct run_options how = {.trials = trials,
                              .seed = seed,
                              .threads = z->options->threads,
                              .level = level,
                              .uncertainty = z->options->uncertainty,
                              .draws = z->evidence ? DRAWS : 0,
                              .stop = z->options->stop};
    struct applied applied;
    int status = settings_apply(&z->settings, c->x, 0, EVIDENCE_KEPT, 0, &applied, err);

    if (!status)
        status = run_simulate(&applied.p, &how, out, err);
    applied_release(&applied);
    if (!status && out->run.partial)
        return error_set(err, ERR_INTERRUPTED, "%s: stopped before the search was done",
                         z->p->file);
    return status;
}

static int solve_at(const struct sizing *z, const struct candidate *c, struct result *out,
                    struct error *err)
{
    struct exact_options how = {.level = z->options->level,
                                .uncertainty = z->options->uncertainty,
                                .seed = z->options->seed,
                                .values_only = true};
    struct applied applied;
    bool complete;
    int status = settings_apply(&z->settings, c->x, 0, EVIDENCE_KEPT, 0, &applied, err);

    if (!status)
        status = exact_solve(&applied.p, &how, out, &complete, err);
    applied_release(&applied);
    return status;
}

/* --- what the evidence leaves open */

static int measure(struct sizing *z, const struct candidate *at, struct error *err)
{
    struct candidate c = *at;
    struct result r;

    if (!z->e.simulated)
        return evaluate_draws(&z->e, &c, err);
    result_init(&r, "size");
    int status = simulate_at(z, at, 0, sizing_seed(z, SEED_MEASURE), z->options->level, &r, err);
    double quantile = normal_quantile(0.5 + z->options->level / 2);
    for (uint32_t m = 0; !status && m < z->asked.n_metrics; m++) {
        const struct metric *found = metrics_find(&r.metrics, z->asked.metric[m]);
        double share = found && found->value != 0 ? found->sd_parameters / fabs(found->value) : 0;
        z->e.below[m] = z->e.above[m] = isfinite(share) ? quantile * share : 0;
    }
    result_release(&r);
    return status;
}

/* The best by an aim, or the nearest to it; NULL: nothing could be run. */
static const struct candidate *best_of(const struct sizing *z, struct aim aim)
{
    int64_t i = explore_best(&z->pool, aim, 0);
    return i < 0 ? NULL : &z->pool.list.at[i];
}

static int refine(struct sizing *z, struct aim aim, uint32_t rounds, struct error *err)
{
    uint64_t trials = trials_of(z, SHARE_REFINE, N_REFINED);

    /* fewer than others have would not compete with them */
    return explore_refine(&z->pool, aim, rounds, sizing_seed(z, SEED_SEARCH),
                          trials > z->pool.trials ? trials : z->pool.trials, err);
}

static int search(struct sizing *z, struct error *err)
{
    const struct aim goal = {AIM_GOAL, 0}, joint = {AIM_JOINT, 0};
    uint64_t asked = z->e.simulated ? z->options->trials : 1;

    if (explore_design(&z->pool, sizing_seed(z, SEED_SEARCH), asked, SHARE_DESIGN, err))
        return -1;
    const struct candidate *best = best_of(z, goal);
    if (!best)
        return error_set(err, ERR_INPUT,
                         "%s: no setting within the ranges is a scenario that can be run",
                         z->p->file);
    if (z->evidence && measure(z, best, err))
        return -1;
    if (refine(z, goal, z->e.simulated ? ROUNDS_SIMULATED : ROUNDS_EXACT, err))
        return -1;
    if (z->evidence && (measure(z, best_of(z, goal), err) || refine(z, goal, ROUNDS_AGAIN, err)))
        return -1;
    if (candidate_meets(&z->e, best_of(z, goal), true))
        return 0;
    return refine(z, joint, ROUNDS_AGAIN, err);
}

/* --- the contest */

static void enter(struct sizing *z, const struct candidate *c)
{
    for (uint32_t i = 0; i < z->n_contest; i++)
        if (z->contest[i].out_of == c->out_of &&
            !memcmp(z->contest[i].x, c->x, z->settings.n * sizeof *c->x))
            return;
    if (z->n_contest < CONTEST_MOST)
        z->contest[z->n_contest++] = *c;
}

/* The best of the pool that meet the targets, apart from those that differ from one that has
 * entered in less than a step of the design. */
static bool differs(const struct sizing *z, const struct candidate *a, const struct candidate *b)
{
    bool apart = a->out_of != b->out_of;

    for (uint32_t i = 0; i < z->settings.n; i++) {
        const struct variable *v = &z->settings.v[i];
        double step = v->whole ? 0.5 : 0.05 * (v->to - v->from);
        apart = apart || fabs(a->x[i] - b->x[i]) > step;
    }
    return apart;
}

static void enter_best(struct sizing *z, bool apart, uint32_t out_of)
{
    const struct candidate *best = NULL;

    for (size_t i = 0; i < z->pool.list.len; i++) {
        const struct candidate *c = &z->pool.list.at[i];
        bool takes =
            c->out_of == out_of && c->trials >= z->pool.trials && candidate_meets(&z->e, c, true);
        for (uint32_t k = 0; k < z->n_contest && takes && apart; k++)
            takes = differs(z, c, &z->contest[k]);
        if (takes && (!best || asked_goal(&z->asked, c->at) < asked_goal(&z->asked, best->at)))
            best = c;
    }
    if (best)
        enter(z, best);
}

/* Those that meet the targets by more and more, others unlike them, and each stage left out. */
static void choose_contestants(struct sizing *z, double least)
{
    static const double caution[] = {0, 0.04, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6};

    z->n_contest = 0;
    for (size_t i = 0; i < sizeof caution / sizeof *caution; i++) {
        z->e.caution = least + caution[i];
        enter_best(z, false, 0);
    }
    z->e.caution = least + 0.5;
    for (int i = 0; i < 8; i++)
        enter_best(z, true, 0);
    for (uint32_t l = 0; l < z->settings.n_out; l++)
        enter_best(z, false, l + 1);
    z->e.caution = 0;
}

struct estimate sizing_difference(const struct sizing *z, const struct candidate *a,
                                  const struct candidate *b)
{
    uint32_t n = a->n_batches < b->n_batches ? a->n_batches : b->n_batches;
    double value = a->at[z->asked.goal].value - b->at[z->asked.goal].value, sum = 0, squares = 0;

    if (!z->e.simulated)
        return (struct estimate){value, value, value};
    if (n < 2)
        return (struct estimate){value, -INFINITY, INFINITY};
    for (uint32_t i = 0; i < n; i++)
        sum += a->batch[i] - b->batch[i];
    for (uint32_t i = 0; i < n; i++) {
        double d = a->batch[i] - b->batch[i] - sum / n;
        squares += d * d;
    }
    double half =
        student_quantile(0.5 + z->options->level / 2, n - 1) * sqrt(squares / (n - 1) / n);
    return (struct estimate){value, value - half, value + half};
}

static double staff_of(const struct sizing *z, const struct candidate *c)
{
    double sum = 0;

    for (uint32_t i = 0; i < z->settings.n; i++)
        sum += z->settings.v[i].staff ? c->x[i] : 0;
    return sum;
}

/* Is a shown to be no better than b? */
static bool no_better(const struct sizing *z, const struct candidate *a, const struct candidate *b)
{
    struct estimate d = sizing_difference(z, a, b);
    return z->asked.goal_sign > 0 ? d.high >= 0 : d.low <= 0;
}

/* The best that was not refused yet; of those that are not shown to be worse, the one with the
 * fewest people.  -1: none is left. */
static int32_t pick(const struct sizing *z, const bool *refused)
{
    int32_t best = -1, fewest;

    for (uint32_t i = 0; i < z->n_contest; i++) {
        const struct candidate *c = &z->contest[i];
        if (refused[i] || c->out_of || !candidate_meets(&z->e, c, true))
            continue;
        if (best < 0 || asked_goal(&z->asked, c->at) < asked_goal(&z->asked, z->contest[best].at))
            best = (int32_t)i;
    }
    fewest = best;
    for (uint32_t i = 0; best >= 0 && i < z->n_contest; i++) {
        const struct candidate *c = &z->contest[i];
        if (!refused[i] && !c->out_of && candidate_meets(&z->e, c, true) &&
            staff_of(z, c) < staff_of(z, &z->contest[fewest]) && no_better(z, &z->contest[best], c))
            fewest = (int32_t)i;
    }
    return fewest;
}

static void find_tied(struct sizing *z, const bool *refused)
{
    z->n_tied = 0;
    for (uint32_t i = 0; i < z->n_contest; i++) {
        const struct candidate *c = &z->contest[i];
        if (refused[i] || c->out_of || !candidate_meets(&z->e, c, true) ||
            !differs(z, c, &z->chosen) || staff_of(z, c) > staff_of(z, &z->chosen) ||
            !no_better(z, &z->chosen, c))
            continue;
        bool apart = true;
        for (uint32_t k = 0; k < z->n_tied; k++)
            apart = apart && differs(z, c, &z->contest[z->tied[k]]);
        if (apart)
            z->tied[z->n_tied++] = (int32_t)i;
    }
}

/* --- the confirmation */

static bool result_meets(const struct sizing *z, const struct result *r)
{
    bool meets = true;

    for (uint32_t k = 0; k < z->p->n_targets; k++) {
        struct estimate x = asked_of_result(&z->asked, z->asked.of_target[k], r);
        meets = meets && asked_meets(&z->p->target[k], &x);
    }
    return meets;
}

/* Fills z->confirmed at z->chosen. */
static int confirm(struct sizing *z, struct error *err)
{
    uint64_t trials = 4 * z->options->trials;
    double level = 1 - (1 - z->options->level) * exp2(-(double)z->tries);

    if (!trials && z->p->arrivals.kind != ARRIVALS_NONE)
        trials = (uint64_t)fmax(4.0 * z->p->horizon.replications,
                                (double)evaluate_trials(&z->e, SHARE_CONTEST, 1));
    result_release(&z->confirmed);
    result_init(&z->confirmed, "size");
    int status = z->e.simulated
                     ? simulate_at(z, &z->chosen, trials, sizing_seed(z, SEED_CONFIRM + z->tries),
                                   level, &z->confirmed, err)
                     : solve_at(z, &z->chosen, &z->confirmed, err);
    z->tries++;
    return status;
}

/* One contest; z->ending tells whether it has a winner that is confirmed. */
static int contend_once(struct sizing *z, double caution, uint64_t contest, struct error *err)
{
    bool refused[CONTEST_MOST] = {false};

    choose_contestants(z, caution);
    if (evaluate(&z->e, z->contest, z->n_contest, sizing_seed(z, SEED_CONTEST) + contest,
                 trials_of(z, SHARE_CONTEST, N_CONTEST), true, err))
        return -1;
    for (uint32_t tries = 0; tries < TRIES_MOST; tries++) {
        int32_t i = pick(z, refused);
        if (i < 0)
            break;
        z->chosen = z->contest[i];
        if (confirm(z, err))
            return -1;
        if (result_meets(z, &z->confirmed)) {
            z->ending = SIZING_MET;
            find_tied(z, refused);
            break;
        }
        refused[i] = true;
    }
    return 0;
}

/* When nobody is confirmed, again among those that keep further away from the targets. */
static int contend(struct sizing *z, struct error *err)
{
    z->ending = SIZING_NOT_SHOWN;
    for (uint64_t contest = 0; contest < CONTESTS && z->ending != SIZING_MET; contest++)
        if (contend_once(z, contest ? exp2((double)contest) - 1 : 0, contest, err))
            return -1;
    return 0;
}

/* What the chain knows is not in need of confirming, but for what the evidence leaves open: there
 * the intervals at the answer decide, not those that were measured before. */
static int settle_exact(struct sizing *z, struct error *err)
{
    const struct aim goal = {AIM_GOAL, 0};

    z->ending = SIZING_NOT_SHOWN;
    for (int round = 0; round < MEASURES; round++) {
        const struct candidate *best = best_of(z, goal);
        if (!candidate_meets(&z->e, best, true))
            return 0;
        z->chosen = *best;
        explore_polish(&z->e, &z->chosen);
        struct candidate drawn = z->chosen;
        if (z->evidence && evaluate_draws(&z->e, &drawn, err))
            return -1;
        if (!z->evidence || candidate_meets(&z->e, &drawn, true)) {
            z->ending = SIZING_MET;
            z->chosen = drawn;
            break;
        }
        for (uint32_t m = 0; m < z->asked.n_metrics; m++) {
            z->e.below[m] *= 1 + 1e-3 * (1 << round);
            z->e.above[m] *= 1 + 1e-3 * (1 << round);
        }
        if (refine(z, goal, ROUNDS_AGAIN, err))
            return -1;
    }
    if (z->ending != SIZING_MET)
        return 0;
    z->contest[0] = z->chosen;
    z->n_contest = 1;
    for (uint32_t l = 0; l < z->settings.n_out; l++) {
        enter_best(z, false, l + 1);
        if (z->contest[z->n_contest - 1].out_of == l + 1)
            explore_polish(&z->e, &z->contest[z->n_contest - 1]);
    }
    return confirm(z, err);
}

/* --- when there is none */

/* Each target alone, then all together. */
static int explain(struct sizing *z, struct error *err)
{
    bool surely = false;

    for (uint32_t k = 0; k < z->p->n_targets; k++) {
        const struct target *t = &z->p->target[k];
        const struct aim alone = {AIM_TARGET, k};
        if (t->kind != TARGET_AT_MOST && t->kind != TARGET_AT_LEAST)
            continue;
        if (refine(z, alone, z->e.simulated ? ROUNDS_AGAIN : ROUNDS_EXACT, err))
            return -1;
        const struct candidate *best = best_of(z, alone);
        if (candidate_shortfall(&z->e, best, k, true) == 0)
            continue;
        struct estimate x = best->at[z->asked.of_target[k]];
        surely = surely || isnan(x.value) ||
                 (t->kind == TARGET_AT_MOST ? x.low > t->value : x.high < t->value);
        z->blocked[z->n_blocked++] = (struct blocked){k, *best};
    }
    const struct aim joint = {AIM_JOINT, 0};
    if (!z->n_blocked && refine(z, joint, z->e.simulated ? ROUNDS_AGAIN : ROUNDS_EXACT, err))
        return -1;
    z->chosen = z->n_blocked ? z->blocked[0].at : *best_of(z, joint);
    bool open = z->n_blocked ? !surely : candidate_worst(&z->e, &z->chosen, false) == 0;
    z->ending = open ? SIZING_NOT_SHOWN : SIZING_INFEASIBLE;
    z->tries = 0;
    return confirm(z, err);
}

/* --- the frontier: chosen by one set of random numbers, shown by another */

/* What ships wrong is shared out over the gates that ship: so much less would, if one of them
 * rejected instead. */
static int share_out(struct sizing *z, uint64_t trials, struct error *err)
{
    struct candidate c[SETTINGS_MOST + 1];

    for (uint32_t i = 0; i < z->p->n_steps; i++)
        if (z->p->step[i].kind == STEP_GATE && z->p->step[i].above.to == TO_SHIP &&
            z->n_gates < SETTINGS_MOST)
            z->gate[z->n_gates++] = i;
    for (uint32_t g = 0; g <= z->n_gates; g++) {
        c[g] = z->chosen;
        c[g].closed = g ? 1 + z->gate[g - 1] : 0;
    }
    if (z->n_gates < 2 || z->settings.reads)
        z->n_gates = 0;
    if (z->n_gates &&
        evaluate(&z->e, c, z->n_gates + 1, sizing_seed(z, SEED_FRONTIER), trials, false, err))
        return -1;
    z->wrong = c[0].at[z->asked.wrong].value;
    for (uint32_t g = 0; g < z->n_gates; g++)
        z->passed[g] = z->wrong - c[g + 1].at[z->asked.wrong].value;
    return 0;
}

static int put_answer(struct sizing *z, struct error *err)
{
    uint32_t x = sizing_axis(z);
    size_t n = 0;
    uint64_t trials = trials_of(z, SHARE_FRONTIER, N_FRONTIER);

    if (explore_fill(&z->pool, x, sizing_seed(z, SEED_SEARCH), z->pool.trials, err))
        return -1;
    size_t *at = explore_frontier(&z->pool, x, &n);
    n = explore_thin(&z->pool, x, at, n);
    struct candidate *shown = mem_zero(n + 1, sizeof *shown);
    for (size_t i = 0; i < n; i++)
        shown[i] = z->pool.list.at[at[i]];
    int status = evaluate(&z->e, shown, n, sizing_seed(z, SEED_FRONTIER),
                          trials > z->pool.trials ? trials : z->pool.trials, false, err);
    if (!status)
        status = share_out(z, trials > z->pool.trials ? trials : z->pool.trials, err);
    if (!status)
        sizing_answer(z, shown, n, &z->confirmed);
    mem_free(at);
    mem_free(shown);
    return status;
}

static int size(struct sizing *z, struct error *err)
{
    const struct aim goal = {AIM_GOAL, 0};

    if (search(z, err))
        return -1;
    z->ending = SIZING_INFEASIBLE;
    if (candidate_meets(&z->e, best_of(z, goal), true) &&
        (z->e.simulated ? contend(z, err) : settle_exact(z, err)))
        return -1;
    if (z->ending != SIZING_MET && explain(z, err))
        return -1;
    return put_answer(z, err);
}

int size_pipeline(const struct pipeline *p, const struct asked *asked, struct settings *settings,
                  const struct size_options *options, struct result *out, bool *met,
                  struct error *err)
{
    struct sizing z = {.p = p, .options = options, .asked = *asked, .settings = *settings};
    int status;

    z.contest = mem_zero(CONTEST_MOST, sizeof *z.contest);
    result_init(&z.confirmed, "size");
    z.pool.e = &z.e;
    status = evaluator_init(&z.e, &z.asked, &z.settings, options, err);
    z.evidence = options->uncertainty && (z.e.simulated ? outer_needed(p) : search_has_evidence(p));
    if (!status)
        status = size(&z, err);
    if (!status) {
        *met = z.ending == SIZING_MET;
        result_release(out);
        *out = z.confirmed;
        result_init(&z.confirmed, "size");
    }
    result_release(&z.confirmed);
    vec_release(&z.pool.list);
    mem_free(z.contest);
    settings_release(&z.settings);
    return status;
}
