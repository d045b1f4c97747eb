/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objectives as shares of good events, with their error budget: the bad events that the goal
 * allows of those that came.  Burn rate: the share of bad ones over the share allowed, so that 1
 * uses the budget up exactly; alerts where a long and a short window both burn too fast (Beyer et
 * al. 2018, "The Site Reliability Workbook", chapter 5: 2% of a 30-day budget in an hour, 5% in six
 * hours, 10% in three days). */
#include "trace/slo_parts.h"

#include "base/units.h"
#include "math/interval.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_AIM = 60, WINDOWS_MAX = 10000, WORST_SHOWN = 3, BURN_LEAST = 10 };

/* ---- words ------------------------------------------------------------------------------ */

static int refuse(const char *text, struct error *err)
{
    return error_set(err, ERR_USAGE,
                     "--slo \"%s\": write \"completion at least 99%%\", \"reliability at least "
                     "95%%\", \"latency at most 2s for 95%%\", \"STAGE success at least 99%%\" or "
                     "\"STAGE latency at most 200ms for 95%%\"",
                     text);
}

/* The text from `s` to before the last `word` in it, and what comes after; false without. */
static bool split_at(const char *s, const char *word, char *before, size_t size, const char **after)
{
    const char *found = NULL;
    for (const char *at = s; (at = strstr(at, word)); at++)
        found = at;
    if (!found || (size_t)(found - s) >= size)
        return false;
    memcpy(before, s, (size_t)(found - s));
    before[found - s] = '\0';
    *after = found + strlen(word);
    return true;
}

static int parse_goal(const char *text, const char *goal, struct objective *out, struct error *err)
{
    if (units_probability(goal, &out->goal, NULL, NULL, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--slo \"%s\"", text);
    }
    if (!(out->goal > 0 && out->goal < 1))
        return error_set(err, ERR_USAGE,
                         "--slo \"%s\": a goal lies between 0%% and 100%%, both left out: there is "
                         "no budget at 100%%",
                         text);
    return 0;
}

/* "retrieve latency": the last word is what is measured, the others name the stage. */
static bool parse_subject(char *words, bool timed, struct objective *out)
{
    static const struct {
        const char *word;
        bool timed, stage;
        enum objective_kind kind;
    } subjects[] = {
        {"completion",  false, false, OBJECTIVE_COMPLETION },
        {"reliability", false, false, OBJECTIVE_RELIABILITY},
        {"latency",     true,  false, OBJECTIVE_LATENCY    },
        {"success",     false, true,  OBJECTIVE_SUCCESS    },
        {"latency",     true,  true,  OBJECTIVE_WITHIN     }
    };
    size_t len = strlen(words);
    while (len && words[len - 1] == ' ')
        words[--len] = '\0';
    char *last = strrchr(words, ' ');
    const char *word = last ? last + 1 : words;
    size_t stage = last ? (size_t)(last - words) : 0;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (!strcmp(word, subjects[i].word) && subjects[i].timed == timed &&
            subjects[i].stage == (stage > 0)) {
            out->kind = subjects[i].kind;
            memcpy(out->stage, words, stage);
            out->stage[stage] = '\0';
            return stage < sizeof out->stage;
        }
    return false;
}

int objective_parse(const char *text, struct objective *out, struct error *err)
{
    char words[sizeof out->stage], limit[32];
    const char *rest, *goal;
    *out = (struct objective){.text = text};
    if (split_at(text, " at least ", words, sizeof words, &goal))
        return parse_subject(words, false, out) ? parse_goal(text, goal, out, err)
                                                : refuse(text, err);
    if (!split_at(text, " at most ", words, sizeof words, &rest) ||
        !split_at(rest, " for ", limit, sizeof limit, &goal) || !parse_subject(words, true, out))
        return refuse(text, err);
    if (units_duration(limit, &out->limit_s, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--slo \"%s\"", text);
    }
    return parse_goal(text, goal, out, err);
}

/* ---- what is looked at ------------------------------------------------------------------- */

struct slo {
    const struct objective *objective;
    const struct slo_event *event; /* [n], in order of time */
    size_t n;
    int64_t first_ns, last_ns; /* of the log */
    double window_s, level;
    struct result *out;
};

static double seconds(const struct slo *s, int64_t ns)
{
    return (double)(ns - s->first_ns) * 1e-9;
}

static double burn_of(const struct slo *s, uint64_t bad, uint64_t n)
{
    return (double)bad / (double)n / (1 - s->objective->goal);
}

/* ---- windows ---------------------------------------------------------------------------- */

struct window {
    double from_s;
    uint64_t n, bad;
};

/* The lower bound of the share of bad events: one of two is less than ten of twenty. */
static double badness(const struct window *w)
{
    return w->bad ? interval_wilson(w->bad, w->n, 0.95).low : 0;
}

static int by_badness(const void *a, const void *b)
{
    const struct window *x = a, *y = b;
    double p = badness(x), q = badness(y);
    if (p != q)
        return p > q ? -1 : 1;
    return x->from_s < y->from_s ? -1 : x->from_s > y->from_s;
}

static double length_of(double span_s)
{
    static const double round[] = {1, 5, 10, 30, 60, 300, 900, 3600, 21600, 86400, 604800, 2592000};
    size_t i = 0;
    while (i + 1 < sizeof round / sizeof *round && span_s > WINDOWS_AIM * round[i])
        i++;
    return round[i];
}

static void put_window(const struct slo *s, const struct window *w, const char *kind)
{
    struct row *row = result_add_row(s->out, windows, s->objective->text);
    double from = (double)s->first_ns * 1e-9 + w->from_s;
    row->kind = kind;
    metrics_add_exact(&row->metrics, "from", from, "time");
    metrics_add_exact(&row->metrics, "until", from + s->window_s, "time");
    metrics_add_exact(&row->metrics, "events", (double)w->n, "count");
    observe_share(&row->metrics, "attainment", w->n - w->bad, w->n, s->level);
    metrics_add_exact(&row->metrics, "burn_rate", burn_of(s, w->bad, w->n), "1");
}

/* The windows as a curve, and those with the most bad events for their number. */
static void put_windows(const struct slo *s)
{
    size_t n = (size_t)floor(seconds(s, s->last_ns) / s->window_s) + 1;
    struct window *all = mem_zero(n, sizeof *all);
    struct curve *c = result_add_curve(s->out, "attainment", "time", "attainment");
    c->resource = result_text(s->out, "%s", s->objective->text);
    for (size_t i = 0; i < s->n; i++) {
        size_t at = (size_t)floor(seconds(s, s->event[i].at_ns) / s->window_s);
        all[at < n ? at : n - 1].n += s->event[i].n;
        all[at < n ? at : n - 1].bad += s->event[i].bad;
    }
    for (size_t i = 0; i < n; i++) {
        struct metrics m = {0};
        all[i].from_s = (double)i * s->window_s;
        if (all[i].n == 0)
            continue;
        observe_share(&m, "attainment", all[i].n - all[i].bad, all[i].n, s->level);
        vec_push(&c->points, ((struct point){.x = all[i].from_s,
                                             .y = m.list.at[0].value,
                                             .low = m.list.at[0].low,
                                             .high = m.list.at[0].high}));
        vec_release(&m.list);
    }
    qsort(all, n, sizeof *all, by_badness);
    for (size_t i = 0; i < n && i < WORST_SHOWN && all[i].bad; i++)
        put_window(s, &all[i], "worst");
    mem_free(all);
}

/* ---- burn ------------------------------------------------------------------------------- */

struct burn_rule {
    const char *kind;
    double long_s, short_s, factor;
};
static const struct burn_rule burn_rules[] = {
    {"burns 2% in 1 h",  3600,   300,   14.4},
    {"burns 5% in 6 h",  21600,  1800,  6   },
    {"burns 10% in 3 d", 259200, 21600, 1   },
};

/* Events up to one at hand that came within a time. */
struct trail {
    size_t from;
    uint64_t n, bad;
};

/* Goes on to event `at`; the burn rate of the window that ends there. */
static double trailing(const struct slo *s, double length_s, size_t at, struct trail *t)
{
    t->n += s->event[at].n;
    t->bad += s->event[at].bad;
    for (; seconds(s, s->event[at].at_ns) - seconds(s, s->event[t->from].at_ns) > length_s;
         t->from++) {
        t->n -= s->event[t->from].n;
        t->bad -= s->event[t->from].bad;
    }
    return burn_of(s, t->bad, t->n);
}

/* The stretches in which both windows burn faster than the rule allows. */
static uint64_t put_burns(const struct slo *s, const struct burn_rule *rule)
{
    struct trail longer = {0}, shorter = {0};
    uint64_t alerts = 0;
    bool burning = false;
    double peak = 0;
    struct row *row = NULL;
    for (size_t i = 0; i < s->n; i++) {
        double slow = trailing(s, rule->long_s, i, &longer);
        double fast = trailing(s, rule->short_s, i, &shorter);
        bool now = longer.n >= BURN_LEAST && slow > rule->factor && fast > rule->factor;
        if (now && !burning && alerts++ < WORST_SHOWN) {
            row = result_add_row(s->out, windows, s->objective->text);
            row->kind = rule->kind;
            metrics_add_exact(&row->metrics, "from", (double)s->event[i].at_ns * 1e-9, "time");
            metrics_add_exact(&row->metrics, "until", 0, "time");
            metrics_add_exact(&row->metrics, "burn_rate", 0, "1");
            peak = 0;
        }
        if (now && row) {
            struct metric *m = row->metrics.list.at;
            peak = fmax(peak, slow);
            m[1].value = m[1].low = m[1].high = (double)s->event[i].at_ns * 1e-9;
            m[2].value = m[2].low = m[2].high = peak;
        }
        burning = now;
        row = now ? row : NULL;
    }
    return alerts;
}

/* ---- one objective ---------------------------------------------------------------------- */

static void put_budget(const struct slo *s, uint64_t n, uint64_t bad)
{
    struct curve *c = result_add_curve(s->out, "budget_left", "time", "budget_left");
    double budget = (1 - s->objective->goal) * (double)n;
    uint64_t spent = 0, each = bad > 400 ? bad / 200 : 1;
    c->resource = result_text(s->out, "%s", s->objective->text);
    vec_push(&c->points, ((struct point){.x = 0, .y = 1, .low = NAN, .high = NAN}));
    for (size_t i = 0; i < s->n; i++) {
        uint64_t before = spent;
        spent += s->event[i].bad;
        if (spent == before || (spent / each == before / each && spent != bad))
            continue;
        struct point p = {.x = seconds(s, s->event[i].at_ns),
                          .y = 1 - (double)spent / budget,
                          .low = NAN,
                          .high = NAN};
        vec_push(&c->points, p);
    }
}

static void put_objective(struct slo *s)
{
    const struct objective *o = s->objective;
    struct row *row = result_add_row(s->out, objectives, o->text);
    struct target goal = {"attainment", TARGET_AT_LEAST, o->goal, NULL};
    uint64_t n = 0, bad = 0;
    struct buf text;
    for (size_t i = 0; i < s->n; i++) {
        n += s->event[i].n;
        bad += s->event[i].bad;
    }
    row->kind = *o->stage ? "stage" : "items";
    buf_init(&text);
    buf_puts(&text, "at least ");
    units_put_probability(&text, o->goal);
    goal.text = result_text(s->out, "%s", buf_text(&text));
    buf_release(&text);
    observe_share(&row->metrics, "attainment", n - bad, n, s->level);
    result_judge_row(s->out, &row->metrics, o->text, &goal, 1);
    if (n == 0)
        return;
    metrics_add_exact(&row->metrics, "events", (double)n, "count");
    metrics_add_exact(&row->metrics, "bad", (double)bad, "count");
    metrics_add_exact(&row->metrics, "budget_spent", burn_of(s, bad, n), "1");
    put_budget(s, n, bad);
    put_windows(s);
    uint64_t alerts = 0;
    for (size_t i = 0; i < sizeof burn_rules / sizeof *burn_rules; i++)
        if (seconds(s, s->last_ns) >= burn_rules[i].long_s)
            alerts += put_burns(s, &burn_rules[i]);
    metrics_add_exact(&s->out->objectives.at[s->out->objectives.len - 1].metrics, "burn_alerts",
                      (double)alerts, "count");
}

static int find_stage(const struct trace_log *log, const struct objective *o, int32_t *out,
                      struct error *err)
{
    const char *names[LOG_STAGES_MAX], *called = NULL;
    *out = -1;
    if (!*o->stage)
        return 0;
    for (size_t s = 0; s < log->stages.len; s++) {
        names[s] = log->stages.at[s].id;
        if (!strcmp(o->stage, names[s]))
            *out = (int32_t)s;
        if (log->stages.at[s].name && !strcmp(o->stage, log->stages.at[s].name))
            called = names[s];
    }
    if (*out >= 0)
        return 0;
    const char *near = called ? called : nearest_word(o->stage, names, log->stages.len);
    return error_set(err, ERR_USAGE, "--slo \"%s\": the log has no stage \"%s\"%s%s%s", o->text,
                     o->stage, near ? "; did you mean \"" : "", near ? near : "",
                     near ? "\"?" : "");
}

/* Of a stage with a time: how many of its visits kept to it. */
static void put_within(const struct slo *s, struct metrics *m)
{
    uint64_t n = 0, bad = 0;
    for (size_t i = 0; i < s->n; i++) {
        n += s->event[i].n;
        bad += s->event[i].bad;
    }
    observe_share(m, "within_budget", n - bad, n, s->level);
}

static void tell_slices(const struct slo_events *e, struct result *out)
{
    struct buf width = {0};
    if (!e->width_ns)
        return;
    units_put_duration(&width, (double)e->width_ns * 1e-9);
    result_assume(out,
                  "events of objectives stand in slices of %s: where a window or an alert "
                  "begins and ends is as exact as that",
                  buf_text(&width));
    buf_release(&width);
}

int slo_put(struct slo_events *e, const struct trace_log *log, double window_s, double level,
            struct result *out, struct error *err)
{
    struct slo s = {.level = level, .out = out};
    slo_events_sort(e);
    s.first_ns = e->first_ns;
    s.last_ns = e->last_ns;
    s.window_s = window_s > 0 ? window_s : length_of(seconds(&s, s.last_ns));
    if (seconds(&s, s.last_ns) / s.window_s > WINDOWS_MAX)
        return error_set(err, ERR_USAGE, "--window: more than %d windows in this log", WINDOWS_MAX);
    for (size_t i = 0; i < e->n; i++) {
        int32_t stage;
        s.objective = &e->objective[i];
        s.event = e->series[i].events.at;
        s.n = e->series[i].events.len;
        if (find_stage(log, s.objective, &stage, err))
            return -1;
        put_objective(&s);
        if (s.objective->kind == OBJECTIVE_WITHIN)
            put_within(&s, &out->stages.at[stage].metrics);
    }
    tell_slices(e, out);
    return 0;
}

int log_slo(const struct trace_log *log, const struct objective *objective, size_t n,
            double window_s, double level, struct result *out, struct error *err)
{
    struct slo_events *e = slo_events_new(objective, n);
    slo_events_add(e, log, false);
    int status = slo_put(e, log, window_s, level, out, err);
    slo_events_free(e);
    return status;
}
