/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Do the intervals of differences hold what they promise?  Two pipelines share a stage whose rate
 * both know from the same few observations; one has a check, known from few as well.  Observed anew
 * again and again, the difference that the true rates make lies within the interval as often as it
 * says.  What both lack together (the price of a right item is the same multiple of one rate in
 * both) must not count twice, nor on the wrong side. */
#include "decide/compare.h"
#include "math/rng.h"
#include "model/scenario.h"
#include "sim/exact.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { REPETITIONS = 120, SEEN = 150, SEEN_BAD = 80 };
static const double WRONG = 0.12, CAUGHT = 0.7, LEVEL = 0.95;

static unsigned count_of(struct rng_seq *rng, unsigned n, double p)
{
    unsigned k = 0;
    for (unsigned i = 0; i < n; i++)
        k += rng_unit(rng_next(rng)) < p;
    return k;
}

static void read_text(const char *text, struct pipeline *p)
{
    struct faults faults;
    struct error err = {0};
    faults_init(&faults);
    ok(scenario_parse("a.yaml", text, strlen(text), NULL, p, &faults, &err), &err);
    faults_release(&faults);
}

/* Both compared, from what was seen of them. */
static void compare_seen(unsigned wrong, unsigned caught, uint64_t seed, struct result *out)
{
    char text[2][400];
    struct pipeline p[2];
    struct result r[2];
    struct repetitions repeats[2] = {0};
    struct alternative a[2];
    struct error err = {0};
    bool complete;
    const char *stage = "seam: 1\nflow:\n  - {stage: w, wrong: %u/%d, cost: $1}\n";

    int n = snprintf(text[0], sizeof text[0], stage, wrong, SEEN);
    memcpy(text[1], text[0], (size_t)n + 1);
    snprintf(text[1] + n, sizeof text[1] - (size_t)n,
             "  - {check: c, sensitivity: %u/%d, cost: $0.5,\n"
             "     on_reject: {goto: w, at_most: 2}}\n",
             caught, SEEN_BAD);
    for (int i = 0; i < 2; i++) {
        read_text(text[i], &p[i]);
        result_init(&r[i], "solve");
        const struct exact_options options = {.level = LEVEL, .uncertainty = true, .seed = seed};
        ok(exact_solve(&p[i], &options, &r[i], &complete, &err), &err);
        a[i] = (struct alternative){
            i ? "checked" : "plain", "a.yaml", &p[i], &r[i], false, &repeats[i]};
    }
    const struct repeat_options options = {.seed = seed, .threads = 1, .uncertainty = true};
    ok(compare_repeat(a, 2, &options, repeats, &err), &err);
    compare_alternatives(a, 2, out);
    for (int i = 0; i < 2; i++) {
        repetitions_release(&repeats[i]);
        result_release(&r[i]);
        pipeline_release(&p[i]);
    }
}

static void differences_lie_within_their_intervals_as_often_as_they_say(void **state)
{
    /* up to three drafts, each reached when the one before was wrong and caught */
    const double again = WRONG * CAUGHT, drafts = 1 + again + again * again,
                 right = drafts * (1 - WRONG), wrong = drafts * WRONG * (1 - CAUGHT);
    const struct {
        const char *metric;
        double value;
    } truth[] = {
        {"reliability",      right - (1 - WRONG)                },
        {"shipped_error",    wrong / (wrong + right) - WRONG    },
        {"cost_per_item",    1.5 * drafts - 1                   },
        {"cost_per_correct", 1.5 / (1 - WRONG) - 1 / (1 - WRONG)},
    };
    unsigned held[4] = {0};

    for (uint64_t i = 0; i < REPETITIONS; i++) {
        struct rng_seq rng = {rng_key(7, i, 0, 0, RNG_PARAMETER), 0};
        struct result out;
        unsigned k = count_of(&rng, SEEN, WRONG), caught = count_of(&rng, SEEN_BAD, CAUGHT);
        result_init(&out, "compare");
        compare_seen(k, caught, i + 1, &out);
        for (int m = 0; m < 4; m++) {
            const struct metric *d = metrics_find(&out.differences.at[0].metrics, truth[m].metric);
            held[m] += d->low <= truth[m].value && truth[m].value <= d->high;
        }
        result_release(&out);
    }
    for (int m = 0; m < 4; m++) /* three points for ends that are themselves drawn */
        within_sigma((double)held[m] / REPETITIONS, LEVEL,
                     0.03 / 5 + sqrt(LEVEL * (1 - LEVEL) / REPETITIONS), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_lie_within_their_intervals_as_often_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
