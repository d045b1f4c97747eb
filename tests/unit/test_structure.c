/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which flow a small log shows, and where it shows none. */
#include "tests/support/support.h"

#include "model/scenario.h"
#include "trace/estimate.h"
#include "trace/log.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct fitted {
    struct buf rows;
    struct trace_log log;
    struct pipeline p;
    struct result info;
};

static void row(struct fitted *f, unsigned item, const char *step, double from, double to,
                const char *outcome)
{
    if (!f->rows.len)
        buf_puts(&f->rows, "case_id,activity,start,end,outcome,decision\n");
    buf_printf(&f->rows, "%u,%s,%.3f,%.3f,%s,\n", item, step, 1767571200 + 1000. * item + from,
               1767571200 + 1000. * item + to, outcome);
}

static void fit(struct fitted *f)
{
    static const struct log_options failures = {.failure_when = "outcome = error"};
    struct error err = {0};
    const char **notes;
    ok(log_read_text("made.csv", buf_text(&f->rows), f->rows.len, &failures, &f->log, &err), &err);
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_fit(&f->log, NULL, &f->p, &notes, &f->info, &err), &err);
}

static void release(struct fitted *f)
{
    buf_release(&f->rows);
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static const struct step *step(const struct fitted *f, const char *id)
{
    int32_t i = pipeline_step(&f->p, id);
    if (i < 0)
        fail_msg("no step %s", id);
    return &f->p.step[i];
}

/* Said in a warning, with the steps of the log one after another. */
static void is_simple(const struct fitted *f, const char *why)
{
    bool told = false;
    for (size_t i = 0; i < f->info.warnings.len; i++)
        told = told || (strstr(f->info.warnings.at[i], "shows no flow of steps") &&
                        strstr(f->info.warnings.at[i], why));
    if (!told)
        fail_msg("nothing says: %s", why);
    for (uint32_t i = 0; i < f->p.n_steps; i++)
        assert_int_equal(f->p.step[i].n_ways, 0);
}

static void evidence_is(const struct fitted *f, struct number x, uint64_t k, uint64_t n)
{
    assert_true(x.evidence > 0);
    assert_int_equal(f->p.evidence[x.evidence - 1].k, k);
    assert_int_equal(f->p.evidence[x.evidence - 1].n, n);
}

static void branches_inside_branches_are_told(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 20; i++) {
        row(&f, i, "a", 0, 10, "");
        row(&f, i, "b", 10, 30, "");
        row(&f, i, "c", 10, 20 + i, "");
        row(&f, i, "d", 0, 40, "");
    }
    fit(&f);
    is_simple(&f, "`b` and `c` run side by side inside a branch");
    release(&f);
}

static void a_pool_of_workers_is_told(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 20; i++)
        for (unsigned k = 0; k < 5; k++)
            row(&f, i, "call", 10 * k, 10 * k + 15, "");
    fit(&f);
    is_simple(&f, "not all of it at once");
    release(&f);
}

static void steps_in_any_order_are_told(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 400; i++)
        for (unsigned k = 0; k < 8; k++) {
            char name[8];
            snprintf(name, sizeof name, "s%u", (i * 7 + k * k * (1 + i % 5) + k) % 16);
            row(&f, i, name, 10 * k, 10 * k + 5, "");
        }
    fit(&f);
    is_simple(&f, "ways between 16 steps");
    release(&f);
}

static void copies_of_a_step_are_counted(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 30; i++) {
        row(&f, i, "plan", 0, 1, "");
        for (unsigned k = 0; k < 1 + i % 3; k++)
            row(&f, i, "call", 1, 5 + k, "");
        row(&f, i, "answer", 8, 9, "");
    }
    fit(&f);
    const struct step *s = step(&f, "call-copies"), *maybe = step(&f, "before-call");
    assert_int_equal(s->parallel->copies, 3);
    assert_int_equal(s->parallel->join, JOIN_ALL);
    assert_int_equal(maybe->way[0].edge.to, TO_JOIN);
    evidence_is(&f, *maybe->way[0].probability, 30, 90); /* 60 calls of 3 in 30 items */
    release(&f);
}

static void two_of_three_are_waited_for(void **state)
{
    static const double ends[3][3] = {
        {10, 20, 30},
        {30, 10, 20},
        {20, 30, 10}
    };
    struct fitted f = {0};
    for (unsigned i = 0; i < 30; i++) {
        row(&f, i, "ask", 0, 1, "");
        row(&f, i, "x", 1, ends[i % 3][0], "");
        row(&f, i, "y", 1, ends[i % 3][1], "");
        row(&f, i, "z", 1, ends[i % 3][2], "");
        row(&f, i, "answer", 20, 29, "");
    }
    fit(&f);
    const struct step *s = step(&f, "x-and-2-more");
    assert_int_equal(s->parallel->join, JOIN_K_OF_N);
    assert_int_equal(s->parallel->k, 2);
    assert_int_equal(s->next.to, pipeline_step(&f.p, "answer"));
    release(&f);
}

/* A tool that failed, and comes again after the agent, was not tried again. */
static void tools_lead_back_to_their_agent(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 20; i++) {
        row(&f, i, "agent", 0, 1, "");
        row(&f, i, "search", 1, 2, i % 2 ? "error" : "");
        row(&f, i, "agent", 2, 3, "");
        row(&f, i, "search", 3, 4, "");
        row(&f, i, "agent", 4, 5, "");
    }
    fit(&f);
    const struct step *tool = step(&f, "search"), *agent = step(&f, "agent");
    assert_int_equal(tool->retry.attempts, 1);
    evidence_is(&f, tool->numbers->error, 10, 40);
    assert_int_equal(tool->next.to, pipeline_step(&f.p, "agent"));
    assert_int_equal(tool->next.at_most, AT_MOST_UNBOUNDED);
    assert_int_equal(tool->fallback.to, pipeline_step(&f.p, "agent"));
    evidence_is(&f, *agent->way[0].probability, 20, 60); /* ends */
    release(&f);
}

/* One in four of those that fail goes on by way of a second step. */
static void those_that_fail_part(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 40; i++) {
        bool fails = i % 2, goes_on = i % 8 == 1;
        row(&f, i, "draft", 0, 10, fails ? "error" : "");
        if (goes_on)
            row(&f, i, "mend", 10, 15, "");
        if (!fails || goes_on)
            row(&f, i, "send", 15, 20, "");
    }
    fit(&f);
    const struct step *failed = step(&f, "draft-failed");
    assert_int_equal(step(&f, "draft")->fallback.to, pipeline_step(&f.p, "draft-failed"));
    assert_int_equal(failed->way[0].edge.to, TO_FAIL);
    evidence_is(&f, *failed->way[0].probability, 15, 20);
    assert_int_equal(failed->next.to, pipeline_step(&f.p, "mend"));
    assert_int_equal(step(&f, "draft")->next.to, pipeline_step(&f.p, "send"));
    release(&f);
}

static double took_s(const struct log_item *it)
{
    return (double)(it->end_ns - it->start_ns) * 1e-9;
}

/* x, y and z take 10, 20 and 30 s in turn, and the first one ends the others. */
static void racers(struct fitted *f, unsigned i, double first, double other, const char *outcome)
{
    row(f, i, "ask", 0, 1, "");
    row(f, i, "x", 1, i % 3 ? other : first, i % 3 ? outcome : "");
    row(f, i, "y", 1, i % 3 == 1 ? first : other, i % 3 == 1 ? "" : outcome);
    row(f, i, "z", 1, i % 3 == 2 ? first : other, i % 3 == 2 ? "" : outcome);
}

static void branches_cut_off_when_one_is_there_race(void **state)
{
    for (int followed = 0; followed < 2; followed++)
        for (int fail = 0; fail < 2; fail++) {
            struct fitted f = {0};
            for (unsigned i = 0; i < 60; i++) {
                racers(&f, i, 10.123 + 0.01 * i, 10.1232 + 0.01 * i, fail ? "error" : "");
                if (followed)
                    row(&f, i, "answer", 11, 12, "");
            }
            fit(&f);
            const struct step *s = step(&f, "x-and-2-more"), *x = step(&f, "x");
            assert_int_equal(s->parallel->join, JOIN_ANY);
            assert_int_equal(x->fallback.to, TO_FAIL);
            assert_float_equal(x->numbers->error.value, 0, 0); /* cut off: none failed by itself */
            release(&f);
        }
}

/* The first of three alike exponential calls comes in a third of their mean. */
static void what_was_cut_off_took_longer(void **state)
{
    struct fitted f = {0};
    double sum = 0;
    for (unsigned i = 0; i < 300; i++) {
        double first = 1 - 10 * log((i + 0.5) / 300); /* mean 10 after the first second */
        racers(&f, i, first, first, "");
        sum += first - 1;
    }
    fit(&f);
    const struct dist *x = &step(&f, "x")->numbers->latency;
    assert_float_equal(sum / 300, 10, 0.1);
    assert_float_equal(dist_mean(x), 30, 3);
    release(&f);
}

static void whole_seconds_are_no_race(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 60; i++) {
        row(&f, i, "ask", 0, 1, "");
        row(&f, i, "x", 1, 3 + i % 2, "");
        row(&f, i, "y", 1, 3, "");
        row(&f, i, "answer", 5, 6, "");
    }
    fit(&f);
    assert_int_equal(step(&f, "x-and-y")->parallel->join, JOIN_ALL);
    release(&f);
}

/* Without a root span the item is over with its last step, not with a branch that goes on. */
static void items_do_not_wait_for_those_that_lost(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 60; i++) {
        racers(&f, i, 10, 60, "");
        row(&f, i, "answer", 10, 15, "");
    }
    fit(&f);
    assert_int_equal(step(&f, "x-and-2-more")->parallel->join, JOIN_ANY);
    for (size_t i = 0; i < f.log.items.len; i++)
        assert_float_equal(took_s(&f.log.items.at[i]), 15, 1e-6);
    release(&f);
}

/* One call in five fails first, and another one wins: a failure of its branch, not of the item. */
static void a_branch_that_fails_does_not_win(void **state)
{
    struct fitted f = {0};
    for (unsigned i = 0; i < 60; i++) {
        double x = i % 5 == 0 ? 4 : i % 5 < 3 ? 10 : 30, y = i % 5 < 3 ? 20 : 8;
        row(&f, i, "x", 0, x, i % 5 ? "" : "error");
        row(&f, i, "y", 0, y, "");
        row(&f, i, "answer", i % 5 && x < y ? x : y, 90, "");
    }
    fit(&f);
    const struct step *s = step(&f, "x-and-y"), *x = step(&f, "x");
    assert_int_equal(s->parallel->join, JOIN_ANY);
    assert_int_equal(x->fallback.to, TO_FAIL);
    evidence_is(&f, x->numbers->error, 12, 60);
    assert_int_equal(s->n_ways, 0);
    assert_int_equal(s->next.to, pipeline_step(&f.p, "answer"));
    release(&f);
}

/* Three answers side by side, of which the surest goes on: what is right or sure is the item's. */
static void copies_of_a_draft_are_one_behind_their_join(void **state)
{
    struct fitted f = {0};
    struct error err = {0};
    const char **notes;
    buf_puts(&f.rows, "case_id,activity,start,end,confidence\n");
    for (unsigned i = 0; i < 200; i++) {
        unsigned best = (i * 37) % 100, low = best / 2;
        for (unsigned k = 0; k < 3; k++)
            buf_printf(&f.rows, "%u,answer,%u,%u,%.3f\n", i, 1767571200 + 1000 * i,
                       1767571205 + 1000 * i + k, (k == i % 3 ? best : low) / 100.);
        if (best < 40)
            buf_printf(&f.rows, "%u,human_review,%u,%u,\n", i, 1767571300 + 1000 * i,
                       1767571400 + 1000 * i);
    }
    ok(log_read_text("made.csv", buf_text(&f.rows), f.rows.len, NULL, &f.log, &err), &err);
    pipeline_init(&f.p);
    result_init(&f.info, "fit");
    ok(log_fit(&f.log, NULL, &f.p, &notes, &f.info, &err), &err);
    const struct step *joined = step(&f, "answer-copies-joined");
    assert_int_equal(f.log.gate_mixed, 0); /* by the surest of the three */
    assert_true(joined->has_confidence && !step(&f, "answer")->has_confidence);
    assert_int_equal(step(&f, "answer-copies")->next.to,
                     pipeline_step(&f.p, "answer-copies-joined"));
    assert_float_equal(step(&f, "gate")->numbers->threshold.value, 0.4, 0.011);
    release(&f);
}

/* Two branches, each with a step that is passed by above a confidence of its own. */
static void confidences_decide_inside_branches(void **state)
{
    struct fitted f = {0};
    struct error err = {0};
    const char **notes;
    buf_puts(&f.rows, "case_id,activity,start,end,confidence\n");
    for (unsigned i = 0; i < 200; i++) {
        unsigned a = (i * 37) % 100, b = (i * 61) % 100, at = 1767571200 + 1000 * i;
        buf_printf(&f.rows, "%u,plan,%u,%u,\n", i, at, at + 2);
        buf_printf(&f.rows, "%u,write,%u,%u,0.%02u\n", i, at + 2, at + 20, a);
        buf_printf(&f.rows, "%u,film,%u,%u,0.%02u\n", i, at + 2, at + 30, b);
        if (a < 50)
            buf_printf(&f.rows, "%u,polish,%u,%u,\n", i, at + 20, at + 40);
        if (b >= 30)
            buf_printf(&f.rows, "%u,colour,%u,%u,\n", i, at + 30, at + 50);
        buf_printf(&f.rows, "%u,send,%u,%u,\n", i, at + 60, at + 61);
    }
    ok(log_read_text("made.csv", buf_text(&f.rows), f.rows.len, NULL, &f.log, &err), &err);
    pipeline_init(&f.p);
    result_init(&f.info, "fit");
    ok(log_fit(&f.log, NULL, &f.p, &notes, &f.info, &err), &err);
    const struct step *write = step(&f, "write"), *film = step(&f, "film");
    assert_true(write->has_confidence && film->has_confidence);
    assert_int_equal(write->n_ways, 1);
    assert_string_equal(write->way[0].when->text, "confidence < 0.5");
    assert_int_equal(write->way[0].edge.to, pipeline_step(&f.p, "polish"));
    assert_int_equal(film->n_ways, 1);
    assert_non_null(film->way[0].when);
    assert_float_equal(film->way[0].when->node[0].right.value, 0.3, 0.011);
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(branches_inside_branches_are_told),
        cmocka_unit_test(a_pool_of_workers_is_told),
        cmocka_unit_test(steps_in_any_order_are_told),
        cmocka_unit_test(copies_of_a_step_are_counted),
        cmocka_unit_test(two_of_three_are_waited_for),
        cmocka_unit_test(tools_lead_back_to_their_agent),
        cmocka_unit_test(those_that_fail_part),
        cmocka_unit_test(branches_cut_off_when_one_is_there_race),
        cmocka_unit_test(what_was_cut_off_took_longer),
        cmocka_unit_test(whole_seconds_are_no_race),
        cmocka_unit_test(items_do_not_wait_for_those_that_lost),
        cmocka_unit_test(a_branch_that_fails_does_not_win),
        cmocka_unit_test(copies_of_a_draft_are_one_behind_their_join),
        cmocka_unit_test(confidences_decide_inside_branches),
    };
    return cmocka_run_group_tests_name("structure", tests, NULL, NULL);
}
