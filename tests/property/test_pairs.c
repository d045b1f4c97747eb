/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of timed pipelines in pairs, where simulators break: over random pipelines that hold
 * both of a pair, nobody is lost (whoever arrived has ended, or is unfinished), nothing is kept (at
 * the end every server is free, no line, no slot, no event of an item is left), time never runs
 * backwards (an event set into the past ends the program, and so does a clock that stands elsewhere
 * than at the last event), and any count of threads gives the same numbers.  A failure prints the
 * seed and the pipeline. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/engine.h"
#include "sim/queue.h"
#include "sim/queue/sim.h"
#include "sim/run.h"
#include "tests/property/random_pipeline.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { SEEDS = 6 };

/* --- what must hold */

static double total(const struct queue_tally *t, const struct pair_def *defs, uint32_t n,
                    enum pair_list list, uint32_t row, uint32_t y)
{
    for (uint32_t k = 0; k < n; k++)
        if (defs[k].y == y)
            return wide_value(&t->pair[tally_pair(t, list, row, k)].y);
    fail_msg("sum %u is in no ratio", y);
    return 0;
}

static double of_items(const struct queue_tally *t, uint32_t y)
{
    return total(t, class_pairs, n_class_pairs, PAIRS_CLASS, tally_all(t->program), y);
}

static void nobody_is_lost(const struct queue_tally *t, const char *text)
{
    double ended = of_items(t, CLASS_CORRECT) + of_items(t, CLASS_WRONG) +
                   of_items(t, CLASS_REJECTED) + of_items(t, CLASS_FAILED) +
                   of_items(t, CLASS_ABANDONED) + of_items(t, CLASS_UNFINISHED);
    if (t->items == 0 || ended != (double)t->items)
        fail_msg("%llu arrived, %g ended\n%s", (unsigned long long)t->items, ended, text);
    if (of_items(t, CLASS_SHIPPED) != of_items(t, CLASS_CORRECT) + of_items(t, CLASS_WRONG))
        fail_msg("shipped is not correct and wrong\n%s", text);
    for (uint32_t i = 0; i < t->program->n_steps; i++) {
        double answers = 0,
               attempts = total(t, step_pairs, n_step_pairs, PAIRS_STEP, i, STEP_ATTEMPTS);
        static const uint32_t ends[] = {STEP_END_OK, STEP_END_WRONG, STEP_END_ERROR,
                                        STEP_END_MALFORMED, STEP_END_LATE};
        for (int k = 0; k < 5; k++)
            answers += total(t, step_pairs, n_step_pairs, PAIRS_STEP, i, ends[k]);
        if (answers > attempts)
            fail_msg("step %u: %g answers to %g attempts\n%s", i, answers, attempts, text);
    }
    for (uint32_t r = 0; r < t->program->pipeline->n_resources; r++) {
        double served = total(t, desk_pairs, n_desk_pairs, PAIRS_DESK, r, DESK_BUSY);
        if (!(served >= 0))
            fail_msg("resource %u was busy for %g s\n%s", r, served, text);
    }
}

static void nothing_is_kept(const struct queue_sim *s, const char *text)
{
    uint32_t paths = 0, calls = 0, items = 0;
    for (uint32_t r = 0; r < s->program->pipeline->n_resources; r++)
        if (s->desk[r].busy || s->desk[r].waiting)
            fail_msg("resource %u: %u busy, %u wait\n%s", r, s->desk[r].busy, s->desk[r].waiting,
                     text);
    for (uint32_t i = 0; i < s->path_used; i++)
        paths += s->path[i].phase != PHASE_FREE;
    for (uint32_t i = 0; i < s->call_used; i++)
        calls += s->call[i].state != CALL_FREE;
    for (uint32_t i = 0; i < s->item_used; i++)
        items += s->item[i].live;
    if (paths || calls || items || s->items_inside || s->cohort_inside)
        fail_msg("%u paths, %u calls, %u items are left\n%s", paths, calls, items, text);
    for (uint32_t i = s->clock.hole; i < s->clock.n; i++)
        if ((uint32_t)s->clock.heap[i] % OWNER_KINDS != OWNER_OTHER)
            fail_msg("an event of owner %u is left\n%s", (uint32_t)s->clock.heap[i], text);
    for (uint32_t i = 0; i < s->program->n_steps; i++)
        if (s->breaker[i].probing)
            fail_msg("the breaker of step %u waits for a probe for ever\n%s", i, text);
}

/* Paths run ahead of the clock; after an event it stands at the event's time. */
static void time_never_runs_backwards(struct queue_sim *s, uint64_t seed, struct queue_tally *t,
                                      const char *text)
{
    double before = 0;
    queue_sim_begin(s, seed, 2, t);
    while (queue_sim_step(s)) {
        double now = s->clock.now_s, event = s->clock.event_s;
        if (now != event || !(event >= before))
            fail_msg("after %g s an event at %g s leaves the clock at %g s\n%s", before, event, now,
                     text);
        before = event;
    }
    queue_sim_finish(s);
    queue_tally_drop(t);
}

static void parse(const char *text, size_t len, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    if (scenario_parse("case.yaml", text, len, NULL, p, &faults, &err))
        fail_msg("%s\n%s", err.text, text);
    faults_release(&faults);
}

static void run_json(const struct pipeline *p, uint32_t threads, struct buf *out)
{
    const struct run_options options = {.trials = 3, .seed = 5, .level = 0.95, .threads = threads};
    struct error err = {0};
    struct result r;
    result_init(&r, "simulate");
    ok(run_by(&queue_engine, p, &options, &r, &err), &err);
    r.run.threads = 0;
    result_write_json(&r, out);
    result_release(&r);
}

static void check_pipeline(const char *text, size_t len, uint64_t seed)
{
    struct error err = {0};
    struct pipeline p;
    struct queue_program g;
    struct queue_tally t;
    parse(text, len, &p);
    ok(queue_program_init(&g, &p, &err), &err);
    struct queue_sim *s = queue_sim_new(&g);
    queue_tally_init(&t, &g, 1);
    for (uint64_t r = 0; r < 2; r++) {
        if (!queue_sim_horizon(s, seed, r, &t))
            fail_msg("stopped\n%s", text);
        nothing_is_kept(s, text);
    }
    nobody_is_lost(&t, text);
    time_never_runs_backwards(s, seed, &t, text);
    queue_tally_release(&t);
    queue_sim_free(s);
    queue_program_release(&g);
    pipeline_release(&p);
}

static void pairs_of_features_lose_and_keep_nothing(void **state)
{
    for (int k = 0; k < PAIRS; k++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct buf text;
            buf_init(&text);
            buf_printf(&text, "# %s, seed %llu\nseam: 1\n", pairs[k].name,
                       (unsigned long long)seed);
            make_pipeline(pairs[k].both, seed, 14, &text);
            check_pipeline(buf_text(&text), text.len, seed);
            buf_release(&text);
        }
    }
}

static void any_count_of_threads_gives_the_same_numbers(void **state)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct buf text, one, many;
        struct pipeline p;
        buf_init(&text);
        buf_init(&one);
        buf_init(&many);
        buf_puts(&text, "seam: 1\n");
        make_pipeline((uint32_t)(seed * 40503) & HAS_ALL, seed, 14, &text);
        parse(buf_text(&text), text.len, &p);
        run_json(&p, 1, &one);
        run_json(&p, 3, &many);
        assert_string_equal(buf_text(&one), buf_text(&many));
        pipeline_release(&p);
        buf_release(&text);
        buf_release(&one);
        buf_release(&many);
    }
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_of_features_lose_and_keep_nothing),
        cmocka_unit_test(any_count_of_threads_gives_the_same_numbers),
    };
    return cmocka_run_group_tests_name("pairs", tests, prepare, NULL);
}
