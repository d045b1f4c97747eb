/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/cycles.h"
#include "exec/feedback.h"
#include "exec/stage.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* --- what was learnt is kept */

static struct learnt some(void)
{
    struct learnt l;
    const struct scored rows[] = {
        {.confidence = 0.25,    .weight = 1,  .correct = false},
        {.confidence = 1.0 / 3, .weight = 20, .correct = true },
    };
    learnt_init(&l);
    l.cycles = 2;
    l.labels = 40;
    l.mended = 7;
    l.steps = 99;
    buf_puts(&l.notes, "{\"kind\":\"memo\",\"text\":\"a \\\"b\\\"\"}\n");
    buf_puts(&l.weights, "{\"weights\":1,\"learned\":[0,0.5,0.25]}");
    for (int i = 0; i < 2; i++)
        vec_push(&learnt_of(&l, "write")->row, rows[i]);
    return l;
}

static void what_was_learnt_is_read_back_as_it_was_written(void **state)
{
    struct learnt l = some(), back;
    struct buf text = {0}, again = {0};
    struct error err = {0};
    learnt_init(&back);
    learnt_write(&l, &text);
    ok(learnt_read(&back, "kept", text.data, text.len, &err), &err);
    learnt_write(&back, &again);
    assert_string_equal(buf_text(&text), buf_text(&again));
    assert_int_equal(back.labels, 40);
    assert_string_equal(buf_text(&back.notes), buf_text(&l.notes));
    near(learnt_of(&back, "write")->row.at[1].confidence, 1.0 / 3, 0);
    near(learnt_of(&back, "write")->row.at[1].weight, 20, 0);
    buf_release(&text);
    buf_release(&again);
    learnt_release(&l);
    learnt_release(&back);
}

static void what_is_no_such_file_is_refused_by_name(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{",                                                                  "kept: "                   },
        {"[]",                                                                 "not what a run has learnt"},
        {"{\"schema\":\"seam.learnt/2\"}",                                     "not what a run has learnt"},
        {"{\"schema\":\"seam.learnt/1\",\"cycles\":1}",                        "is missing"               },
        {"{\"schema\":\"seam.learnt/1\",\"cycles\":1,\"labels\":1,\"mended\":0,\"steps\":0,"
         "\"notes\":\"\",\"confidence\":{\"write\":[[2,true,1]]}}",   "a label is"               },
        {"{\"schema\":\"seam.learnt/1\",\"cycles\":1,\"labels\":1,\"mended\":0,\"steps\":0,"
         "\"notes\":\"\",\"confidence\":{\"write\":[[0.2,true,0]]}}", "a label is"               },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct learnt l;
        struct error err = {0};
        learnt_init(&l);
        assert_int_equal(learnt_read(&l, "kept", bad[i].text, strlen(bad[i].text), &err), -1);
        error_is(&err, ERR_INPUT, bad[i].says);
        text_has(err.text, "kept");
        learnt_release(&l);
    }
}

/* --- decisions to labels */

static const char scenario[] =
    "seam: 1\n"
    "arrivals: {poisson: 60/h}\n"
    "horizon: {length: 1d}\n"
    "flow:\n"
    "  - stage: write\n"
    "    wrong: 10%\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - check: rules\n"
    "    sensitivity: 50%\n"
    "    on_reject: desk\n"
    "  - gate: sure\n"
    "    of: write\n"
    "    threshold: 60%\n"
    "    above: ship\n"
    "    below: desk\n"
    "    audit: {share: 4%, by: desk}\n"
    "  - review: desk\n"
    "    sensitivity: 90%\n"
    "    fixes: 100%\n"
    "feedback:\n"
    "  cycle: 1d\n"
    "  learns:\n"
    "    - {recalibrate: write}\n";
enum { WRITE, RULES, SURE, DESK };

static void parse(struct pipeline *p)
{
    struct faults faults = {0};
    struct error err = {0};
    struct scenario_options o = {0};
    ok(scenario_parse("test.yaml", scenario, sizeof scenario - 1, &o, p, &faults, &err), &err);
}

struct review_way {
    double confidence;
    uint32_t from;       /* the step that sends it to the desk */
    enum exit_kind exit; /* how it is left */
    int verdict;         /* -1: never reviewed */
};

/* What the orchestrator tells of an item that goes this way. */
static void tell(struct run_listener to, uint64_t item, const struct review_way *w)
{
    const char *held = "{\"shot\":{\"a.b\":\"c\"}}";
    struct run_event e = {
        .item = item, .confidence = NAN, .threshold = 0.6, .verdict = -1, .to = -1};
    struct error err = {0};
    e.kind = RUN_ITEM_BEGAN;
    ok(to.event(to.arg, &e, &err), &err);
    e.kind = RUN_ATTEMPT_ENDED;
    e.step = WRITE;
    e.confidence = w->confidence;
    ok(to.event(to.arg, &e, &err), &err);
    e.kind = RUN_VISIT_ENDED;
    e.step = w->from;
    e.exit = w->exit;
    e.to = w->verdict < 0 ? TO_SHIP : DESK;
    ok(to.event(to.arg, &e, &err), &err);
    if (w->verdict >= 0) {
        e.kind = RUN_ATTEMPT_ENDED;
        e.step = DESK;
        e.confidence = NAN;
        e.verdict = w->verdict;
        ok(to.event(to.arg, &e, &err), &err);
    }
    e.kind = RUN_ITEM_ENDED;
    e.audited = w->exit == EXIT_AUDIT;
    e.payload = held;
    e.payload_len = strlen(held);
    ok(to.event(to.arg, &e, &err), &err);
}

static void a_label_counts_as_the_chance_that_the_gate_sent_it(void **state)
{
    static const struct review_way way[] = {
        {0.3, SURE,  EXIT_BELOW,  STAGE_EDIT  },
        {0.9, SURE,  EXIT_AUDIT,  STAGE_PASS  }, /* 4%: stands for 25 */
        {0.8, RULES, EXIT_REJECT, STAGE_REJECT}, /* sent by a check: no label of the confidence */
        {0.7, SURE,  EXIT_ABOVE,  -1          },
        {0.5, SURE,  EXIT_BELOW,  STAGE_PASS  },
    };
    struct pipeline p;
    struct learnt l;
    struct error err = {0};
    parse(&p);
    learnt_init(&l);
    struct feedback_run *f = feedback_new(&p);
    for (uint64_t i = 5; i-- > 0;) /* in any order: by their number they are learnt */
        tell(feedback_listener(f), i, &way[i]);
    ok(feedback_learn(f, NULL, &l, &err), &err);
    const struct learnt_labels *c = learnt_of(&l, "write");
    assert_int_equal(l.labels, 4);
    assert_int_equal(l.mended, 1);
    assert_int_equal(c->row.len, 3);
    near(c->row.at[0].confidence, 0.3, 0);
    near(c->row.at[0].weight, 1, 0);
    assert_false(c->row.at[0].correct);
    near(c->row.at[1].weight, 25, 1e-12);
    assert_true(c->row.at[1].correct);
    near(c->row.at[2].confidence, 0.5, 0);
    struct arena arena = {0};
    const struct calibration_map **map = feedback_maps(&p, &l, &arena);
    assert_non_null(map[WRITE]);
    assert_null(map[DESK]);
    assert_true(calibration_map_at(map[WRITE], 0.9) > calibration_map_at(map[WRITE], 0.3));
    arena_release(&arena);
    feedback_free(f);
    learnt_release(&l);
    pipeline_release(&p);
}

/* --- cycles on stages that act by numbers: nothing is there that could learn */

static void an_item(void *arg, uint64_t index, const char **id, const char **class,
                    const char **payload, const char **truth)
{
    (void)arg;
    (void)index;
    *id = *class = "";
    *payload = "{}";
    *truth = NULL;
}

static double no_time(void)
{
    return 0;
}

enum { TOLD = 4 * 200 };
struct told {
    uint32_t ended[TOLD];
    double end_s[TOLD / 200]; /* latest of each part */
};

static int count_ends(void *arg, const struct run_event *e, struct error *err)
{
    struct told *t = arg;
    (void)err;
    assert_true(e->item < TOLD);
    if (e->kind != RUN_ITEM_ENDED)
        return 0;
    t->ended[e->item]++;
    t->end_s[e->item / 200] = fmax(t->end_s[e->item / 200], e->end_s);
    return 0;
}

/* As of one run: three cycles of fresh items, and before the last of them the held-out ones. */
static void told_once(const struct told *t)
{
    for (int i = 0; i < TOLD; i++)
        assert_int_equal(t->ended[i], 1);
    assert_true(t->end_s[0] > 0 && t->end_s[1] > t->end_s[0]);
    assert_true(t->end_s[3] > t->end_s[1] && t->end_s[2] > t->end_s[3]);
}

static void cycles_give_a_point_each_and_a_paired_difference(void **state)
{
    struct pipeline p;
    struct learnt l;
    struct result r;
    struct error err = {0};
    struct run_input input = {NULL, an_item, 4 * 200};
    struct cycles_options o = {.cycles = 3, .items = 200, .input = &input, .level = 0.95};
    struct run_options run = {.seed = 5, .threads = 1, .time_scale = INFINITY};
    parse(&p);
    static struct told told;
    struct run_listener listener = {&told, count_ends};
    run.listeners = &listener;
    run.n_listeners = 1;
    run.setting = (struct stage_setting){.pipeline = &p, .clock_s = no_time, .unix_s = no_time};
    learnt_init(&l);
    result_init(&r, "run");
    ok(run_cycles(&p, &run, &o, &l, &r, &err), &err);
    told_once(&told);
    assert_int_equal(l.cycles, 3);
    within((double)l.labels, 30, 600);
    const struct metric *gain = metrics_find(&r.metrics, "learning_gain");
    assert_non_null(gain);
    assert_int_equal(gain->n, 200);
    double first = NAN, last = NAN;
    for (size_t i = 0; i < r.curves.len; i++)
        if (strcmp(r.curves.at[i].y, "reliability") == 0) {
            assert_int_equal(r.curves.at[i].points.len, 3);
            first = r.curves.at[i].points.at[0].y;
            last = r.curves.at[i].points.at[2].y;
        }
    near(gain->value, last - first, 1e-12);
    assert_true(gain->low <= gain->value && gain->value <= gain->high);
    result_release(&r);
    learnt_release(&l);
    pipeline_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learnt_is_read_back_as_it_was_written),
        cmocka_unit_test(what_is_no_such_file_is_refused_by_name),
        cmocka_unit_test(a_label_counts_as_the_chance_that_the_gate_sent_it),
        cmocka_unit_test(cycles_give_a_point_each_and_a_paired_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
