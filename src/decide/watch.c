/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The alarm of math/betting, label after label, with what it needs to be understood: when it rang,
 * since when, what was wrong before and after; beside it the alarms of math/shift. */
#include "decide/watch.h"

#include "base/units.h"
#include "decide/audit_log.h"
#include "math/betting.h"
#include "math/interval.h"
#include "math/rng.h"
#include "math/shift.h"

#include <math.h>
#include <string.h>

enum { CURVE_POINTS = 300 };

int watch_target(const struct target *targets, uint32_t n, const struct target **out,
                 struct error *err)
{
    static const char *const metrics[] = {"auto_error", "shipped_error", "review_precision"};
    if (n != 1)
        return error_set(err, ERR_USAGE, "one --target is watched at a time, not %u", n);
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
        if (!strcmp(targets->metric, metrics[i]) && targets->kind == TARGET_AT_MOST &&
            targets->value > 0 && targets->value < 1) {
            *out = targets;
            return 0;
        }
    return error_set(err, ERR_USAGE,
                     "%s cannot be watched like that: write auto_error, shipped_error or "
                     "review_precision `at most P`, P between 0 and 100%%",
                     targets->metric);
}

/* ---- labels ------------------------------------------------------------------------------ */

static bool is_shipping(const char *metric)
{
    return !strcmp(metric, "auto_error");
}

static enum log_truth truth_of(const struct trace_log *log, const struct log_item *item,
                               const char *metric)
{
    if (!strcmp(metric, "shipped_error"))
        return item->end == LOG_SHIPPED ? item->shipped : LOG_UNKNOWN;
    if (is_shipping(metric))
        return audit_log_ships(log, item) ? item->draft : LOG_UNKNOWN;
    return item->reviewed ? item->draft : LOG_UNKNOWN;
}

static void take_confidences(struct watch *w, const struct drift_side *s, bool now)
{
    for (size_t i = 0; i < s->n; i++) {
        double c = s->log->items.at[s->item[i]].confidence;
        if (isnan(c))
            continue;
        if (now)
            vec_push(&w->now, c);
        else
            vec_push(&w->before, c);
    }
}

void watch_take(const struct drift_side *watched, const struct drift_side *before,
                const struct drift_side *now, const char *metric, struct watch *out)
{
    const struct trace_log *log = watched->log;
    *out = (struct watch){.threshold = log->threshold};
    take_confidences(out, before, false);
    take_confidences(out, now, true);
    for (size_t i = 0; i < watched->n; i++) {
        const struct log_item *item = &log->items.at[watched->item[i]];
        enum log_truth truth = truth_of(log, item, metric);
        if (truth == LOG_UNKNOWN)
            continue;
        struct watch_label l = {.weight = item->weight > 0 ? item->weight : 1,
                                .wrong = truth == LOG_BAD,
                                .at_s = item->start_ns ? (double)item->start_ns * 1e-9 : NAN,
                                .name = span_string(&log->spans, item->id)};
        vec_push(&out->labels, l);
    }
}

void watch_take_rows(const struct scored *rows, size_t n, double part, const char *metric,
                     struct arena *names, struct watch *out)
{
    bool reviews = !strcmp(metric, "review_precision"), alike = true;
    *out = (struct watch){.threshold = NAN};
    for (size_t i = 0; i < n; i++) {
        if (reviews != (rows[i].source == LABEL_REVIEWED))
            continue;
        struct watch_label l = {.weight = rows[i].weight,
                                .wrong = !rows[i].correct,
                                .at_s = NAN,
                                .name = arena_printf(names, "line %u", rows[i].line)};
        vec_push(&out->labels, l);
        alike = alike && rows[i].weight == out->labels.at[0].weight;
    }
    /* a shift of confidences is told from a sample that is drawn alike throughout */
    for (size_t i = 0, k = 0; alike && i < n; i++) {
        if (reviews != (rows[i].source == LABEL_REVIEWED))
            continue;
        if ((double)k++ < part * (double)out->labels.len)
            vec_push(&out->before, rows[i].confidence);
        else
            vec_push(&out->now, rows[i].confidence);
    }
}

void watch_release(struct watch *w)
{
    vec_release(&w->labels);
    vec_release(&w->before);
    vec_release(&w->now);
    memset(w, 0, sizeof *w);
}

/* ---- the evidence ------------------------------------------------------------------------ */

struct watching {
    const struct watch *w;
    const struct target *target;
    double level, bar; /* ln of the e-value of an alarm */
    struct weighed *label;
    size_t n;
    double log_e; /* the greatest */
    bool rang;
    size_t found, since; /* labels when it rang; and the first of those above the target */
    struct result *out;
};

/* Seconds since the first label, or the label's number. */
static double place(const struct watching *j, size_t i)
{
    const struct watch_label *l = j->w->labels.at;
    return isnan(l[0].at_s) || isnan(l[i].at_s) ? (double)(i + 1) : l[i].at_s - l[0].at_s;
}

static void put_point(struct watching *j, struct curve *c, size_t i, double log_e)
{
    struct point p = {.x = place(j, i), .y = log_e / log(10), .low = NAN, .high = NAN};
    vec_push(&c->points, p);
}

static void gather_evidence(struct watching *j)
{
    const struct watch_label *l = j->w->labels.at;
    struct curve *c =
        result_add_curve(j->out, "evidence", isnan(l[0].at_s) ? "label" : "time", "evidence");
    size_t step = j->n / CURVE_POINTS + 1;
    struct alarm a;
    double most = weighed_mean(j->label, j->n).most;
    c->resource = result_text(j->out, "%s", j->target->metric);
    alarm_init(&a, j->target->value, most);
    for (size_t i = 0; i < j->n; i++) {
        double log_e = alarm_add(&a, j->label[i].weight, j->label[i].wrong);
        bool rings = log_e >= j->bar && !j->rang;
        if (i % step == 0 || i + 1 == j->n || rings)
            put_point(j, c, i, log_e);
        j->log_e = fmax(j->log_e, log_e);
        if (rings) {
            j->rang = true;
            j->found = i;
            j->since = alarm_since(&a);
        }
    }
}

/* ---- what is said ------------------------------------------------------------------------ */

static uint64_t wrong_in(const struct watching *j, size_t from, size_t to)
{
    uint64_t k = 0;
    for (size_t i = from; i < to; i++)
        k += j->label[i].wrong;
    return k;
}

/* A share of errors with its interval: exact, or by betting where weights differ. */
static void put_share(const struct watching *j, struct metrics *m, const char *name, size_t from,
                      size_t to)
{
    struct weighed_mean mean = weighed_mean(j->label + from, to - from);
    double d = (1 - j->level) / 2;
    struct interval ci = {0, 1};
    if (mean.equal) {
        ci = interval_clopper_pearson(wrong_in(j, from, to), to - from, j->level);
    } else {
        uint64_t key = rng_key(1, 0, 0, 0, RNG_AUDIT);
        ci.low = betting_lower(j->label + from, to - from, d, key);
        ci.high = betting_upper(j->label + from, to - from, d, key);
    }
    if (to > from)
        metrics_add(m, name, mean.estimate, ci.low, ci.high, j->level, to - from, "1");
}

static void put_row(struct watching *j)
{
    struct row *row = result_add_row(j->out, changes, "");
    const struct watch_label *l = j->w->labels.at;
    row->kind = result_text(j->out, "%s", j->target->metric);
    put_share(j, &row->metrics, "before", 0, j->rang ? j->since : j->n);
    if (j->rang)
        put_share(j, &row->metrics, "now", j->since, j->n);
    struct metric *e = metrics_add_exact(&row->metrics, "evidence", j->log_e / log(10), "1");
    e->target = result_text(j->out, "below %.3g", j->bar / log(10));
    if (!j->rang)
        return;
    e->verdict = VERDICT_FAIL;
    metrics_add_count(&row->metrics, "delay", j->found - j->since + 1);
    metrics_add_count(&row->metrics, "since_label", j->since + 1);
    metrics_add_count(&row->metrics, "found_label", j->found + 1);
    if (isnan(l[j->since].at_s) || isnan(l[j->found].at_s))
        return;
    metrics_add_exact(&row->metrics, "since", l[j->since].at_s, "time");
    metrics_add_exact(&row->metrics, "found", l[j->found].at_s, "time");
}

static void put_place(const struct watching *j, size_t i, struct buf *b)
{
    const struct watch_label *l = &j->w->labels.at[i];
    struct buf name;
    buf_init(&name);
    if (strncmp(l->name, "line ", 5))
        buf_puts(b, "item ");
    buf_printf(b, "%.40s", l->name);
    if (!isnan(l->at_s)) {
        buf_puts(b, " of ");
        units_put_instant(b, l->at_s);
    }
    buf_release(&name);
}

static void put_wrong(const struct watching *j, size_t from, size_t to, struct buf *b)
{
    units_put_count(b, wrong_in(j, from, to));
    buf_puts(b, " of ");
    units_put_count(b, to - from);
}

static void put_words(const struct watching *j, struct buf *b)
{
    if (!j->rang) {
        buf_puts(b, "No alarm: ");
        put_wrong(j, 0, j->n, b);
        buf_printf(b,
                   " labels are wrong, evidence %.3g of the %.3g that %s above %.4g%% would need",
                   exp(j->log_e), exp(j->bar), j->target->metric, 100 * j->target->value);
        buf_puts(b, ". That is no proof that the target is met");
        buf_puts(b, is_shipping(j->target->metric) ? ": `seam size` gives one." : ".");
        return;
    }
    buf_printf(b, "Alarm: %s is above %.4g%%. It rang at ", j->target->metric,
               100 * j->target->value);
    put_place(j, j->found, b);
    buf_puts(b, ", after ");
    units_put_count(b, j->found + 1);
    buf_puts(b, " labels; most likely since ");
    put_place(j, j->since, b);
    buf_puts(b, ", ");
    units_put_count(b, j->found - j->since + 1);
    buf_puts(b, " labels before: ");
    put_wrong(j, j->since, j->n, b);
    buf_puts(b, " are wrong since then");
    if (j->since) {
        buf_puts(b, ", ");
        put_wrong(j, 0, j->since, b);
        buf_puts(b, " before");
    }
    buf_printf(b,
               ". While the target is met this rings with probability %.3g%% at most, however "
               "often one looks.",
               100 * (1 - j->level));
}

static void put_answer(struct watching *j, bool shifted)
{
    struct answer *a = &j->out->answer;
    struct buf text;
    buf_init(&text);
    put_words(j, &text);
    *a = (struct answer){.present = true,
                         .threshold = j->w->threshold,
                         .bound = NAN,
                         .level = j->level,
                         .m = j->n,
                         .k = wrong_in(j, 0, j->n),
                         .tests = 1,
                         .review_load = NAN,
                         .risk_value = weighed_mean(j->label, j->n).estimate,
                         .best_attainable = NAN,
                         .method = "likelihood ratios",
                         .risk = result_text(j->out, "%s", j->target->metric),
                         .population = "labels in order of time",
                         .ending = j->rang   ? "alarm"
                                   : shifted ? "scores have shifted"
                                             : "no alarm",
                         .sentence = result_text(j->out, "%s", buf_text(&text))};
    buf_release(&text);
}

/* The alarms on confidences: metrics with their bars, and a warning. */
static bool put_shifts(struct watching *j)
{
    const struct watch *w = j->w;
    struct shift shift[SHIFT_KINDS];
    bool any = false;
    if (w->before.len < DRIFT_LEAST || w->now.len < DRIFT_LEAST) {
        result_warn(j->out,
                    "confidences are not watched: %zu in the baseline and %zu after it, alike "
                    "drawn; %d of each are the least",
                    w->before.len, w->now.len, DRIFT_LEAST);
        return false;
    }
    shift_test(w->before.at, w->before.len, w->now.at, w->now.len, (1 - j->level) / SHIFT_KINDS,
               shift);
    for (int k = 0; k < SHIFT_KINDS; k++) {
        struct metric *m = metrics_add_exact(&j->out->metrics, shift_name((enum shift_kind)k),
                                             shift[k].value, "1");
        m->n = w->now.len;
        m->target = result_text(j->out, "below %.3g", shift[k].bar);
        m->verdict = shift[k].alarm ? VERDICT_FAIL : VERDICT_NONE;
        any |= shift[k].alarm;
    }
    if (any)
        result_warn(j->out, "the confidences have shifted: an alarm only, which proves nothing "
                            "about errors; audit more, and judge by labels");
    result_assume(j->out,
                  "PSI, KS and CUSUM hold %zu later confidences against %zu of the baseline; "
                  "together they ring falsely with probability %.3g%%, and tell of scores alone",
                  w->now.len, w->before.len, 100 * (1 - j->level));
    return any;
}

int watch(const struct watch *w, const struct target *target, const struct drift_options *options,
          struct result *out, bool *alarm, struct error *err)
{
    struct watching j = {.w = w,
                         .target = target,
                         .level = options->level,
                         .bar = -log(1 - options->level),
                         .n = w->labels.len,
                         .out = out};
    if (!j.n)
        return error_set(err, ERR_INPUT, "no label tells of %s: %s", target->metric,
                         is_shipping(target->metric)
                             ? "audit a share of what ships unseen, and give --labels CSV"
                             : "give --labels CSV");
    j.label = mem_alloc(j.n * sizeof *j.label);
    for (size_t i = 0; i < j.n; i++)
        j.label[i] = (struct weighed){w->labels.at[i].weight, w->labels.at[i].wrong};
    gather_evidence(&j);
    put_share(&j, &out->metrics, target->metric, 0, j.n);
    struct metric *m = &out->metrics.list.at[0];
    m->target = result_text(out, "%s", target->text);
    m->verdict = j.rang ? VERDICT_FAIL : VERDICT_NONE;
    put_row(&j);
    bool shifted = put_shifts(&j);
    put_answer(&j, shifted);
    result_assume(out, "labels come in order of time, each drawn with probability 1 / weight "
                       "whatever its truth");
    if (!weighed_mean(j.label, j.n).equal)
        result_assume(out, "no item is audited with a probability below that of the greatest "
                           "weight here");
    out->run.present = true;
    out->run.method = "watch";
    out->run.covers = "sampling";
    *alarm = j.rang || shifted;
    out->passed = *alarm ? PASSED_FALSE : PASSED_TRUE;
    mem_free(j.label);
    return 0;
}
