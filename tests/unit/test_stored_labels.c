/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/place.h"
#include "tests/support/support.h"

#include "store/journal.h"
#include "store/labels.h"

#include <math.h>
#include <string.h>

enum { DRAFT, SURE, HUMAN };

static struct journal_row row(enum journal_kind kind, uint64_t item, uint32_t seq, uint32_t step)
{
    return (struct journal_row){.kind = kind,
                                .item = item,
                                .seq = seq,
                                .step = step,
                                .visit = 1,
                                .attempt = 1,
                                .verdict = -1,
                                .asked_s = NAN,
                                .begin_s = NAN,
                                .end_s = NAN,
                                .confidence = NAN,
                                .threshold = NAN,
                                .cost = NAN,
                                .weight = NAN,
                                .id = "brief"};
}

/* A run whose rows are these. */
static struct store *keep(void **state, const struct journal_row *rows, size_t n)
{
    static const struct journal_name steps[] = {
        {"draft", "stage" },
        {"sure",  "gate"  },
        {"human", "review"}
    };
    static const struct journal_name classes[] = {
        {"night", NULL}
    };
    const struct journal_run run = {.time = "now",
                                    .scenario = "",
                                    .file = "",
                                    .sha256 = "abc",
                                    .step = steps,
                                    .n_steps = 3,
                                    .class = classes,
                                    .n_classes = 1};
    struct place *at = *state;
    struct store *s = NULL;
    struct journal_writer *w = NULL;
    struct error err = {0};
    int64_t id;
    ok(store_open(at->path, &s, &err), &err);
    ok(journal_add(s, &run, &id, &err), &err);
    ok(journal_writer_open(s, id, &w, &err), &err);
    ok(journal_write(w, rows, n, &err), &err);
    journal_writer_close(w);
    return s;
}

static struct journal_row gate(uint64_t item, uint32_t seq, double confidence, double weight)
{
    struct journal_row r = row(JOURNAL_VISIT, item, seq, SURE);
    r.confidence = confidence;
    r.threshold = 0.8;
    r.weight = weight;
    return r;
}

static struct journal_row began(uint64_t item)
{
    struct journal_row r = row(JOURNAL_BEGAN, item, 0, 0);
    r.payload = "{\"a\":1}";
    r.payload_len = 7;
    return r;
}

static struct journal_row review(uint64_t item, uint32_t seq, int verdict, const char *edit)
{
    struct journal_row r = row(JOURNAL_ATTEMPT, item, seq, HUMAN);
    r.verdict = verdict;
    r.who = "ann";
    r.says = "why";
    r.payload = edit;
    r.payload_len = edit ? strlen(edit) : 0;
    return r;
}

static void say(void *arg, const struct stored_label *l)
{
    buf_printf(arg, "%s %s %s %.2f %.1f %s %d %s in %s out %s edit %s;", l->item, l->class,
               l->sha256, l->confidence, l->weight, label_source_words[l->source], (int)l->correct,
               l->reviewer, l->input ? l->input : "-", l->output ? l->output : "-",
               l->edit ? l->edit : "-");
}

static void labels_are(struct store *s, const char *want)
{
    struct buf got = {0};
    struct error err = {0};
    ok(labels_each(s, 0, say, &got, &err), &err);
    assert_string_equal(buf_text(&got), want);
    buf_release(&got);
}

static void the_last_gate_says_why_an_item_was_reviewed(void **state)
{
    struct journal_row shown = row(JOURNAL_ASKED, 1, 2, HUMAN);
    shown.payload = "{\"a\":2}";
    shown.payload_len = 7;
    struct journal_row draft = row(JOURNAL_ATTEMPT, 2, 1, DRAFT);
    draft.confidence = 0.4;
    const struct journal_row rows[] = {
        began(0),
        gate(0, 1, 0.6, NAN),
        review(0, 2, TASK_APPROVE, NULL),
        began(1),
        gate(1, 1, 0.9, 5),
        shown,
        review(1, 3, TASK_EDIT, "{\"a\":3}"),
        began(2),
        draft,
        review(2, 2, TASK_REJECT, NULL),
    };
    struct store *s = keep(state, rows, sizeof rows / sizeof *rows);
    labels_are(s, "brief night abc 0.60 1.0 reviewed 1 ann in {\"a\":1} out {\"a\":1} edit -;"
                  "brief night abc 0.90 5.0 audit 0 ann in {\"a\":1} out {\"a\":2} edit {\"a\":3};"
                  "brief night abc 0.40 1.0 all 0 ann in {\"a\":1} out {\"a\":1} edit -;");
    store_close(s);
}

static void every_draft_of_an_item_is_a_label_of_its_own(void **state)
{
    struct journal_row cut = review(0, 3, TASK_APPROVE, NULL);
    cut.flags = JOURNAL_CANCELLED;
    const struct journal_row rows[] = {
        began(0), gate(0, 1, 0.6, NAN), review(0, 2, TASK_REJECT, NULL),
        cut,      gate(0, 4, 0.7, NAN), review(0, 5, TASK_APPROVE, NULL),
    };
    struct store *s = keep(state, rows, sizeof rows / sizeof *rows);
    labels_are(s, "brief night abc 0.60 1.0 reviewed 0 ann in {\"a\":1} out {\"a\":1} edit -;"
                  "brief night abc 0.70 1.0 reviewed 1 ann in {\"a\":1} out {\"a\":1} edit -;");
    store_close(s);
}

static void a_decision_that_no_run_has_taken_is_a_label_too(void **state)
{
    const struct journal_row rows[] = {began(0), gate(0, 1, 0.6, NAN), began(1),
                                       gate(1, 1, 0.5, NAN)};
    struct store *s = keep(state, rows, sizeof rows / sizeof *rows);
    struct task t = {.run = 1,
                     .item = 1,
                     .step = HUMAN,
                     .visit = 1,
                     .item_id = "brief",
                     .step_id = "human",
                     .class = "night",
                     .payload = "{\"a\":9}",
                     .due_s = INFINITY,
                     .claim_s = 60};
    struct task_decision d = {TASK_REJECT, "ben", "no", NULL, 100};
    struct error err = {0};
    int64_t id;
    ok(queue_add(s, &t, &id, &err), &err);
    labels_are(s, "");
    ok(queue_decide(s, id, &d, &err), &err);
    labels_are(s, "brief night abc 0.50 1.0 reviewed 0 ben in {\"a\":1} out {\"a\":9} edit -;");
    store_close(s);
}

static void labels_from_elsewhere_replace_those_of_the_same_item(void **state)
{
    struct store *s = keep(state, NULL, 0);
    struct stored_label l = {.item = "x",
                             .class = "g",
                             .sha256 = "",
                             .confidence = 0.5,
                             .weight = 2,
                             .source = LABEL_AUDIT,
                             .correct = true};
    struct error err = {0};
    ok(labels_add(s, &l, 1, &err), &err);
    l.correct = false;
    ok(labels_add(s, &l, 1, &err), &err);
    labels_are(s, "x g  0.50 2.0 audit 0  in - out - edit -;");
    ok(store_check(s, &err), &err);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, place_set_up, place_tear_down)
        T(the_last_gate_says_why_an_item_was_reviewed),
        T(every_draft_of_an_item_is_a_label_of_its_own),
        T(a_decision_that_no_run_has_taken_is_a_label_too),
        T(labels_from_elsewhere_replace_those_of_the_same_item),
    };
    return cmocka_run_group_tests_name("stored_labels", tests, NULL, NULL);
}
