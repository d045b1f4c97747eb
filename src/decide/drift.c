/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of all streams by e-processes (math/change), each at its share of the false-alarm rate.
 *
 * With K tests an alarm is an e-value of K / (1 - level): by Ville's inequality and a union bound
 * all of them together give a false alarm with probability 1 - level at most, whenever one looks
 * (Bonferroni over e-values; Vovk and Wang 2021). */
#include "decide/drift.h"

#include "base/units.h"
#include "decide/drift_streams.h"
#include "math/change.h"
#include "math/interval.h"
#include "math/rng.h"
#include "trace/observe.h"
#include "trace/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct tested {
    const struct drift_stream *stream;
    struct change change;
    uint64_t key;
    bool alarm;
};

struct judging {
    const struct drift_side *before, *now;
    struct drift_streams streams;
    VEC(struct tested) tests;
    size_t n_tests, few; /* streams tested, and left out because they are short */
    uint64_t seed;
    double level, bar; /* ln of the e-value that gives an alarm */
    struct result *out;
};

static bool is_constant(const struct drift_stream *s)
{
    for (size_t i = 0; i < s->before.len; i++)
        if (s->before.at[i] != s->before.at[0])
            return false;
    for (size_t i = 0; i < s->now.len; i++)
        if (s->now.at[i] != s->before.at[0])
            return false;
    return true;
}

/* The number of tests hangs on how many values there are, never on what they are. */
static void test_all(struct judging *j)
{
    for (size_t i = 0; i < j->streams.len; i++) {
        const struct drift_stream *s = &j->streams.at[i];
        struct tested t = {.stream = s, .key = rng_key(j->seed, 0, i, 0, RNG_SPLIT)};
        if (s->before.len < DRIFT_LEAST || s->now.len < DRIFT_LEAST) {
            j->few += s->before.len || s->now.len;
            continue;
        }
        j->n_tests++;
        if (is_constant(s))
            continue;
        change_test(s->before.at, s->before.len, s->now.at, s->now.len, t.key, &t.change);
        vec_push(&j->tests, t);
    }
    j->bar = log((double)(j->n_tests ? j->n_tests : 1) / (1 - j->level));
    for (size_t i = 0; i < j->tests.len; i++) {
        struct tested *t = &j->tests.at[i];
        const struct drift_stream *s = t->stream;
        t->alarm = t->change.log_e >= j->bar;
        if (t->alarm)
            change_since(s->now.at, s->before.len, s->now.len, t->key, &t->change);
    }
}

static int by_evidence(const void *a, const void *b)
{
    const struct tested *x = a, *y = b;
    if (x->change.log_e != y->change.log_e)
        return x->change.log_e > y->change.log_e ? -1 : 1;
    return x->stream < y->stream ? -1 : x->stream > y->stream;
}

/* ---- rows ------------------------------------------------------------------------------- */

static struct metric summary(const struct drift_stream *s, const struct drift_values *v,
                             double level)
{
    static const char *const names[5] = {"mean", "p50", "p90", "p95", "p99"};
    struct metrics m = {0};
    if (s->kind == DRIFT_TIME) {
        double *copy = mem_alloc(v->len * sizeof *copy);
        memcpy(copy, v->at, v->len * sizeof *copy);
        observe_latency(&m, names, copy, v->len, level);
        mem_free(copy);
    } else if (s->kind == DRIFT_SHARE) {
        uint64_t k = 0;
        for (size_t i = 0; i < v->len; i++)
            k += v->at[i] > 0;
        observe_share(&m, "share", k, v->len, level);
    } else {
        double mean = 0, ss = 0;
        for (size_t i = 0; i < v->len; i++)
            mean += v->at[i] / (double)v->len;
        for (size_t i = 0; i < v->len; i++)
            ss += (v->at[i] - mean) * (v->at[i] - mean);
        struct interval t = interval_mean(mean, ss / (double)(v->len - 1), v->len, level);
        metrics_add(&m, "mean", mean, t.low, t.high, level, v->len, "1");
    }
    struct metric found = m.list.at[s->kind == DRIFT_TIME];
    vec_release(&m.list);
    return found;
}

static void put_summary(struct row *row, const char *name, const struct metric *m)
{
    metrics_add(&row->metrics, name, m->value, m->low, m->high, m->level, m->n, m->unit);
}

static double start_s(const struct judging *j, uint32_t item)
{
    return (double)j->now->log->items.at[item].start_ns * 1e-9;
}

static void put_times(struct judging *j, const struct tested *t, struct row *row)
{
    const struct drift_values *v = &t->stream->now;
    const struct change *c = &t->change;
    metrics_add(&row->metrics, "since", start_s(j, v->item[c->since]),
                start_s(j, v->item[c->since_low]), start_s(j, v->item[c->since_high]), 0.95, v->len,
                "time");
    size_t found = change_found(c, j->bar);
    metrics_add_exact(&row->metrics, "found", start_s(j, v->item[c->at[found] - 1]), "time");
}

static void put_path(struct judging *j, const struct tested *t)
{
    const struct drift_values *v = &t->stream->now;
    struct curve *c = result_add_curve(j->out, "evidence", "time", "evidence");
    c->resource = result_text(j->out, "%s%s%s", t->stream->stage, *t->stream->stage ? " " : "",
                              t->stream->metric);
    for (size_t i = 0; i < t->change.looks; i++)
        vec_push(&c->points, ((struct point){.x = start_s(j, v->item[t->change.at[i] - 1]) -
                                                  start_s(j, j->now->item[0]),
                                             .y = t->change.path[i] / log(10),
                                             .low = NAN,
                                             .high = NAN}));
}

static void put_row(struct judging *j, const struct tested *t)
{
    const struct drift_stream *s = t->stream;
    struct row *row = result_add_row(j->out, changes, s->stage);
    struct metric before = summary(s, &s->before, j->level), now = summary(s, &s->now, j->level);
    row->kind = s->metric;
    put_summary(row, "before", &before);
    put_summary(row, "now", &now);
    if (s->kind != DRIFT_SHARE) {
        metrics_add_exact(&row->metrics, "cut", t->change.cut, before.unit);
        metrics_add_exact(&row->metrics, "above_before", t->change.above_before, "1");
        metrics_add_exact(&row->metrics, "above_now", t->change.above_after, "1");
    }
    struct metric *e = metrics_add_exact(&row->metrics, "evidence", t->change.log_e / log(10), "1");
    if (!t->alarm)
        return;
    e->verdict = VERDICT_FAIL;
    e->target = result_text(j->out, "below %.3g", j->bar / log(10));
    put_times(j, t, row);
    put_path(j, t);
}

/* ---- answer ----------------------------------------------------------------------------- */

static void put_alarms(const struct judging *j, size_t alarms, struct buf *out)
{
    const struct tested *first = NULL;
    size_t said = 0;
    for (size_t i = 0; i < j->tests.len; i++) {
        const struct tested *t = &j->tests.at[i];
        if (!t->alarm)
            continue;
        buf_puts(out, said ? ", " : "Changed: ");
        if (*t->stream->stage)
            buf_printf(out, "%s ", t->stream->stage);
        for (const char *c = t->stream->metric; *c; c++)
            buf_putc(out, *c == '_' ? ' ' : *c);
        first = first ? first : t;
        if (++said == 5 && alarms > 5) {
            buf_printf(out, " and %zu more", alarms - 5);
            break;
        }
    }
    buf_puts(out, "; by the strongest evidence since ");
    units_put_instant(out, start_s(j, first->stream->now.item[first->change.since]));
}

static void put_answer(struct judging *j, size_t alarms)
{
    struct answer *a = &j->out->answer;
    struct buf text;
    buf_init(&text);
    if (alarms)
        put_alarms(j, alarms, &text);
    else
        buf_puts(&text, "No change is shown");
    buf_puts(&text, ". ");
    units_put_count(&text, j->now->n);
    buf_puts(&text, " items were held against ");
    units_put_count(&text, j->before->n);
    buf_printf(&text,
               ", %zu tests which together give a false alarm with probability %.3g%% at most.",
               j->n_tests, 100 * (1 - j->level));
    a->present = true;
    a->level = j->level;
    a->tests = j->n_tests;
    a->method = "e-processes";
    a->ending = alarms ? "alarm" : "no alarm";
    a->population = result_text(j->out, "%s", "items in order of their start");
    a->sentence = result_text(j->out, "%s", buf_text(&text));
    j->out->passed = alarms ? PASSED_FALSE : PASSED_TRUE;
    buf_release(&text);
}

static void put_notes(struct judging *j)
{
    struct result *out = j->out;
    if (j->few)
        result_warn(out,
                    "%zu of %zu numbers that could be watched have fewer than %d values in one of "
                    "the two logs and were not tested",
                    j->few, j->few + j->n_tests, DRIFT_LEAST);
    result_assume(out, "as long as nothing changes items may stand in any order: a rhythm of day "
                       "and week is a change, unless both logs hold whole ones");
    result_assume(out, "one number of each item is watched, of a stage that of its first visit");
    out->run.present = true;
    out->run.method = "log";
    out->run.covers = "sampling";
    out->run.trials = j->now->n;
    out->run.seed = j->seed;
    quality_report(j->now->log, out);
    out->data.items = j->now->n;
}

int drift(const struct drift_side *before, const struct drift_side *now,
          const struct drift_options *options, struct result *out, bool *alarm, struct error *err)
{
    struct judging j = {
        .before = before, .now = now, .seed = options->seed, .level = options->level, .out = out};
    const struct drift_side *least = before->n < now->n ? before : now;
    size_t alarms = 0;
    if (least->n < DRIFT_LEAST)
        return error_set(
            err, ERR_INPUT,
            "%s: %zu items as the %s are too few: nothing can be said of fewer than %d",
            least->log->files.at[0], least->n, least == before ? "baseline" : "current part",
            DRIFT_LEAST);
    drift_streams_make(before, now, options->seed, &j.streams);
    test_all(&j);
    if (j.tests.len)
        qsort(j.tests.at, j.tests.len, sizeof *j.tests.at, by_evidence);
    for (size_t i = 0; i < j.tests.len; i++) {
        alarms += j.tests.at[i].alarm;
        put_row(&j, &j.tests.at[i]);
    }
    put_answer(&j, alarms);
    put_notes(&j);
    *alarm = alarms > 0;
    vec_release(&j.tests);
    drift_streams_release(&j.streams);
    return 0;
}
