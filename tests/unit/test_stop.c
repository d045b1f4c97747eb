/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Engines break off in the middle of items that loop for ever, of horizons and of blocks, and leave
 * nothing of them behind. */
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/batch.h"
#include "sim/queue/sim.h"
#include "tests/support/support.h"

#include <string.h>

static const char endless[] = "seam: 1\n%sflow:\n  - stage: draft\n    latency: 1s\n"
                              "  - check: critic\n    sensitivity: 100%%\n    specificity: 0%%\n"
                              "    on_reject: {goto: draft, at_most: unbounded}\n";
static const char plain[] = "seam: 1\n%sflow:\n  - stage: draft\n    error: 10%%\n"
                            "    latency: {exponential: {mean: 1s}}\n    retry: {attempts: 3}\n";

static void parse(const char *text, const char *head, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    struct buf whole;
    buf_init(&whole);
    faults_init(&faults);
    buf_printf(&whole, text, head);
    ok(scenario_parse("case.yaml", buf_text(&whole), whole.len, NULL, p, &faults, &err), &err);
    faults_release(&faults);
    buf_release(&whole);
}

static void nothing_was_counted(const struct queue_tally *t)
{
    assert_int_equal(t->items, 0);
    assert_int_equal(t->closed, 0);
    for (uint32_t k = 0; k < t->n_pairs; k++)
        assert_true(wide_is_zero(&t->pair[k].y) && wide_is_zero(&t->pair[k].x));
    assert_int_equal(t->class[0].shipped.sketch.n + t->class[0].unshipped.sketch.n, 0);
    for (uint32_t i = 0; i < t->program->n_steps; i++)
        assert_int_equal(t->step[i].visits.sketch.n + t->step[i].visits.n, 0);
}

static void broken_off(const char *text, const char *head)
{
    atomic_bool stop = true;
    struct error err = {0};
    struct pipeline p;
    struct queue_program g;
    struct queue_tally t;
    parse(text, head, &p);
    ok(queue_program_init(&g, &p, &err), &err);
    struct queue_sim *s = queue_sim_new(&g);
    queue_tally_init(&t, &g, 1);
    s->stop = &stop;
    assert_false(g.timed ? queue_sim_horizon(s, 1, 0, &t) : queue_sim_items(s, 1, 0, 0, 1000, &t));
    nothing_was_counted(&t);
    queue_sim_free(s);
    queue_tally_release(&t);
    queue_program_release(&g);
    pipeline_release(&p);
}

static void items_that_loop_are_broken_off(void **state)
{
    broken_off(endless, "");
}

static void horizons_are_broken_off(void **state)
{
    broken_off(endless, "arrivals: {poisson: 1/s}\nhorizon: {length: 1d}\n");
    broken_off(plain, "arrivals: {poisson: 9/s}\nhorizon: {length: 8w}\n");
}

static void blocks_are_broken_off(void **state)
{
    atomic_bool stop = true;
    struct error err = {0};
    struct pipeline p;
    struct program g;
    struct tally t;
    parse(endless, "", &p);
    ok(program_init(&g, &p, NULL, &err), &err);
    struct batch *b = batch_new(&g);
    tally_init(&t, &g, true);
    b->stop = &stop;
    assert_false(batch_run(b, 1, 0, 0, LANES, &t));
    batch_free(b);
    tally_release(&t);
    program_release(&g);
    pipeline_release(&p);
}

/* What comes after a unit that was broken off is as if that had never begun. */
static void the_next_horizon_has_the_same_bits(void **state)
{
    atomic_bool stop = true;
    struct error err = {0};
    struct pipeline p;
    struct queue_program g;
    struct queue_tally t[2];
    parse(plain, "arrivals: {poisson: 1/s}\nhorizon: {length: 2h}\n", &p);
    ok(queue_program_init(&g, &p, &err), &err);
    for (int k = 0; k < 2; k++) {
        struct queue_sim *s = queue_sim_new(&g);
        queue_tally_init(&t[k], &g, 2);
        if (k == 1) {
            s->stop = &stop;
            assert_false(queue_sim_horizon(s, 1, 7, &t[k]));
            s->stop = NULL;
        }
        assert_true(queue_sim_horizon(s, 1, 0, &t[k]));
        queue_tally_flush(&t[k]);
        queue_sim_free(s);
    }
    assert_true(t[0].items > 5000);
    assert_int_equal(t[0].items, t[1].items);
    assert_memory_equal(t[0].pair, t[1].pair, t[0].n_pairs * sizeof *t[0].pair);
    assert_int_equal(t[0].step[0].visits.sketch.n, t[1].step[0].visits.sketch.n);
    for (size_t i = 0; i < sketch_cells(); i++) {
        struct sketch_cell a = sketch_cell_at(&t[0].step[0].visits.sketch, i);
        struct sketch_cell b = sketch_cell_at(&t[1].step[0].visits.sketch, i);
        assert_true(a.n == b.n && a.low == b.low);
    }
    queue_tally_release(&t[0]);
    queue_tally_release(&t[1]);
    queue_program_release(&g);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_that_loop_are_broken_off),
        cmocka_unit_test(horizons_are_broken_off),
        cmocka_unit_test(blocks_are_broken_off),
        cmocka_unit_test(the_next_horizon_has_the_same_bits),
    };
    math_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
