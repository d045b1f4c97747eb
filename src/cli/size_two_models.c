/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam size --labels with the answers of two models: --costs, and the refusals. */
#include "cli/size_plan.h"

#include "base/units.h"
#include "decide/cascade.h"
#include "trace/labels.h"

#include <string.h>

static int read_costs(const char *text, double cost[3], struct error *err)
{
    char *copy = mem_strdup(text), *rest = NULL;
    int n = 0, status = 0;
    for (char *part = strtok_r(copy, ", ", &rest); part && !status && n < 4;
         part = strtok_r(NULL, ", ", &rest)) {
        struct error why = {0};
        double x = 0;
        if (units_number(part, &x, &why) || x < 0)
            status = error_set(err, ERR_USAGE, "--costs %s: `%.40s` is no cost: write 1,10,200",
                               text, part);
        else if (n < 3)
            cost[n] = x;
        n++;
    }
    mem_free(copy);
    if (!status && n != 3)
        status = error_set(err, ERR_USAGE,
                           "--costs %s: write three, of the cheap model, the strong one and a "
                           "person, such as 1,10,200",
                           text);
    return status;
}

static int check_labels(const struct cli *cli, const struct scored_labels *l, struct error *err)
{
    static const enum option others[] = {OPTION_METHOD,    OPTION_THRESHOLD,   OPTION_REVIEWER,
                                         OPTION_PER_GROUP, OPTION_RECALIBRATE, OPTION_GRID};
    if (l->weighted || l->of_source[LABEL_ALL] < l->len)
        return error_set(err, ERR_USAGE,
                         "labels of two models are those of a random sample of all "
                         "items: leave out weight and source");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (option_given(cli->options, others[i]))
            return error_set(err, ERR_USAGE, "--%s is for labels of one model",
                             option_defs[others[i]].name);
    return 0;
}

int size_two_models(const struct cli *cli, const struct pipeline *targets,
                    const struct scored_labels *labels, struct result *r, bool *certified,
                    struct error *err)
{
    const struct options *o = cli->options;
    struct cascade_options options = {.level = option_number(o, OPTION_LEVEL, 0.95),
                                      .seed = option_count(o, OPTION_SEED, 1),
                                      .targets = targets->target,
                                      .n_targets = targets->n_targets};

    if (!option_given(o, OPTION_COSTS))
        return error_set(err, ERR_USAGE,
                         "labels of two models (confidence_2, correct_2) need --costs A,B,C: of a "
                         "call of the cheap model, of the strong one, and of a person's answer");
    if (read_costs(option_text(o, OPTION_COSTS, ""), options.cost, err) ||
        check_labels(cli, labels, err))
        return -1;
    struct cascade_label *s = mem_alloc(labels->len * sizeof *s);
    for (size_t i = 0; i < labels->len; i++)
        s[i] = (struct cascade_label){
            {labels->at[i].confidence, labels->second[i].confidence},
            {labels->at[i].correct,    labels->second[i].correct   }
        };
    int status = size_cascade(s, labels->len, &options, r, certified, err);
    mem_free(s);
    return status;
}
