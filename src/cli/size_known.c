/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels as they come: plain samples, audits, those of two models, or a log's items. */
#include "cli/size_known.h"

#include "cli/size_audit.h"
#include "cli/size_plan.h"

#include "base/file.h"
#include "decide/audit_log.h"
#include "decide/size.h"
#include "trace/labels.h"

#include <math.h>
#include <string.h>

int size_method(const char *word, enum risk_method *out, struct error *err)
{
    const char *names[RISK_METHOD_COUNT];

    for (int i = 0; i < RISK_METHOD_COUNT; i++) {
        names[i] = risk_method_name((enum risk_method)i);
        if (!strcmp(word, names[i])) {
            *out = (enum risk_method)i;
            return 0;
        }
    }
    const char *near = nearest_word(word, names, RISK_METHOD_COUNT);
    return error_set(err, ERR_USAGE,
                     "--method %s: the methods are split, sgr, grid, exact, plug-in and crc%s%s%s",
                     word, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int labels_options(const struct cli *cli, const struct pipeline *targets,
                          struct risk_reviewer *reviewer, struct size_labels_options *out,
                          struct error *err)
{
    const struct options *o = cli->options;

    *out = (struct size_labels_options){
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .threshold = option_number(o, OPTION_THRESHOLD, 0),
        .seed = option_count(o, OPTION_SEED, 1),
        .grid = option_count(o, OPTION_GRID, 0),
        .targets = targets->target,
        .n_targets = targets->n_targets,
        .per_group = option_given(o, OPTION_PER_GROUP),
        .bins = option_count(o, OPTION_BINS, 0),
    };
    if (option_given(o, OPTION_BINS) && (out->bins < 1 || out->bins > CALIBRATION_BINS_MAX))
        return error_set(err, ERR_USAGE, "--bins: write a number from 1 to %d",
                         (int)CALIBRATION_BINS_MAX);
    if (size_method(option_text(o, OPTION_METHOD, out->per_group ? "grid" : "split"), &out->method,
                    err))
        return -1;
    if (option_given(o, OPTION_REVIEWER)) {
        if (size_reviewer(option_text(o, OPTION_REVIEWER, ""), reviewer, err))
            return -1;
        out->reviewer = reviewer;
    }
    if (out->method == RISK_EXACT && !option_given(o, OPTION_THRESHOLD))
        return error_set(err, ERR_USAGE,
                         "--method exact tests one threshold fixed beforehand: "
                         "give it as --threshold T");
    if (out->method != RISK_EXACT && option_given(o, OPTION_THRESHOLD))
        return error_set(err, ERR_USAGE, "--threshold goes with --method exact");
    return 0;
}

static int recalibrate(const struct cli *cli, const struct scored_labels *labels, struct result *r,
                       struct error *err)
{
    const struct options *o = cli->options;
    const char *word = option_text(o, OPTION_RECALIBRATE, "best"), *path = NULL;
    int method = RECALIBRATE_BEST;
    struct buf csv;

    if (strcmp(word, "best")) {
        for (method = 0; method < RECALIBRATE_METHODS; method++)
            if (!strcmp(word, recalibrate_words[method]))
                break;
        if (method == RECALIBRATE_METHODS)
            return error_set(err, ERR_USAGE,
                             "--recalibrate %s: write isotonic, platt, beta, temperature or best",
                             word);
    }
    if (option_given(o, OPTION_OUT)) {
        path = option_text(o, OPTION_OUT, NULL);
        const char *name = strrchr(path, '/');
        if (!strchr(name ? name : path, '.'))
            return error_set(err, ERR_USAGE,
                             "-o %s: name the file with an ending, such as map.csv: that is how a "
                             "scenario tells it from a method",
                             path);
    }
    buf_init(&csv);
    const struct recalibrate_options how = {.method = method,
                                            .level = option_number(o, OPTION_LEVEL, 0.95),
                                            .seed = option_count(o, OPTION_SEED, 1),
                                            .bins = option_count(o, OPTION_BINS, 0)};
    int status = size_recalibrate(labels->at, labels->len, &how, r, &csv, err);
    if (!status && path && !(status = file_write(path, buf_text(&csv), csv.len, err)))
        cli_note(cli, "wrote %s: `calibration: %s` in a scenario beside it", path, path);
    buf_release(&csv);
    return status;
}

/* From a plain sample of the items; groups may be none. */
static int from_plain(const struct cli *cli, const struct pipeline *targets,
                      const struct scored_labels *labels, struct result *r, bool *certified,
                      struct error *err)
{
    struct size_labels_options options;
    struct risk_reviewer reviewer;

    if (labels_options(cli, targets, &reviewer, &options, err))
        return -1;
    if (options.per_group && labels->groups < 2)
        return error_set(err, ERR_USAGE,
                         "--per-group: the labels have no column `group` that names two groups or "
                         "more");
    options.groups = labels->group;
    options.n_groups = labels->groups;
    if (labels->n_rounded)
        result_warn(r, "%llu confidences beyond 0 or 1 by no more than %g are taken as 0 or 1",
                    (unsigned long long)labels->n_rounded, CONFIDENCE_SLACK);
    if (size_labels(labels->at, labels->len, &options, r, certified, err))
        return -1;
    return option_given(cli->options, OPTION_RECALIBRATE) ? recalibrate(cli, labels, r, err) : 0;
}

int size_from_labels(const struct cli *cli, const struct pipeline *targets, struct result *r,
                     bool *certified, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_LABELS, NULL);
    struct scored_labels labels;
    int status = -1;

    if (labels_read(path, &labels, err))
        goto out;
    struct audit_sample sample = {.at = labels.at,
                                  .n = labels.len,
                                  .threshold = NAN,
                                  .items_per_day = NAN,
                                  .share_shipped = NAN};
    r->scenario_file = result_text(r, "%s", path);
    if (labels.second) {
        status = size_two_models(cli, targets, &labels, r, certified, err);
        goto out;
    }
    if (option_given(cli->options, OPTION_COSTS)) {
        error_set(err, ERR_USAGE,
                  "--costs goes with labels of two models: %s has no columns "
                  "confidence_2 and correct_2",
                  path);
        goto out;
    }
    if (labels.reviewed_only || audit_is_one(labels.at, labels.len))
        status = size_audit(cli, targets, &sample, labels.reviewed_only, r, certified, err);
    else
        status = from_plain(cli, targets, &labels, r, certified, err);
out:
    labels_release(&labels);
    return status;
}

int size_from_log(const struct cli *cli, const struct pipeline *targets,
                  const struct trace_log *log, const char *name, struct result *r, bool *certified,
                  struct error *err)
{
    struct audit_log known = {0};
    int status = -1;

    audit_log_take(log, &known);
    if (!known.known.len) {
        error_set(err, ERR_INPUT,
                  "%s: no item has both a confidence and a known truth; give "
                  "--labels FILE with item,correct",
                  name);
        goto out;
    }
    r->scenario_file = result_text(r, "%s", name);
    if (known.plain) {
        const struct scored_labels labels = {.at = known.known.at, .len = known.known.len};
        status = from_plain(cli, targets, &labels, r, certified, err);
        goto out;
    }
    status = size_audit(cli, targets, &known.sample, known.reviewed_only, r, certified, err);
    if (!status && !known.reviewed_only)
        result_assume(r,
                      "of %llu items that ship at the threshold in use, %llu have a known truth: "
                      "taken for a uniform audit, drawn whatever that truth",
                      (unsigned long long)known.n_shipped,
                      (unsigned long long)known.n_shipped_known);
out:
    audit_log_release(&known);
    return status;
}
