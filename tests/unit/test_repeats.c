/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"
#include "trace/repeats.h"

#include "base/file.h"
#include "trace/labels.h"
#include "trace/observe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* All draws of k from n runs, c of them right, counted one by one. */
static void the_estimators_count_every_draw(void **state)
{
    for (unsigned n = 1; n <= 7; n++)
        for (unsigned c = 0; c <= n; c++)
            for (unsigned k = 1; k <= n; k++) {
                unsigned draws = 0, any = 0, all = 0;
                for (unsigned set = 0; set < 1U << n; set++) {
                    unsigned in = 0, right = 0;
                    for (unsigned i = 0; i < n; i++) {
                        in += set >> i & 1;
                        right += (set >> i & 1) && i < c;
                    }
                    if (in != k)
                        continue;
                    draws++;
                    any += right > 0;
                    all += right == k;
                }
                near(pass_at_k(n, c, k), (double)any / draws, 1e-12);
                near(pass_all_k(n, c, k), (double)all / draws, 1e-12);
            }
}

static void write_file(char *path, const char *text)
{
    struct error err = {0};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    ok(file_write(path, text, strlen(text), &err), &err);
}

static const struct curve *curve(const struct result *r, const char *id)
{
    const struct curve *c = result_curve(r, id);
    if (!c)
        fail_msg("no curve %s", id);
    return c;
}

/* Two tasks of three runs: of the first two are right, of the second one; a fourth run of the
 * second has no label. */
static void runs_of_a_task_are_taken_together(void **state)
{
    static const bool right[] = {true, false, true, false, true, false};
    const struct log_options options = {.task_by = "app.task"};
    char path[] = "/tmp/seam-labels-XXXXXX";
    struct buf text = {0}, labels = {0};
    struct trace_log log;
    struct result r;
    struct error err = {0};
    buf_puts(&labels, "item,correct\n");
    for (unsigned i = 0; i < 7; i++) {
        char trace[40];
        const char *task = i < 3 ? ATTRIBUTES(TEXT_ATTRIBUTE("app.task", "one"))
                                 : ATTRIBUTES(TEXT_ATTRIBUTE("app.task", "two"));
        snprintf(trace, sizeof trace, "%032x", i + 1);
        put_span(&text, trace, "01", "", "run", i * 1000, i * 1000 + 500, task);
        put_span(&text, trace, "02", "01", "draft", i * 1000, i * 1000 + 90, "");
        put_span(&text, trace, "03", "01", "send", i * 1000 + 100, i * 1000 + 200, "");
        if (i < 6)
            buf_printf(&labels, "%s,%d\n", trace, right[i]);
    }
    write_file(path, buf_text(&labels));
    read_ok(buf_text(&text), &options, &log);
    ok(log_labels(&log, path, &err), &err);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    near(metrics_find(&r.metrics, "tasks")->value, 2, 0);
    const struct curve *one = curve(&r, "pass_at_k"), *all = curve(&r, "pass_all_k");
    assert_int_equal(one->points.len, 3);
    near(one->points.at[0].y, (2 / 3.0 + 1 / 3.0) / 2, 1e-12);
    near(one->points.at[1].y, (1 + 2 / 3.0) / 2, 1e-12); /* of two draws from one right of three */
    near(one->points.at[2].y, 1, 1e-12);
    near(all->points.at[1].y, (1 / 3.0 + 0) / 2, 1e-12);
    near(all->points.at[2].y, 0, 1e-12);
    bool warned = false;
    for (size_t i = 0; i < r.warnings.len; i++)
        warned = warned || strstr(r.warnings.at[i], "1 runs of tasks are left out");
    assert_true(warned);
    unlink(path);
    result_release(&r);
    log_release(&log);
    buf_release(&text);
    buf_release(&labels);
}

static void without_tasks_nothing_is_said(void **state)
{
    struct buf text = {0};
    struct trace_log log;
    struct result r;
    put_span(&text, "a", "01", "", "run", 0, 500, "");
    put_span(&text, "a", "02", "01", "draft", 0, 90, "");
    read_ok(buf_text(&text), NULL, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    assert_null(metrics_find(&r.metrics, "tasks"));
    assert_null(result_curve(&r, "pass_at_k"));
    result_release(&r);
    log_release(&log);
    buf_release(&text);
}

/* ---- retrieval -------------------------------------------------------------------------- */

static struct result retrieved(const struct buf *text, const char *judgements, int want,
                               struct error *err)
{
    const struct log_options options = {.documents = true};
    char path[] = "/tmp/seam-relevance-XXXXXX";
    struct trace_log log;
    struct result r;
    write_file(path, judgements);
    read_ok(buf_text(text), &options, &log);
    result_init(&r, "replay");
    log_observe(&log, 0.95, &r);
    assert_int_equal(observe_relevance(&log, path, 0.95, &r, err), want);
    unlink(path);
    log_release(&log);
    return r;
}

static double of_stage(const struct result *r, const char *id, const char *name)
{
    const struct row *row = result_stage(r, id);
    const struct metric *m = row ? metrics_find(&row->metrics, name) : NULL;
    if (!m)
        fail_msg("no %s of %s", name, id);
    return m->value;
}

/* By hand: a has x, y relevant and gets [d, x, x, y]: recall 0, 1/2, 1/2, 1; first at rank 2.
 * b has z and gets [z]: 1; rank 1.  c has w and gets [d, d]: 0; never.  d is judged by nobody. */
static void recall_and_ranks_are_those_of_the_lists(void **state)
{
    static const char *const lists[] = {
        "[{\\\"id\\\":\\\"d\\\"},{\\\"id\\\":\\\"x\\\"},{\\\"id\\\":\\\"x\\\"},{\\\"id\\\":"
        "\\\"y\\\"}]",
        "[\\\"z\\\"]", "[{\\\"id\\\":\\\"d\\\"},{\\\"id\\\":\\\"d\\\"}]", "[\\\"q\\\"]"};
    struct buf text = {0};
    struct error err = {0};
    char judgements[400] = "document,item,relevant\n";
    for (unsigned i = 0; i < 4; i++) {
        char trace[40], more[300];
        snprintf(trace, sizeof trace, "%032x", i + 1);
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"gen_ai.retrieval.documents\",\"value\":{"
                 "\"stringValue\":\"%s\"}}]",
                 lists[i]);
        put_span(&text, trace, "01", "", "run", i * 1000, i * 1000 + 500, "");
        put_span(&text, trace, "02", "01", "retrieve", i * 1000, i * 1000 + 90, more);
        put_span(&text, trace, "03", "01", "draft", i * 1000 + 100, i * 1000 + 200, "");
    }
    snprintf(judgements + strlen(judgements), 300,
             "x,%032x,1\ny,%032x,1\ny,%032x,1\nd,%032x,0\nz,%032x,1\nw,%032x,1\nd,nowhere,1\n", 1,
             1, 1, 1, 2, 3);
    struct result r = retrieved(&text, judgements, 0, &err);
    near(of_stage(&r, "retrieve", "recall_at_k"), (1 + 1 + 0) / 3.0, 1e-12);
    near(of_stage(&r, "retrieve", "mrr"), (0.5 + 1 + 0) / 3.0, 1e-12);
    const struct curve *c = curve(&r, "recall_at_k");
    assert_string_equal(c->resource, "retrieve");
    near(c->points.at[0].y, (0 + 1 + 0) / 3.0, 1e-12);
    near(c->points.at[1].y, (0.5 + 1 + 0) / 3.0, 1e-12);
    near(c->points.at[2].y, (0.5 + 1 + 0) / 3.0, 1e-12);
    near(c->points.at[3].y, 2 / 3.0, 1e-12);
    near(c->points.at[19].y, 2 / 3.0, 1e-12);
    result_release(&r);
    buf_release(&text);
}

/* OpenInference lists one attribute a document, below the stage's own span. */
static void flattened_documents_are_read_too(void **state)
{
    struct buf text = {0};
    struct error err = {0};
    put_span(&text, "a", "01", "", "run", 0, 500, "");
    put_span(&text, "a", "02", "01", "search", 0, 90, "");
    put_span(&text, "a", "04", "02", "vectors", 0, 80,
             ATTRIBUTES(TEXT_ATTRIBUTE("retrieval.documents.0.document.id", "d") "," TEXT_ATTRIBUTE(
                 "retrieval.documents.0.document.content",
                 "no id") "," TEXT_ATTRIBUTE("retrieval.documents.1.document.id",
                                             "x") "," TEXT_ATTRIBUTE("reranker.input_documents.0."
                                                                     "document.id",
                                                                     "y")));
    put_span(&text, "a", "03", "01", "draft", 100, 200, "");
    struct result r = retrieved(&text, "item,document\na,x\na,y\n", 0, &err);
    const struct curve *c = curve(&r, "recall_at_k");
    assert_string_equal(c->resource, "vectors");
    near(c->points.at[0].y, 0, 0);
    near(c->points.at[1].y, 0.5, 1e-12);
    assert_null(metrics_find(&result_stage(&r, "search")->metrics, "mrr"));
    result_release(&r);
    buf_release(&text);
}

static void judgements_that_cannot_be_read_are_refused(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"item,score\na,1\n",                 "need the columns item and document"},
        {"item,document,relevant\na,x,yes\n", "relevant is \"yes\": write 1 or 0" },
        {"item,document\nb,x\n",              "no item of the log has both"       },
    };
    struct buf text = {0};
    put_span(&text, "a", "01", "", "run", 0, 500, "");
    put_span(&text, "a", "02", "01", "search", 0, 90, "");
    put_span(&text, "a", "03", "01", "draft", 100, 200, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct result r = retrieved(&text, cases[i].text, -1, &err);
        error_is(&err, ERR_INPUT, cases[i].part);
        result_release(&r);
    }
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimators_count_every_draw),
        cmocka_unit_test(runs_of_a_task_are_taken_together),
        cmocka_unit_test(without_tasks_nothing_is_said),
        cmocka_unit_test(recall_and_ranks_are_those_of_the_lists),
        cmocka_unit_test(flattened_documents_are_read_too),
        cmocka_unit_test(judgements_that_cannot_be_read_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
