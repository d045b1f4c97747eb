/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_text.h"

#include "base/file.h"
#include "trace/labels.h"

#include <stdio.h>

static const char path[] = "/tmp/seam-test-labels.csv";

static void put_labels(const char *text)
{
    struct error err = {0};
    ok(file_write(path, text, strlen(text), &err), &err);
}

static int remove_labels(void **state)
{
    remove(path);
    return 0;
}

static struct trace_log two_items(void)
{
    struct trace_log log;
    struct buf b;
    buf_init(&b);
    put_span(&b, "5b8efff798038103d269b633813fc60c", "1", "", "draft", 0, 10, "");
    put_span(&b, "trace-2", "2", "", "draft", 20, 30, "");
    read_ok(buf_text(&b), NULL, &log);
    buf_release(&b);
    return log;
}

static void labels_find_their_items(void **state)
{
    struct trace_log log = two_items();
    struct error err = {0};
    put_labels("shipped_correct,item,note,correct\n"
               "1,5B8EFFF798038103D269B633813FC60C,x,0\n"
               ",trace-2,,true\n"
               "1,nobody,,1\n");
    ok(log_labels(&log, path, &err), &err);
    assert_int_equal(log.items.at[0].draft, LOG_BAD);
    assert_int_equal(log.items.at[0].shipped, LOG_GOOD);
    assert_int_equal(log.items.at[1].draft, LOG_GOOD);
    assert_int_equal(log.items.at[1].shipped, LOG_GOOD); /* unreviewed: shipped as drafted */
    log_release(&log);
}

static void labels_of_a_log_have_weights(void **state)
{
    struct trace_log log = two_items();
    struct error err = {0};
    put_labels("item,correct,weight\n5b8efff798038103d269b633813fc60c,1,20\ntrace-2,0,\n");
    ok(log_labels(&log, path, &err), &err);
    assert_true(log.items.at[0].weight == 20);
    assert_true(log.items.at[1].weight == 0); /* not said */
    log_release(&log);
}

static void log_labels_refused(const char *text, const char *part)
{
    struct trace_log log = two_items();
    struct error err = {0};
    put_labels(text);
    assert_int_equal(log_labels(&log, path, &err), -1);
    error_is(&err, ERR_INPUT, part);
    log_release(&log);
}

static void wrong_labels_of_a_log_are_refused_with_their_line(void **state)
{
    log_labels_refused("", "seam-test-labels.csv");
    log_labels_refused("item,correct,weight\ntrace-2,1,0.5\n", "labels.csv:2: weight is \"0.5\"");
    log_labels_refused("item,truth\n", "labels.csv:1: labels of a log need the columns");
    log_labels_refused("correct\n1\n", "labels.csv:1: labels of a log need the columns");
    log_labels_refused("item,correct\ntrace-2,maybe\n", "labels.csv:2: correct is \"maybe\"");
    log_labels_refused("item,correct\ntrace-2,1\n\ntrace-2,0\n",
                       "labels.csv:4: correct contradicts");
    log_labels_refused("item,correct\n,1\n", "labels.csv:2: item is empty");
    log_labels_refused("item,correct\nother,1\n", "no label fits the log");
    log_labels_refused("item,correct\n", "no label fits the log");
}

static void scored_labels_are_read(void **state)
{
    struct scored_labels l;
    struct error err = {0};
    put_labels("id,confidence,correct,group,weight,source\n"
               "a,0.9,1,hard,,all\n"
               "b,1.000001,false,easy,1,\n"
               "c,0,TRUE,hard,1,all\n");
    ok(labels_read(path, &l, &err), &err);
    assert_int_equal(l.len, 3);
    near(l.at[0].confidence, 0.9, 0);
    near(l.at[0].weight, 1, 0);
    assert_true(l.at[0].correct);
    near(l.at[1].confidence, 1, 0);
    near(l.at[1].weight, 1, 0);
    assert_false(l.at[1].correct);
    assert_int_equal(l.at[1].line, 3);
    assert_int_equal(l.groups, 2);
    assert_string_equal(l.group[l.at[1].group], "easy");
    assert_int_equal(l.at[2].group, l.at[0].group);
    assert_false(l.reviewed_only);
    labels_release(&l);
    put_labels("confidence,correct,source\n0.5,1,reviewed\n0.6,0,reviewed\n");
    ok(labels_read(path, &l, &err), &err);
    assert_true(l.reviewed_only);
    labels_release(&l);
    put_labels("confidence,correct\n0.5,1\n");
    ok(labels_read(path, &l, &err), &err);
    assert_false(l.reviewed_only);
    labels_release(&l);
}

static void weights_and_sources_are_kept_row_by_row(void **state)
{
    struct scored_labels l;
    struct error err = {0};
    put_labels("id,confidence,correct,weight,source\n"
               "a,0.9,1,20,audit\n"
               ",1.00001,1,,AUDIT\n"
               ",-0.00001,0,1,reviewed\n"
               "b,40%,0,,\n");
    ok(labels_read(path, &l, &err), &err);
    static const uint8_t source[] = {LABEL_AUDIT, LABEL_AUDIT, LABEL_REVIEWED, LABEL_ALL};
    static const double confidence[] = {0.9, 1, 0, 0.4};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(l.at[i].source, source[i]);
        near(l.at[i].confidence, confidence[i], 0);
        near(l.at[i].weight, i ? 1 : 20, 0);
    }
    assert_true(l.weighted);
    assert_false(l.reviewed_only);
    assert_int_equal(l.of_source[LABEL_AUDIT], 2);
    assert_int_equal(l.of_source[LABEL_REVIEWED], 1);
    assert_int_equal(l.of_source[LABEL_ALL], 1);
    assert_int_equal(l.n_rounded, 2);
    assert_int_equal(l.groups, 1);
    labels_release(&l);
}

static void wrong_scored_labels_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"confidence,right\n0.5,1\n",                              "labels.csv:1: labels need the columns"  },
        {"confidence,correct\n1.1,1\n",                            "labels.csv:2: confidence is \"1.1\""    },
        {"confidence,correct\n-0.1,1\n",                           "labels.csv:2: confidence is \"-0.1\""   },
        {"confidence,correct\n0.5,1\nhigh,1\n",                    "labels.csv:3: confidence is \"high\""   },
        {"confidence,correct\nnan,1\n",                            "labels.csv:2: confidence is \"nan\""    },
        {"confidence,correct\n0.5,2\n",                            "labels.csv:2: correct is \"2\""         },
        {"confidence,correct\n0.5,\n",                             "labels.csv:2: correct is empty"         },
        {"confidence,correct,weight\n0.5,1,0.5\n",                 "labels.csv:2: weight is \"0.5\""        },
        {"confidence,correct,source\n0.5,1,me\n",                  "labels.csv:2: source is \"me\""         },
        {"confidence,correct\n",                                   "holds no labels"                        },
        {"confidence,correct,confidence_2\n0.5,1,0.5\n",           "labels.csv:1: a second model has both"  },
        {"confidence,correct,confidence_2,correct_2\n0.5,1,2,1\n",
         "labels.csv:2: confidence_2 is \"2\""                                                              },
        {"confidence,correct\n,1\n",                               "labels.csv:2: confidence is \"\""       },
        {"confidence,correct\n1.00003,1\n",                        "labels.csv:2: confidence is \"1.00003\""},
        {"id,confidence,correct\na,0.5,1\nb,0.5,1\n\na,0.7,0\n",
         "labels.csv:5: id \"a\" stands on line 2 already"                                                  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scored_labels l;
        struct error err = {0};
        put_labels(cases[i].text);
        assert_int_equal(labels_read(path, &l, &err), -1);
        error_is(&err, ERR_INPUT, cases[i].part);
        labels_release(&l);
    }
    struct scored_labels l;
    struct error err = {0};
    assert_int_equal(labels_read("/tmp/seam-test-no-labels.csv", &l, &err), -1);
    error_is(&err, ERR_IO, "seam-test-no-labels.csv");
    labels_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_a_log_have_weights),
        cmocka_unit_test(labels_find_their_items),
        cmocka_unit_test(wrong_labels_of_a_log_are_refused_with_their_line),
        cmocka_unit_test(scored_labels_are_read),
        cmocka_unit_test(weights_and_sources_are_kept_row_by_row),
        cmocka_unit_test(wrong_scored_labels_are_refused_with_their_line),
    };
    return cmocka_run_group_tests_name("labels", tests, NULL, remove_labels);
}
