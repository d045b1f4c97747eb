/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the answer of a stage outside, under several rules. */
#include "tests/fuzz/fuzz.h"

#include "base/utf8.h"
#include "exec/answer.h"
#include "model/scenario.h"

#include <string.h>

static const char *const flows[] = {
    "seam: 1\nflow: [{stage: a, exec: {builtin: nothing}}]\n",
    "seam: 1\nflow: [{stage: a, exec: {builtin: nothing, output: x, confidence: /c/0, cost: "
    "/u}}]\n",
    "seam: 1\nflow: [{stage: a, exec: {builtin: nothing, output: x, text: true}}]\n",
    "seam: 1\nflow: [{check: a, sensitivity: 1, exec: {builtin: nothing, who: /w, says: /why, "
    "expects: {a: number, /b/c: string}}}]\n",
};

static void check_output(const struct stage_answer *a)
{
    struct json_reader *reader = json_reader_new();
    struct error err = {0};
    struct json root;

    if (json_parse(reader, buf_text(&a->output), a->output.len, &root, &err) ||
        json_type(root) != JSON_MAP)
        BUG("an output that is no object: %s", err.text);
    if (memchr(a->output.data, '\n', a->output.len))
        BUG("an output of several lines");
    if (a->confidence < 0 || a->confidence > 1 || a->cost < 0)
        BUG("confidence %g, cost %g", a->confidence, a->cost);
    json_reader_free(reader);
}

static void read_under(const char *flow, const char *bytes, size_t len)
{
    const struct scenario_options options = {0};
    struct json_reader *reader = json_reader_new();
    struct stage_answer a;
    struct answer_rules *rules;
    struct pipeline p;
    struct faults faults;
    struct error err = {0};
    struct json exec;

    faults_init(&faults);
    if (scenario_parse("fuzz", flow, strlen(flow), &options, &p, &faults, &err) ||
        json_parse(reader, p.step[0].exec, strlen(p.step[0].exec), &exec, &err))
        BUG("%s", err.text);
    if (answer_rules_new(&(struct stage_setting){.pipeline = &p, .exec = exec}, &rules, &err))
        BUG("%s", err.text);
    stage_answer_init(&a);
    answer_read(rules, bytes, len, &a);
    if (a.outcome == OUTCOME_OK)
        check_output(&a);
    else if (a.output.len > 0 || a.says.len == 0)
        BUG("a failure with an output, or without a reason");
    if (!utf8_valid(buf_text(&a.says), a.says.len) || !utf8_valid(buf_text(&a.who), a.who.len))
        BUG("words that are not UTF-8");
    stage_answer_release(&a);
    answer_rules_free(rules);
    pipeline_release(&p);
    faults_release(&faults);
    json_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof flows / sizeof *flows; i++)
        read_under(flows[i], (const char *)data, size);
    return 0;
}
