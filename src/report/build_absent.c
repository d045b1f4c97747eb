/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A section that has nothing to show says so in a sentence: why, and what would bring it.  The
 * sentences are ours alone, without a word from any input; `this` is to be typed. */
#include "report/build_parts.h"

#include <math.h>
#include <string.h>

static bool has_log(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->data.present)
            return true;
    return false;
}

static bool has_stages(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->stages.len)
            return true;
    return false;
}

static bool has_kind(const struct build *b, const char *kind)
{
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->stages.len; k++)
            if (b->r[i]->stages.at[k].kind && !strcmp(b->r[i]->stages.at[k].kind, kind))
                return true;
    return false;
}

/* Is it known of all items whether they ended right? */
static bool has_truth(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct metric *m = metrics_find(&b->r[i]->metrics, "reliability");
        if (m && isfinite(m->value))
            return true;
    }
    return false;
}

static bool has_command(const struct build *b, const char *command)
{
    for (size_t i = 0; i < b->n; i++)
        if (!strcmp(b->r[i]->command, command))
            return true;
    return false;
}

static const char no_steps[] =
    "These results know of no steps: they speak of confidences, labels or whole pipelines. The "
    "scenario or a trace log beside them (`seam report FILE LOG`) would show the steps here.";
static const char no_truth[] =
    "Which items ended right is not known of all of them: the log does not say it. A label file "
    "(`--labels FILE`, with the columns item and correct) would bring this section.";

const char *absent_headline(const struct build *b)
{
    return "Nothing was measured yet: these results speak of labels that are still to come.";
}

const char *absent_flow(const struct build *b)
{
    return no_steps;
}

const char *absent_losses(const struct build *b)
{
    if (!has_stages(b))
        return no_steps;
    return has_truth(b) ? "Nothing that was reported here tells at which step items are lost. "
                          "`seam report FILE` of a scenario would."
                        : no_truth;
}

const char *absent_frontier(const struct build *b)
{
    if (has_stages(b) && !has_kind(b, "gate"))
        return "No gate decides by a confidence what people look at, so there is no review to "
               "weigh against errors. A step with a `gate` in the scenario, or a log whose spans "
               "have a confidence, would bring this section.";
    if (has_log(b) && !has_truth(b))
        return no_truth;
    if (has_kind(b, "gate") && !has_log(b))
        return "No threshold was looked for here. `seam size FILE --json` looks for one that meets "
               "the targets (`--target \"auto_error at most 5%\"` where the file states none); its "
               "result beside these would bring this section.";
    return "No threshold was looked for. A target, such as `--target \"auto_error at most 5%\"`, "
           "or "
           "the result of `seam size` would bring this section.";
}

const char *absent_latency(const struct build *b)
{
    if (has_log(b))
        return "The spans of this log have no durations of whole items to draw a distribution of.";
    if (!has_stages(b))
        return no_steps;
    return "No distribution of times was computed here: the scenario states no times (`latency:` "
           "of its steps), or only their means were asked for. A trace log, or `seam simulate` of "
           "a scenario with times, would bring this section.";
}

const char *absent_backlog(const struct build *b)
{
    if (has_stages(b) && !has_kind(b, "review"))
        return "Nobody reviews in this pipeline, so nothing waits for people.";
    if (has_log(b))
        return "The log shows no visits of people that could wait for one another.";
    if (!has_stages(b))
        return no_steps;
    return "Nothing arrives in the course of time here, so that no line forms before the people "
           "who review: the scenario has no `arrivals:`. With them, and with `servers:` for the "
           "review, this section shows what waits from hour to hour.";
}

const char *absent_calibration(const struct build *b)
{
    if (has_log(b))
        return "Confidence and truth are not known of the same items. Name the attribute that "
               "holds the confidence (`--confidence ATTR`) and give the truth (`--labels FILE`).";
    return "No confidences were held against the truth. Labels (`--labels FILE`, with the columns "
           "confidence and correct) or a log with both would bring this section.";
}

const char *absent_sensitivities(const struct build *b)
{
    if (has_command(b, "solve") || has_command(b, "simulate") || has_command(b, "fit"))
        return "This scenario has no numbers whose change could be followed exactly; `seam solve "
               "FILE --sweep PATH=FROM:TO:N` goes through any one of them.";
    return "What would happen if a number changed takes a model. The scenario beside these results "
           "(`seam report FILE ...`), or one fitted to a log (`seam fit`), would bring this "
           "section.";
}

static bool has_verdict(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->r[i]->passed != PASSED_NULL)
            return true;
    return false;
}

const char *absent_advice(const struct build *b)
{
    if (has_verdict(b))
        return "Nothing by these numbers: no step stands out, and what was asked is answered "
               "above.";
    return "Nothing stands out in these numbers. A target, such as `--target \"reliability at "
           "least "
           "95%\"`, would say what misses it.";
}

const char *absent_assumptions(const struct build *b)
{
    return "The results name none.";
}

const char *absent_data(const struct build *b)
{
    return "No trace log is behind these numbers: they rest on what the scenario or the labels "
           "state. A log beside them (`seam report FILE LOG`) would hold them against what the "
           "running system did.";
}
