/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Assembly in pieces: a log of many pieces, with all that goes wrong in logs, gives what was put
 * into it, and the same on any number of threads. */
#include "tests/unit/log_text.h"

#include "model/result.h"
#include "trace/observe.h"

enum { RUNS = 4200, SPAN_MS = 10 };

/* What was put in. */
struct truth {
    uint64_t retrieves, retries, reviews, passed, orphans, cycles, duplicates, side_by_side;
    uint64_t interrupts, errors, rejected;
    double cost;
};

static void put(struct buf *b, unsigned run, unsigned part, const char *id, const char *parent,
                const char *name, unsigned from, unsigned to, const char *more)
{
    char trace[40];
    snprintf(trace, sizeof trace, "%024x%08x", part + 1, run);
    put_span(b, trace, id, parent, name, 1000 + run * SPAN_MS + from, 1000 + run * SPAN_MS + to,
             more);
}

/* A person is asked; somebody answers in a trace of its own, after other runs have begun. */
static void put_review(struct buf *b, unsigned run, struct truth *t)
{
    char more[400];
    snprintf(more, sizeof more,
             ",\"attributes\":[{\"key\":\"session.id\",\"value\":{\"stringValue\":\"s%u\"}}],"
             "\"events\":[{\"name\":\"interrupt\"}]",
             run);
    put(b, run, 0, "9", "1", "human_review", 60, 61, more);
    snprintf(more, sizeof more,
             ",\"attributes\":[{\"key\":\"session.id\",\"value\":{\"stringValue\":\"s%u\"}},"
             "{\"key\":\"decision\",\"value\":{\"stringValue\":\"%s\"}}]",
             run, run % 3 ? "approved" : "rejected");
    put(b, run, 1, "1", "", "run", 9000, 9100, "");
    put(b, run, 1, "2", "1", "human_review", 9010, 9080, more);
    t->interrupts++;
    t->reviews++;
    t->rejected += run % 3 == 0;
}

static void put_faults(struct buf *b, unsigned run, struct truth *t)
{
    if (run % 13 == 5) {
        put(b, run, 0, "a", "beef", "lost", 20, 21, "");
        t->orphans++;
    }
    if (run % 17 == 3) { /* in a trace of its own, which is an item then */
        put(b, run, 2, "b", "c", "one", 30, 31, "");
        put(b, run, 2, "c", "b", "other", 32, 33, "");
        t->cycles++;
    }
    if (run % 19 == 7) {
        put(b, run, 0, "4", "1", "generate", 40, 50, "");
        t->duplicates++;
    }
}

static void put_run(struct buf *b, unsigned run, struct truth *t)
{
    char more[400];
    bool fails = run % 7 == 2, asks = run % 11 == 4;
    put(b, run, 0, "2", "1", "retrieve", 1, 10, fails ? FAILED : "");
    if (fails)
        put(b, run, 0, "3", "1", "retrieve", 12, 15, "");
    t->retrieves++;
    t->retries += fails;
    t->errors += fails;
    put(b, run, 0, "7", "1", "post", 16, 18, FAILED); /* always, and is never tried again */
    t->errors++;
    snprintf(more, sizeof more,
             ",\"attributes\":[{\"key\":\"confidence\",\"value\":{\"doubleValue\":0.%02u}},"
             "{\"key\":\"llm.cost.total\",\"value\":{\"doubleValue\":0.%04u}}]",
             asks ? run % 40 : 50 + run % 50, run % 10000);
    put(b, run, 0, "4", "1", "generate", 40, 50, more);
    t->cost += run % 10000 * 1e-4;
    if (run % 5 == 1) {
        put(b, run, 0, "5", "1", "check", 51, 58, "");
        put(b, run, 0, "6", "1", "search", 52, 59, "");
        t->side_by_side++;
    }
    if (asks) {
        put_review(b, run, t);
    } else {
        put(b, run, 0, "9", "1", "human_review", 60, 61,
            ATTRIBUTES(TEXT_ATTRIBUTE("decision", "auto")));
        t->passed++;
    }
    put_faults(b, run, t);
    put(b, run, 0, "1", "", "run", 0, 70, "");
}

static void write_runs(struct buf *b, struct truth *t)
{
    *t = (struct truth){0};
    for (unsigned run = 0; run < RUNS; run++)
        put_run(b, run, t);
}

static uint64_t steps_of(const struct trace_log *log, const char *id, bool attempts)
{
    const struct log_stage *s = &log->stages.at[stage_named(log, id)];
    return attempts ? s->attempts : s->visits;
}

static void what_was_put_in_comes_out(void **state)
{
    struct buf text = {0};
    struct truth t;
    struct trace_log log;
    const struct log_options options = {.threads = 3};
    uint64_t rejected = 0, side_by_side = 0;
    double cost = 0;
    write_runs(&text, &t);
    read_ok(buf_text(&text), &options, &log);
    assert_int_equal(log.items.len, RUNS + t.cycles);
    assert_int_equal(log.quality.traces, RUNS + t.reviews + t.cycles);
    assert_int_equal(log.quality.roots, RUNS + t.reviews + t.cycles);
    assert_int_equal(log.quality.errors, t.errors);
    assert_int_equal(log.quality.interrupts, t.interrupts);
    assert_int_equal(log.quality.count[QUALITY_ORPHAN], t.orphans);
    assert_int_equal(log.quality.count[QUALITY_CYCLE], t.cycles);
    assert_int_equal(log.quality.count[QUALITY_DUPLICATE], t.duplicates);
    assert_int_equal(steps_of(&log, "retrieve", false), t.retrieves);
    assert_int_equal(steps_of(&log, "retrieve", true), t.retrieves + t.retries);
    assert_int_equal(steps_of(&log, "post", false), RUNS);
    assert_int_equal(steps_of(&log, "generate", true), RUNS);
    assert_int_equal(steps_of(&log, "human_review", false), t.reviews);
    assert_int_equal(steps_of(&log, "human_review", true), 2 * t.reviews);
    for (size_t i = 0; i < log.items.len; i++) {
        const struct log_item *it = &log.items.at[i];
        rejected += it->end == LOG_REJECTED;
        cost += isnan(it->cost) ? 0 : it->cost;
        if (i)
            assert_int_equal(it->first_visit, it[-1].first_visit + it[-1].n_visits);
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
            assert_int_equal(log.visits.at[v].item, i);
    }
    assert_int_equal(rejected, t.rejected);
    near(cost, t.cost, 1e-6);
    for (size_t p = 0; p < log.pairs.len; p++)
        side_by_side += log.pairs.at[p].a == (uint32_t)stage_named(&log, "check") &&
                                log.pairs.at[p].b == (uint32_t)stage_named(&log, "search")
                            ? log.pairs.at[p].together
                            : 0;
    assert_int_equal(side_by_side, t.side_by_side);
    log_release(&log);
    buf_release(&text);
}

static void say_visits(const struct trace_log *log, struct buf *out)
{
    for (size_t v = 0; v < log->visits.len; v++) {
        const struct log_visit *x = &log->visits.at[v];
        buf_printf(out, "\nv %u %u %u %u %u %lld %lld %u %u %d %.17g", x->stage, x->item,
                   x->first_attempt, x->n_attempts, x->hidden, (long long)x->start_ns,
                   (long long)x->end_ns, x->decision, x->outcome, x->pending, x->confidence);
    }
    for (size_t k = 0; k < log->attempts.len; k++)
        buf_printf(out, " %u", log->attempts.at[k]);
    for (size_t p = 0; p < log->pairs.len; p++)
        buf_printf(out, "\np %u %u %llu %llu", log->pairs.at[p].a, log->pairs.at[p].b,
                   (unsigned long long)log->pairs.at[p].together,
                   (unsigned long long)log->pairs.at[p].both);
}

/* All that is made of a log, and told of it, as text. */
static void say(const char *text, const struct log_options *options, struct buf *out)
{
    struct trace_log log;
    struct result r;
    read_ok(text, options, &log);
    for (size_t i = 0; i < log.items.len; i++) {
        const struct log_item *it = &log.items.at[i];
        buf_printf(out, "\ni %u %u %u %lld %lld %d %d %d %d %d %.17g %.17g %d %d", it->id,
                   it->first_visit, it->n_visits, (long long)it->start_ns, (long long)it->end_ns,
                   it->end, it->reviewed, it->root_failed, it->rooted, it->verdict, it->confidence,
                   it->cost, it->draft, it->shipped);
    }
    say_visits(&log, out);
    for (size_t s = 0; s < log.stages.len; s++)
        buf_printf(out, "\ns %s %llu %llu %llu", log.stages.at[s].id,
                   (unsigned long long)log.stages.at[s].visits,
                   (unsigned long long)log.stages.at[s].hidden,
                   (unsigned long long)log.stages.at[s].scored);
    for (size_t i = 0; i < log.spans.len; i++)
        buf_printf(out, " %d", (int)log.span_item[i]);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    result_write_json(&r, out);
    result_release(&r);
    log_release(&log);
}

static void same_on_any_threads(const char *text, struct log_options options)
{
    struct buf one = {0}, many = {0};
    options.threads = 1;
    say(text, &options, &one);
    for (options.threads = 2; options.threads <= 8; options.threads += 3) {
        buf_clear(&many);
        say(text, &options, &many);
        assert_string_equal(buf_text(&one), buf_text(&many));
    }
    buf_release(&one);
    buf_release(&many);
}

static void any_count_of_threads_makes_the_same_items(void **state)
{
    struct buf text = {0};
    struct truth t;
    write_runs(&text, &t);
    same_on_any_threads(buf_text(&text), (struct log_options){0});
    same_on_any_threads(buf_text(&text), (struct log_options){.item_by = "session.id"});
    buf_release(&text);
}

/* Steps are numbered by the first item that shows them, whichever thread met them. */
static void steps_that_few_items_show_keep_their_order(void **state)
{
    struct buf text = {0};
    for (unsigned run = 0; run < RUNS; run++) {
        char name[32];
        snprintf(name, sizeof name, "rare %u", run / 100);
        put(&text, run, 0, "1", "", "run", 0, 5, "");
        put(&text, run, 0, "2", "1", "first", 1, 2, "");
        put(&text, run, 0, "3", "1", run % 100 ? "second" : name, 3, 4, "");
    }
    same_on_any_threads(buf_text(&text), (struct log_options){0});
    struct trace_log log;
    read_ok(buf_text(&text), NULL, &log);
    assert_int_equal(log.stages.len, 2 + RUNS / 100);
    assert_string_equal(log.stages.at[0].id, "first");
    assert_string_equal(log.stages.at[1].id, "rare_0");
    assert_string_equal(log.stages.at[2].id, "second");
    for (unsigned k = 1; k < RUNS / 100; k++)
        assert_string_equal(log.stages.at[2 + k].id, composed("rare_%u", k));
    log_release(&log);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_in_comes_out),
        cmocka_unit_test(any_count_of_threads_makes_the_same_items),
        cmocka_unit_test(steps_that_few_items_show_keep_their_order),
    };
    return cmocka_run_group_tests_name("visits", tests, NULL, NULL);
}
