/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"

#include "math/rng.h"
#include "trace/costs.h"
#include "trace/estimate.h"
#include "trace/observe.h"
#include "trace/prices.h"

#define COST(key, value)  "{\"key\":\"" key "\",\"value\":{\"doubleValue\":" value "}}"
#define COUNT(key, value) "{\"key\":\"" key "\",\"value\":{\"intValue\":\"" value "\"}}"
#define MODEL(name)       TEXT_ATTRIBUTE("gen_ai.request.model", name)

static void has(const struct metrics *m, const char *name, double want)
{
    const struct metric *found = metrics_find(m, name);
    if (isnan(want) ? found != NULL : !found || fabs(found->value - want) > 1e-12)
        fail_msg("%s is %.12g, not %.12g", name, found ? found->value : NAN, want);
}

static void bounds(const struct metrics *m, const char *name, double low, double high)
{
    const struct metric *found = metrics_find(m, name);
    assert_non_null(found);
    near(found->low, low, 1e-12);
    near(found->high, high, 1e-12);
}

static void observed(const struct trace_log *log, struct result *out)
{
    result_init(out, "replay");
    log_observe(log, 0.95, out);
}

static const struct metrics *stage_metrics(const struct result *r, const char *id)
{
    for (size_t i = 0; i < r->stages.len; i++)
        if (strcmp(r->stages.at[i].id, id) == 0)
            return &r->stages.at[i].metrics;
    fail_msg("no stage %s", id);
    return NULL;
}

/* What a log says that its first span cost; NaN: nothing. */
static void first_span_costs(const char *attributes, const struct log_options *options, double want)
{
    struct trace_log log;
    struct buf text = {0};
    put_span(&text, "t", "1", "", "a", 0, 1, attributes);
    read_ok(buf_text(&text), options, &log);
    double got = span_cost(&log.spans, 0);
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) < 1e-15))
        fail_msg("%s costs %.17g, not %.17g", attributes, got, want);
    log_release(&log);
    buf_release(&text);
}

static void every_vocabulary_tells_its_cost(void **state)
{
    first_span_costs(ATTRIBUTES(COST("llm.cost.total", "0.25")), NULL, 0.25);
    first_span_costs(ATTRIBUTES(COST("gen_ai.usage.cost", "0.5")), NULL, 0.5);
    first_span_costs(ATTRIBUTES(COST("operation.cost", "0.5")), NULL, 0.5);
    first_span_costs(ATTRIBUTES(COST("app.cost_usd", "0.5")), NULL, 0.5);
    first_span_costs(ATTRIBUTES(TEXT_ATTRIBUTE("total_cost", "0.125")), NULL, 0.125);
    /* parts add up, unless the sum is told */
    first_span_costs(
        ATTRIBUTES(COST("llm.cost.prompt", "0.25") "," COST("llm.cost.completion", "0.5")), NULL,
        0.75);
    first_span_costs(ATTRIBUTES(COST("llm.cost.prompt", "0.25") "," COST(
                         "llm.cost.total", "1") "," COST("llm.cost.completion", "0.5")),
                     NULL, 1);
    first_span_costs(ATTRIBUTES(TEXT_ATTRIBUTE("langfuse.observation.cost_details",
                                               "{\\\"input\\\":0.25,\\\"output\\\":0.5}")),
                     NULL, 0.75);
    first_span_costs(ATTRIBUTES(TEXT_ATTRIBUTE("langfuse.observation.cost_details",
                                               "{\\\"input\\\":0.25,\\\"total\\\":2}")),
                     NULL, 2);
    first_span_costs(ATTRIBUTES(COST("app.price", "0.5")), NULL, NAN);
}

static void the_cost_that_the_user_names_counts_alone(void **state)
{
    static const struct log_options options = {.cost = "app.price"};
    static const struct log_options inside = {.cost = "app.bill:/sum/usd"};
    first_span_costs(ATTRIBUTES(COST("llm.cost.total", "1") "," COST("app.price", "0.5")), &options,
                     0.5);
    first_span_costs(ATTRIBUTES(COST("llm.cost.total", "1")), &options, NAN);
    first_span_costs(ATTRIBUTES(TEXT_ATTRIBUTE("app.bill", "{\\\"sum\\\":{\\\"usd\\\":0.5}}")),
                     &inside, 0.5);
}

static void tokens_cost_what_the_user_says(void **state)
{
    static const char *const given[] = {"gpt-4o = 2.50 / 10", "gpt-4o-mini=$0.15/$0.60", "* = 1/2"};
    static const struct log_options prices = {.prices = given, .n_prices = 3};
    static const struct log_options some = {.prices = given, .n_prices = 2};
#define TOKENS                                                                                     \
    "," COUNT("gen_ai.usage.input_tokens", "1000000") "," COUNT("gen_ai.usage.output_tokens",      \
                                                                "100000")
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o-2024-08-06") TOKENS), &prices, 3.5);
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o-mini") TOKENS), &prices, 0.21);
    first_span_costs(ATTRIBUTES(MODEL("other") TOKENS), &prices, 1.2);
    first_span_costs(ATTRIBUTES(MODEL("other") TOKENS), &some, NAN);
    /* the model that answered, not the one asked for; and what a span says of its cost goes first
     */
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o") "," TEXT_ATTRIBUTE("gen_ai.response.model",
                                                                   "gpt-4o-mini-2024") TOKENS),
                     &prices, 0.21);
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o") "," COST("llm.cost.total", "7") TOKENS), &prices,
                     7);
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o") "," COUNT("llm.token_count.completion", "1000")),
                     &prices, 0.01);
    first_span_costs(ATTRIBUTES(MODEL("gpt-4o") TOKENS), NULL, NAN);
}

static void prices_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {"gpt-4o",          "gpt-4o=1",    "=1/2",
                                        "  = 1/2",         "gpt-4o=1/",   "gpt-4o=a/b",
                                        "gpt-4o = -1 / 2", "gpt = 1/2/3", ""};
    struct arena arena;
    struct prices p;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        assert_int_equal(prices_read(&wrong[i], 1, &arena, &p, &err), -1);
        error_is(&err, ERR_USAGE, "MODEL = INPUT / OUTPUT");
    }
    arena_release(&arena);
}

/* Two runs: a draft of two attempts (one fails) that calls a model each, and a check.  The second
 * run's root tells the sum of all below it, as LangSmith's runs do. */
static void put_runs(struct buf *b)
{
    put_span(b, "t1", "1", "", "run", 0, 100, "");
    put_span(b, "t1", "2", "1", "draft", 0, 10, FAILED);
    put_span(b, "t1", "3", "2", "call", 0, 9, ATTRIBUTES(COST("llm.cost.total", "0.25")));
    put_span(b, "t1", "4", "1", "draft", 10, 20, "");
    put_span(b, "t1", "5", "4", "call", 10, 19, ATTRIBUTES(COST("llm.cost.total", "0.5")));
    put_span(b, "t1", "6", "1", "check", 20, 30, ATTRIBUTES(COST("llm.cost.total", "0.125")));
    put_span(b, "t2", "1", "", "run", 200, 300, ATTRIBUTES(COST("total_cost", "0.375")));
    put_span(b, "t2", "2", "1", "draft", 200, 210, ATTRIBUTES(COST("total_cost", "0.25")));
    put_span(b, "t2", "3", "2", "call", 200, 209, ATTRIBUTES(COST("total_cost", "0.25")));
    put_span(b, "t2", "4", "1", "check", 220, 230, ATTRIBUTES(COST("total_cost", "0.125")));
}

static void costs_add_up_and_sums_told_are_not_added_again(void **state)
{
    struct trace_log log;
    struct result r;
    struct buf text = {0};
    put_runs(&text);
    read_ok(buf_text(&text), NULL, &log);
    near(log.items.at[0].cost, 0.875, 0);
    near(log.items.at[1].cost, 0.375, 0);
    assert_int_equal(log.costed, 2);
    observed(&log, &r);
    has(&r.metrics, "cost_per_item", 0.625);
    has(&r.metrics, "cost_p95", 0.875);
    has(stage_metrics(&r, "draft"), "cost_per_item", 0.5);
    has(stage_metrics(&r, "check"), "cost_per_item", 0.125);
    /* nobody knows whether any is right: from all of them right to none */
    bounds(&r.metrics, "cost_per_correct", 0.625, INFINITY);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

static void a_cost_of_its_own_comes_on_top_of_those_below(void **state)
{
    struct trace_log log;
    struct buf text = {0};
    put_span(&text, "t", "1", "", "run", 0, 100, ATTRIBUTES(COST("cost", "0.25")));
    put_span(&text, "t", "2", "1", "a", 0, 10, ATTRIBUTES(COST("cost", "0.5")));
    put_span(&text, "t", "3", "1", "b", 20, 30, ATTRIBUTES(COST("cost", "0")));
    read_ok(buf_text(&text), NULL, &log);
    near(log.items.at[0].cost, 0.75, 0);
    near(costs_between(&log, &log.items.at[0]), 0.25, 0);
    log_release(&log);
    buf_release(&text);
}

static void items_that_tell_no_cost_are_counted(void **state)
{
    struct trace_log log;
    struct result r;
    struct buf text = {0};
    put_span(&text, "t1", "1", "", "a", 0, 10, ATTRIBUTES(COST("llm.cost.total", "0.5")));
    put_span(&text, "t2", "1", "", "a", 20, 30, "");
    put_span(&text, "t3", "1", "", "a", 40, 50, ATTRIBUTES(COST("llm.cost.total", "-1")));
    put_span(&text, "t4", "1", "", "a", 60, 70, "");
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.costed, 1);
    assert_int_equal(log.quality.count[QUALITY_BAD_COST], 1);
    assert_int_equal(log.quality.place[QUALITY_BAD_COST][0].line, 3);
    observed(&log, &r);
    has(&r.metrics, "cost_per_item", 0.125);
    bool warned = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        warned = warned || strstr(r.warnings.at[i], "3 of 4 items tell no cost");
    assert_true(warned);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

static void a_log_without_costs_has_no_metrics_of_them(void **state)
{
    struct trace_log log;
    struct result r;
    struct buf text = {0};
    put_span(&text, "t", "1", "", "a", 0, 10, "");
    read_ok(buf_text(&text), NULL, &log);
    observed(&log, &r);
    has(&r.metrics, "cost_per_item", NAN);
    has(&r.stages.at[0].metrics, "cost_per_item", NAN);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

/* langfuse_crew.json.gz: one call of a model, 190 tokens read and 164 written at the prices of
 * gpt-4o-mini, says that it cost 0.0001269 in all. */
static void a_real_export_costs_what_it_says_and_what_its_tokens_say(void **state)
{
    const char *path = data_path("langfuse_crew.json.gz");
    static const char *const given[] = {"gpt-4o-mini = 0.15 / 0.60"};
    static const struct log_options tokens = {.cost = "none", .prices = given, .n_prices = 1};
    const struct log_options *options[] = {NULL, &tokens};
    for (size_t i = 0; i < 2; i++) {
        struct trace_log log;
        struct error err = {0};
        ok(log_read(&path, 1, options[i], &log, &err), &err);
        near(log.items.at[0].cost, 0.0001269, 1e-15);
        log_release(&log);
    }
}

static void a_fit_costs_what_the_log_costs(void **state)
{
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes = NULL;
    struct buf text = {0};
    struct error err = {0};
    put_runs(&text);
    read_ok(buf_text(&text), NULL, &log);
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_fit(&log, NULL, &p, &notes, &info, &err), &err);
    /* three attempts at the draft cost 1 in all, two checks 0.125 each */
    int32_t draft = pipeline_step(&p, "draft"), check = pipeline_step(&p, "check");
    near(p.step[draft].numbers->cost_call, 0.333333, 1e-9);
    near(p.step[check].numbers->cost_call, 0.125, 0);
    pipeline_release(&p);
    result_release(&info);
    log_release(&log);
    buf_release(&text);
}

/* Four drafts for 1, 3, 1 and 3: the mean 2, its deviation sqrt(4 / 3), seen four times.  Drawn
 * anew the step costs 2 on average and deviates by sqrt(4 / 3) / 2 (400 draws: 5 deviations). */
static void a_fitted_cost_has_its_evidence(void **state)
{
    enum { DRAWS = 400 };
    static const char *const cost[] = {"1", "3", "1", "3"};
    struct fit_options none = {0};
    struct trace_log log;
    struct pipeline p, drawn;
    struct result info;
    struct error err = {0};
    const char **notes = NULL;
    struct buf text = {0};
    struct rng_seq rng = {rng_key(1, 0, 0, 0, RNG_PARAMETER), 0};
    double sum = 0, squares = 0, sd = sqrt(4 / 3.);
    buf_puts(&text, "case_id,activity,start,end,cost\n");
    for (int i = 0; i < 4; i++)
        buf_printf(&text, "%d,draft,%d,%d,%s\n", i, 1767571200 + 10 * i, 1767571201 + 10 * i,
                   cost[i]);
    read_ok(buf_text(&text), NULL, &log);
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_fit(&log, &none, &p, &notes, &info, &err), &err);
    assert_int_equal(p.n_steps, 1);
    near(p.step[0].numbers->cost_call, 2, 0);
    assert_int_equal(p.step[0].cost_seen.n, 4);
    near(p.step[0].cost_seen.sd, sd, 0.005);
    for (int i = 0; i < DRAWS; i++) {
        pipeline_with(&p, NULL, &rng, &drawn);
        sum += drawn.step[0].numbers->cost_call;
        squares += drawn.step[0].numbers->cost_call * drawn.step[0].numbers->cost_call;
        pipeline_release(&drawn);
    }
    near(sum / DRAWS, 2, 5 * sd / 2 / sqrt(DRAWS));
    near(sqrt(squares / DRAWS - sum / DRAWS * sum / DRAWS), sd / 2, 5 * sd / 2 / sqrt(2. * DRAWS));
    pipeline_release(&p);
    result_release(&info);
    log_release(&log);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vocabulary_tells_its_cost),
        cmocka_unit_test(the_cost_that_the_user_names_counts_alone),
        cmocka_unit_test(tokens_cost_what_the_user_says),
        cmocka_unit_test(prices_that_are_none_are_refused),
        cmocka_unit_test(costs_add_up_and_sums_told_are_not_added_again),
        cmocka_unit_test(a_cost_of_its_own_comes_on_top_of_those_below),
        cmocka_unit_test(items_that_tell_no_cost_are_counted),
        cmocka_unit_test(a_log_without_costs_has_no_metrics_of_them),
        cmocka_unit_test(a_real_export_costs_what_it_says_and_what_its_tokens_say),
        cmocka_unit_test(a_fit_costs_what_the_log_costs),
        cmocka_unit_test(a_fitted_cost_has_its_evidence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
