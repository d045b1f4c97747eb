/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who reviewed: how much, how fast, in agreement with whom. */
#include "tests/unit/log_text.h"

#include "trace/discover.h"
#include "trace/estimate.h"
#include "trace/observe.h"
#include "trace/votes.h"

#include <math.h>

static double value(const struct metrics *m, const char *name)
{
    const struct metric *found = metrics_find(m, name);
    if (!found)
        fail_msg("no metric %s", name);
    return found->value;
}

static const struct metrics *row_of(const struct result *r, const char *id)
{
    for (size_t i = 0; i < r->reviewers.len; i++)
        if (!strcmp(r->reviewers.at[i].id, id))
            return &r->reviewers.at[i].metrics;
    fail_msg("no reviewer %s", id);
    return NULL;
}

static void observed(const char *text, const struct log_options *options, const char *labels,
                     struct result *r)
{
    struct trace_log log;
    read_ok(text, options, &log);
    for (size_t i = 0; labels && i < log.items.len; i++)
        log.items.at[i].label = labels[i] == '1' ? LOG_GOOD : LOG_BAD;
    log.labelled = labels;
    discover_truth(&log);
    result_init(r, "replay");
    log_observe(&log, 0.95, r);
    log_release(&log);
}

/* Two reviewers in a row; times in minutes of one morning. */
static const char two_in_a_row[] =
    "case_id,activity,start_time,end_time,decision,resource\n"
    "a,draft,2026-03-02T09:00:00Z,2026-03-02T09:01:00Z,,bot\n"
    "a,human_review,2026-03-02T09:01:00Z,2026-03-02T09:05:00Z,approve,ann\n"
    "a,second_look,2026-03-02T09:05:00Z,2026-03-02T09:06:00Z,reject,bob\n"
    "b,draft,2026-03-02T09:00:00Z,2026-03-02T09:01:00Z,,bot\n"
    "b,human_review,2026-03-02T09:01:00Z,2026-03-02T09:08:00Z,approve,ann\n"
    "b,second_look,2026-03-02T09:08:00Z,2026-03-02T09:10:00Z,approve,bob\n"
    "c,draft,2026-03-02T09:10:00Z,2026-03-02T09:11:00Z,,bot\n"
    "c,human_review,2026-03-02T09:11:00Z,2026-03-02T09:13:00Z,reject,ann\n"
    "d,draft,2026-03-02T09:20:00Z,2026-03-02T09:21:00Z,,bot\n"
    "d,human_review,2026-03-02T09:21:00Z,2026-03-02T09:22:00Z,approve,eve\n"
    "d,second_look,2026-03-02T09:22:00Z,2026-03-02T09:25:00Z,approve,bob\n";

/* Ann began a at 9:01, b at 9:05 when a was done, c at 9:11: 4, 3 and 2 minutes.  The median by
 * nearest rank is 3, the 90% quantile 4. */
static void each_reviewer_has_a_row(void **state)
{
    struct result r;
    observed(two_in_a_row, NULL, "0101", &r);
    const struct metrics *ann = row_of(&r, "ann"), *bob = row_of(&r, "bob");
    near(value(ann, "reviews"), 3, 0);
    near(value(ann, "rejected_share"), 1.0 / 3, 1e-12);
    near(value(ann, "review_time_p50"), 180, 1e-9);
    near(value(ann, "review_time_p90"), 240, 1e-9);
    near(value(ann, "agreement"), 0.5, 1e-12);   /* with bob on a: no, on b: yes */
    near(value(ann, "sensitivity"), 0.5, 1e-12); /* a and c are wrong: she stopped c */
    near(value(ann, "specificity"), 1, 1e-12);   /* b */
    near(value(bob, "reviews"), 3, 0);
    near(value(bob, "sensitivity"), 1, 1e-12); /* a */
    near(value(bob, "specificity"), 1, 1e-12); /* b, d */
    near(value(bob, "agreement"), 2.0 / 3, 1e-12);
    near(value(row_of(&r, "ann, bob"), "judged_both"), 2, 0);
    near(value(row_of(&r, "ann, bob"), "kappa"), 0, 1e-12); /* ann never said no of these */
    /* Three drafts of two, 4 to 2 and one apart: 1 - 5 * 1 / (5 * 1). */
    near(value(row_of(&r, "(all)"), "alpha"), 0, 1e-12);
    near(value(row_of(&r, "(all)"), "agreement"), 2.0 / 3, 1e-12);
    for (size_t i = 0; i < r.reviewers.len; i++) /* drafters review nothing */
        assert_string_not_equal(r.reviewers.at[i].id, "bot");
    result_release(&r);
}

/* The second reviewer's rejection ends an item in what was seen as in what is fitted. */
static void the_last_word_decides_for_both(void **state)
{
    struct trace_log log;
    struct result r, info;
    struct pipeline p;
    struct error err = {0};
    const char **notes = NULL;
    read_ok(two_in_a_row, NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    near(value(&r.metrics, "share_rejected"), 0.5, 1e-12); /* a by bob, c by ann */
    near(value(&r.metrics, "completion"), 0.5, 1e-12);
    near(value(&result_stage(&r, "second_look")->metrics, "exit_reject"), 0.25, 1e-12);
    pipeline_init(&p);
    result_init(&info, "fit");
    ok(log_fit(&log, NULL, &p, &notes, &info, &err), &err);
    for (size_t i = 0; i < p.n_steps; i++)
        if (!strcmp(p.step[i].id, "second_look")) {
            assert_int_equal(p.step[i].kind, STEP_REVIEW);
            assert_int_equal(p.step[i].on_reject.to, TO_REJECT);
            near(p.step[i].numbers->sensitivity.value, 1.0 / 3, 1e-12);
        } else if (!strcmp(p.step[i].id, "human_review")) {
            /* Three pairs of verdicts, one apart: of six verdicts one at least is wrong. */
            near(p.step[i].numbers->sensitivity.value, 5.0 / 6, 1e-12);
            near(p.step[i].numbers->specificity.value, 5.0 / 6, 1e-12);
        }
    pipeline_release(&p);
    result_release(&info);
    result_release(&r);
    log_release(&log);
}

#define LANGFUSE_TRACE(id)                                                                         \
    "{\"trace\":{\"id\":\"" id "\"},\"observations\":[{\"id\":\"" id "1\",\"traceId\":\"" id       \
    "\",\"type\":\"GENERATION\",\"name\":\"draft\",\"startTime\":\"2026-03-02T09:00:00Z\","        \
    "\"endTime\":\"2026-03-02T09:00:01Z\"}]}\n"
#define LANGFUSE_SCORE(trace, who, score)                                                          \
    "{\"traceId\":\"" trace "\",\"observationId\":\"" trace "1\",\"name\":\"right\","              \
    "\"dataType\":\"BOOLEAN\",\"source\":\"ANNOTATION\",\"authorUserId\":\"" who                   \
    "\",\"value\":" score "}\n"

/* Of what two people said of one observation both count, though the later one is the decision. */
static void annotations_by_several_people_are_all_heard(void **state)
{
    static const char text[] = LANGFUSE_TRACE("t1") LANGFUSE_TRACE("t2") LANGFUSE_TRACE("t3")
        LANGFUSE_SCORE("t1", "ann", "1") LANGFUSE_SCORE("t1", "bob", "0")
            LANGFUSE_SCORE("t2", "ann", "1") LANGFUSE_SCORE("t2", "bob", "1")
                LANGFUSE_SCORE("t3", "ann", "0") LANGFUSE_SCORE("t3", "ann", "1");
    struct result r;
    observed(text, NULL, NULL, &r);
    near(value(row_of(&r, "ann"), "reviews"), 3, 0);
    near(value(row_of(&r, "ann"), "rejected_share"), 0, 0); /* of t3 her last word */
    near(value(row_of(&r, "bob"), "rejected_share"), 0.5, 1e-12);
    near(value(row_of(&r, "ann, bob"), "agreement"), 0.5, 1e-12);
    assert_null(metrics_find(row_of(&r, "ann"), "review_time_p50")); /* nobody says when */
    result_release(&r);
}

static void phoenix_and_langsmith_say_who(void **state)
{
    static const char phoenix[] =
        "{\"name\":\"draft\",\"context\":{\"trace_id\":\"t\",\"span_id\":\"1\"},"
        "\"start_time\":\"2026-03-02T09:00:00Z\",\"end_time\":\"2026-03-02T09:00:01Z\"}\n"
        "{\"span_id\":\"1\",\"name\":\"right\",\"annotator_kind\":\"HUMAN\",\"user_id\":\"u7\","
        "\"result\":{\"label\":\"correct\"}}\n"
        "{\"span_id\":\"1\",\"name\":\"right\",\"annotator_kind\":\"HUMAN\",\"user_id\":null,"
        "\"identifier\":\"desk\",\"result\":{\"label\":\"incorrect\"}}\n";
    static const char langsmith[] =
        "{\"id\":\"1\",\"trace_id\":\"1\",\"name\":\"draft\",\"run_type\":\"llm\","
        "\"start_time\":\"2026-03-02T09:00:00Z\",\"end_time\":\"2026-03-02T09:00:01Z\"}\n"
        "{\"run_id\":\"1\",\"key\":\"right\",\"score\":1,"
        "\"feedback_source\":{\"type\":\"app\",\"user_id\":\"u8\"}}\n"
        "{\"run_id\":\"1\",\"key\":\"right\",\"score\":1,"
        "\"feedback_source\":{\"type\":\"app\",\"user_id\":\"u9\"}}\n";
    struct result r;
    observed(phoenix, NULL, NULL, &r);
    near(value(row_of(&r, "u7, desk"), "agreement"), 0, 0);
    result_release(&r);
    observed(langsmith, NULL, NULL, &r);
    near(value(row_of(&r, "u8, u9"), "agreement"), 1, 0);
    result_release(&r);
}

static void the_user_may_name_who(void **state)
{
    struct buf b = {0};
    struct result r;
    struct log_options options = {.reviewer_by = "app.who"};
    put_span(&b, "a", "r", "", "run", 0, 100, "");
    put_span(&b, "a", "1", "r", "draft", 1, 10, "");
    put_span(&b, "a", "2", "r", "review", 20, 30,
             ATTRIBUTES(TEXT_ATTRIBUTE("x.verdict", "no") "," TEXT_ATTRIBUTE(
                 "app.who", "kim") "," TEXT_ATTRIBUTE("hitl.reviewer", "lee")));
    observed(buf_text(&b), NULL, NULL, &r);
    near(value(row_of(&r, "lee"), "rejected_share"), 1, 0);
    result_release(&r);
    observed(buf_text(&b), &options, NULL, &r);
    near(value(row_of(&r, "kim"), "rejected_share"), 1, 0);
    near(value(row_of(&r, "kim"), "review_time_p50"), 0.01, 1e-9);
    assert_int_equal(r.reviewers.len, 1);
    result_release(&r);
    buf_release(&b);
}

/* Ann sends the first draft back, bob passes the second: they judged two drafts, and the label is
 * of the second. */
static void a_draft_made_anew_is_another_one(void **state)
{
    static const char text[] =
        "case_id,activity,start_time,end_time,decision,resource\n"
        "a,draft,2026-03-02T09:00:00Z,2026-03-02T09:01:00Z,,\n"
        "a,human_review,2026-03-02T09:01:00Z,2026-03-02T09:05:00Z,reject,ann\n"
        "a,draft,2026-03-02T09:06:00Z,2026-03-02T09:07:00Z,,\n"
        "a,human_review,2026-03-02T09:08:00Z,2026-03-02T09:09:00Z,approve,bob\n";
    struct result r;
    observed(text, NULL, "1", &r);
    assert_int_equal(r.reviewers.len, 2); /* no pair, no agreement */
    assert_null(metrics_find(row_of(&r, "ann"), "specificity"));
    near(value(row_of(&r, "bob"), "specificity"), 1, 0);
    result_release(&r);
}

/* Ann takes 5 minutes and bob 11, each from a queue of their own, which no common queue of two
 * explains: every time of work is found again. */
static void work_is_told_from_the_wait_by_name(void **state)
{
    enum { N = 60 };
    struct buf b = {0};
    struct trace_log log;
    struct resource people = {.id = "people", .servers = 2};
    double free_s[2] = {0}, work[N];
    buf_puts(&b, "case_id,activity,start_time,end_time,decision,resource\n");
    for (int i = 0; i < N; i++) {
        int who = i % 3 == 0; /* every third is bob's */
        double asked = 240.0 * i, takes = who ? 660 : 300;
        double from = asked > free_s[who] ? asked : free_s[who];
        free_s[who] = from + takes;
        buf_printf(&b, "i%02d,draft,%.0f,%.0f,,\n", i, 1.7e9 + asked - 1, 1.7e9 + asked);
        buf_printf(&b, "i%02d,human_review,%.0f,%.0f,approve,%s\n", i, 1.7e9 + asked,
                   1.7e9 + free_s[who], who ? "bob" : "ann");
    }
    read_ok(buf_text(&b), NULL, &log);
    double *got = mem_alloc(log.visits.len * sizeof *got);
    log_work(&log, log.review, &people, got);
    size_t n = 0;
    for (size_t v = 0; v < log.visits.len; v++)
        if ((int32_t)log.visits.at[v].stage == log.review)
            work[n++] = got[v];
    assert_int_equal(n, N);
    for (size_t i = 0; i < N; i++)
        near(work[i], i % 3 == 0 ? 660 : 300, 1e-6);
    mem_free(got);
    log_release(&log);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reviewer_has_a_row),
        cmocka_unit_test(the_last_word_decides_for_both),
        cmocka_unit_test(annotations_by_several_people_are_all_heard),
        cmocka_unit_test(phoenix_and_langsmith_say_who),
        cmocka_unit_test(the_user_may_name_who),
        cmocka_unit_test(a_draft_made_anew_is_another_one),
        cmocka_unit_test(work_is_told_from_the_wait_by_name),
    };
    return cmocka_run_group_tests_name("reviewers", tests, NULL, NULL);
}
