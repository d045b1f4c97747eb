/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways that a confidence decides, found in small logs. */
#include "tests/unit/log_text.h"

#include "trace/estimate.h"

#include <math.h>
#include <stdlib.h>

struct fitted {
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes;
};

static void fit(const struct buf *text, struct fitted *f)
{
    struct error err = {0};
    read_ok(buf_text(text), NULL, &f->log);
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_fit(&f->log, NULL, &f->p, &f->notes, &f->info, &err), &err);
}

static void fit_release(struct fitted *f)
{
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static const struct step *step_of(const struct fitted *f, const char *id)
{
    for (uint32_t i = 0; i < f->p.n_steps; i++)
        if (!strcmp(f->p.step[i].id, id))
            return &f->p.step[i];
    fail_msg("no step %s", id);
    return NULL;
}

static const char *target(const struct fitted *f, const struct edge *edge)
{
    return edge->to >= 0 ? f->p.step[edge->to].id : "";
}

static void put_row(struct buf *b, int item, const char *step, double from, double to, double c)
{
    buf_printf(b, "%d,%s,%.3f,%.3f,", item, step, 1767571200 + 100. * item + from,
               1767571200 + 100. * item + to);
    if (!isnan(c))
        buf_printf(b, "%.4f", c);
    buf_puts(b, "\n");
}

/* 50 items of confidence 0.01, 0.03, ... 0.99; those below 0.6 go on to a strong model, but for
 * every `odd`-th, which does the opposite. */
static void put_cascade(struct buf *b, int odd)
{
    buf_puts(b, "case_id,activity,start,end,confidence\n");
    for (int i = 0; i < 50; i++) {
        double c = 0.01 + 0.02 * i;
        bool strong = (c < 0.6) != (odd && i % odd == 0);
        put_row(b, i, "cheap", 0, 1, c);
        if (strong)
            put_row(b, i, "strong", 1, 5, NAN);
        put_row(b, i, "store", 6, 7, NAN);
    }
}

static void a_way_taken_below_a_confidence_is_a_condition(void **state)
{
    struct buf b = {0};
    struct fitted f;
    put_cascade(&b, 0);
    fit(&b, &f);
    const struct step *cheap = step_of(&f, "cheap");
    assert_true(cheap->has_confidence);
    assert_int_equal(cheap->n_ways, 1);
    assert_null(cheap->way[0].probability);
    assert_string_equal(cheap->way[0].when->text, "confidence < 0.6"); /* from 0.59 to 0.61 */
    assert_string_equal(target(&f, &cheap->way[0].edge), "strong");
    assert_string_equal(target(&f, &cheap->next), "store");
    assert_non_null(strstr(f.notes[cheap - f.p.step], "by the confidence of"));
    struct condition_facts facts = {.confidence = 0.59};
    assert_true(condition_holds(cheap->way[0].when, &facts));
    facts.confidence = 0.6;
    assert_false(condition_holds(cheap->way[0].when, &facts));
    near(dist_below(&cheap->numbers->confidence_good, 0.6), 0.6, 1e-9); /* 30 of 50 */
    fit_release(&f);
    buf_release(&b);
}

/* Five of fifty that go against it are more than chance: then shares. */
static void ways_that_confidence_parts_badly_keep_their_shares(void **state)
{
    struct buf b = {0};
    struct fitted f;
    put_cascade(&b, 10);
    fit(&b, &f);
    const struct step *cheap = step_of(&f, "cheap");
    assert_int_equal(cheap->n_ways, 1);
    assert_non_null(cheap->way[0].probability);
    fit_release(&f);
    buf_release(&b);
}

/* A critic sends back below 0.5, at most twice: those that were sent back twice go on whatever it
 * says. */
static void a_loop_below_a_confidence_is_a_condition(void **state)
{
    struct buf b = {0};
    struct fitted f;
    int visits = 0, low = 0;
    buf_puts(&b, "case_id,activity,start,end,confidence\n");
    for (int i = 0; i < 60; i++) {
        double at = 0;
        for (int pass = 0;; pass++, at += 4) {
            double c = 0.02 + ((7 * i + 23 * pass) % 25) / 26.;
            put_row(&b, i, "write", at, at + 1, NAN);
            put_row(&b, i, "critic", at + 1, at + 2, c);
            visits++;
            low += c < 0.5;
            if (!(c < 0.5) || pass == 2)
                break;
        }
        put_row(&b, i, "publish", at + 3, at + 4, NAN);
    }
    fit(&b, &f);
    const struct step *critic = step_of(&f, "critic");
    assert_int_equal(critic->n_ways, 1);
    assert_non_null(critic->way[0].when);
    assert_string_equal(critic->way[0].when->text, "confidence < 0.5");
    assert_string_equal(target(&f, &critic->way[0].edge), "write");
    assert_int_equal(critic->way[0].edge.at_most, 2);
    assert_true(critic->has_confidence);
    near(dist_below(&critic->numbers->confidence_good, 0.5), (double)low / visits, 0.02);
    fit_release(&f);
    buf_release(&b);
}

/* 100 items of which the first 30 are bad: so many of these, and so many good ones, are mended. */
static void fit_mended(int bad_mended, int good_mended, struct fitted *f)
{
    struct buf b = {0};
    struct error err = {0};
    buf_puts(&b, "case_id,activity,start,end,confidence\n");
    for (int i = 0; i < 100; i++) {
        put_row(&b, i, "draft", 0, 1, NAN);
        put_row(&b, i, "look", 1, 2, NAN);
        if (i < 30 ? i < bad_mended : i - 30 < good_mended)
            put_row(&b, i, "mend", 3, 5, NAN);
        put_row(&b, i, "store", 6, 7, NAN);
    }
    read_ok(buf_text(&b), NULL, &f->log);
    for (size_t i = 0; i < f->log.items.len; i++) {
        int item = atoi(span_string(&f->log.spans, f->log.items.at[i].id));
        f->log.items.at[i].draft = item < 30 ? LOG_BAD : LOG_GOOD;
    }
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_fit(&f->log, NULL, &f->p, &f->notes, &f->info, &err), &err);
    buf_release(&b);
}

static void a_step_that_catches_bad_items_is_a_check(void **state)
{
    struct fitted f;
    fit_mended(24, 2, &f);
    const struct step *check = step_of(&f, "look-verdict");
    const struct evidence *sees = &f.p.evidence[check->numbers->sensitivity.evidence - 1],
                          *passes = &f.p.evidence[check->numbers->specificity.evidence - 1];
    assert_int_equal(check->kind, STEP_CHECK);
    assert_int_equal(sees->k, 24);
    assert_int_equal(sees->n, 30);
    assert_int_equal(passes->k, 68);
    assert_int_equal(passes->n, 70);
    assert_string_equal(target(&f, &check->on_reject), "mend");
    assert_string_equal(target(&f, &check->next), "store");
    assert_int_equal(step_of(&f, "look")->n_ways, 0);
    fit_release(&f);
}

static void one_that_looks_at_nothing_keeps_its_shares(void **state)
{
    struct fitted f;
    fit_mended(9, 18, &f); /* 30% of the bad, 26% of the good */
    assert_int_equal(pipeline_step(&f.p, "look-verdict"), -1);
    assert_int_equal(step_of(&f, "look")->n_ways, 1);
    fit_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_way_taken_below_a_confidence_is_a_condition),
        cmocka_unit_test(ways_that_confidence_parts_badly_keep_their_shares),
        cmocka_unit_test(a_loop_below_a_confidence_is_a_condition),
        cmocka_unit_test(a_step_that_catches_bad_items_is_a_check),
        cmocka_unit_test(one_that_looks_at_nothing_keeps_its_shares),
    };
    return cmocka_run_group_tests_name("estimate_rules", tests, NULL, NULL);
}
