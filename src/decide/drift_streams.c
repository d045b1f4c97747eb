/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One number of each item: attempts and visits of one item hang together, items need not.
 *
 * Of a stage it is the first attempt that is asked, so that retries of a failed one do not count as
 * evidence of their own.  Calibration: baseline confidences are calibrated on every other labelled
 * item (beta calibration), and what is watched is where the truth falls in its predicted law: the
 * randomised probability integral transform (Brockwell 2007), uniform while the map holds whatever
 * the mix of confidences. */
#include "decide/drift_streams.h"

#include "math/recalibrate.h"
#include "math/rng.h"
#include "model/rules.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- sides ------------------------------------------------------------------------------ */

struct started {
    int64_t start_ns;
    uint32_t item;
};

static int by_start(const void *a, const void *b)
{
    const struct started *x = a, *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

void drift_side_take(const struct trace_log *log, double first, double last, struct drift_side *out)
{
    size_t n = log->items.len, from = (size_t)ceil(first * (double)n),
           to = (size_t)ceil(last * (double)n);
    struct started *all = mem_alloc((n + 1) * sizeof *all);
    for (size_t i = 0; i < n; i++)
        all[i] = (struct started){log->items.at[i].start_ns, (uint32_t)i};
    qsort(all, n, sizeof *all, by_start);
    *out = (struct drift_side){.log = log, .n = to - from};
    out->item = mem_alloc((out->n + 1) * sizeof *out->item);
    for (size_t i = 0; i < out->n; i++)
        out->item[i] = all[from + i].item;
    mem_free(all);
}

void drift_side_release(struct drift_side *s)
{
    mem_free(s->item);
    *s = (struct drift_side){0};
}

/* ---- values ----------------------------------------------------------------------------- */

static void keep(struct drift_values *v, double x, uint32_t item)
{
    if (isnan(x))
        return;
    if (v->len == v->cap) {
        v->cap = v->cap ? 2 * v->cap : 64;
        v->at = mem_resize(v->at, v->cap * sizeof *v->at);
        v->item = mem_resize(v->item, v->cap * sizeof *v->item);
    }
    v->at[v->len] = x;
    v->item[v->len++] = item;
}

/* Visits of a side by stage: of each item that was there its first one, and their number. */
struct stop {
    uint32_t item, visit, visits;
};
struct stops {
    uint32_t *first; /* [stages + 1] */
    struct stop *at; /* by stage, in order of the items */
};

/* Calls of put for the first visit of every stage that an item meets; last[stage] is the stop of
 * its latest item. */
static void walk_stops(const struct drift_side *s, uint32_t *count, struct stops *out)
{
    size_t stages = s->log->stages.len;
    uint32_t *met = mem_alloc((stages + 1) * sizeof *met);
    memset(met, 0xff, (stages + 1) * sizeof *met);
    for (size_t i = 0; i < s->n; i++) {
        const struct log_item *it = &s->log->items.at[s->item[i]];
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++) {
            uint32_t stage = s->log->visits.at[v].stage;
            bool again = met[stage] == (uint32_t)i;
            met[stage] = (uint32_t)i;
            if (!out && !again)
                count[stage]++;
            else if (out && !again)
                out->at[count[stage]++] = (struct stop){s->item[i], v, 1};
            else if (out)
                out->at[count[stage] - 1].visits++;
        }
    }
    mem_free(met);
}

static void stops_make(const struct drift_side *s, struct stops *out)
{
    size_t stages = s->log->stages.len;
    uint32_t *count = mem_zero(stages + 1, sizeof *count), sum = 0;
    out->first = mem_zero(stages + 1, sizeof *out->first);
    walk_stops(s, count, NULL);
    for (size_t k = 0; k < stages; k++) {
        out->first[k] = sum;
        sum += count[k];
        count[k] = out->first[k];
    }
    out->first[stages] = sum;
    out->at = mem_alloc(((size_t)sum + 1) * sizeof *out->at);
    walk_stops(s, count, out);
    mem_free(count);
}

static void stops_release(struct stops *s)
{
    mem_free(s->first);
    mem_free(s->at);
}

/* ---- streams of a stage ----------------------------------------------------------------- */

static double failed(const struct trace_log *log, const struct log_visit *v)
{
    return log->spans.outcome[log->attempts.at[v->first_attempt]] != OUTCOME_OK;
}

/* A review is as long as it waits for its person; of other stages the first attempt alone. */
static double latency(const struct trace_log *log, const struct log_visit *v)
{
    if (v->pending)
        return NAN;
    if ((int32_t)v->stage == log->review)
        return observe_span_s(v->start_ns, v->end_ns);
    return span_duration_s(&log->spans, log->attempts.at[v->first_attempt]);
}

static double confidence(const struct trace_log *log, const struct log_visit *v)
{
    return v->confidence;
}

static const struct {
    const char *metric;
    enum drift_kind kind;
    double (*of)(const struct trace_log *log, const struct log_visit *v);
} of_stage[] = {
    {"error_rate",          DRIFT_SHARE,  failed    },
    {"attempt_latency_p50", DRIFT_TIME,   latency   },
    {"confidence_mean",     DRIFT_NUMBER, confidence}
};
enum { OF_STAGE = sizeof of_stage / sizeof *of_stage };

static int32_t stage_named(const struct trace_log *log, const char *id)
{
    for (size_t s = 0; s < log->stages.len; s++)
        if (!strcmp(log->stages.at[s].id, id))
            return (int32_t)s;
    return -1;
}

static void fill_visits(const struct drift_side *s, const struct stops *stops, int32_t stage,
                        struct drift_values *out)
{
    uint32_t at = stage < 0 ? 0 : stops->first[stage],
             end = stage < 0 ? 0 : stops->first[stage + 1];
    for (size_t i = 0; i < s->n; i++) {
        bool here = at < end && stops->at[at].item == s->item[i];
        keep(out, here ? stops->at[at].visits : 0, s->item[i]);
        at += here;
    }
}

static void fill_stage(const struct drift_side *s, const struct stops *stops, const char *id,
                       bool now, struct drift_stream *streams)
{
    int32_t stage = stage_named(s->log, id);
    for (size_t k = 0; k < OF_STAGE && stage >= 0; k++)
        for (uint32_t i = stops->first[stage]; i < stops->first[stage + 1]; i++)
            keep(now ? &streams[k].now : &streams[k].before,
                 of_stage[k].of(s->log, &s->log->visits.at[stops->at[i].visit]), stops->at[i].item);
    fill_visits(s, stops, stage, now ? &streams[OF_STAGE].now : &streams[OF_STAGE].before);
}

/* ---- streams of items ------------------------------------------------------------------- */

static double shipped(const struct log_item *it)
{
    return it->end == LOG_UNFINISHED ? NAN : it->end == LOG_SHIPPED;
}

static double reviewed(const struct log_item *it)
{
    return it->reviewed;
}

static double item_latency(const struct log_item *it)
{
    return it->end == LOG_SHIPPED ? observe_span_s(it->start_ns, it->end_ns) : NAN;
}

static double draft_right(const struct log_item *it)
{
    return it->draft == LOG_UNKNOWN ? NAN : it->draft == LOG_GOOD;
}

static const struct {
    const char *metric;
    enum drift_kind kind;
    double (*of)(const struct log_item *it);
} of_items[] = {
    {"completion",  DRIFT_SHARE, shipped     },
    {"review_load", DRIFT_SHARE, reviewed    },
    {"latency_p50", DRIFT_TIME,  item_latency},
    {"accuracy",    DRIFT_SHARE, draft_right }
};

static void fill_items(const struct drift_side *s, size_t k, struct drift_values *out)
{
    for (size_t i = 0; i < s->n; i++)
        keep(out, of_items[k].of(&s->log->items.at[s->item[i]]), s->item[i]);
}

/* ---- calibration ------------------------------------------------------------------------ */

static bool is_scored(const struct log_item *it)
{
    return it->draft != LOG_UNKNOWN && !isnan(it->confidence);
}

/* The map of the baseline, from every other labelled item; false when they are too few. */
static bool fit_map(const struct drift_side *s, struct arena *arena, struct calibration_map *map)
{
    VEC(struct scored) rows = {0};
    size_t seen = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct log_item *it = &s->log->items.at[s->item[i]];
        if (is_scored(it) && seen++ % 2 == 0)
            vec_push(&rows, ((struct scored){.confidence = it->confidence,
                                             .weight = 1,
                                             .correct = it->draft == LOG_GOOD}));
    }
    bool enough = rows.len >= DRIFT_LEAST;
    if (enough)
        calibration_fit(FIT_BETA, rows.at, rows.len, arena, map);
    vec_release(&rows);
    return enough;
}

/* The truth's place in the law that the map predicts, wrong below 1 - g and right above; as -1 to 1
 * its mean is the share of the right less the mean of g. */
static void fill_places(const struct drift_side *s, const struct calibration_map *map, bool halve,
                        uint64_t key, struct drift_values *out)
{
    size_t seen = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct log_item *it = &s->log->items.at[s->item[i]];
        if (!is_scored(it) || (seen++ % 2 == 0 && halve))
            continue;
        double g = calibration_map_at(map, it->confidence), u = rng_unit(rng_at(key, i));
        double place = it->draft == LOG_GOOD ? 1 - g + g * u : (1 - g) * u;
        keep(out, 2 * place - 1, s->item[i]);
    }
}

static void add_calibration(const struct drift_side *before, const struct drift_side *now,
                            uint64_t seed, struct drift_stream *out)
{
    struct arena arena;
    struct calibration_map map = {0};
    arena_init(&arena);
    if (fit_map(before, &arena, &map)) {
        fill_places(before, &map, true, rng_key(seed, 0, 0, 0, RNG_QUALITY), &out->before);
        fill_places(now, &map, false, rng_key(seed, 0, 1, 0, RNG_QUALITY), &out->now);
    }
    arena_release(&arena);
}

/* ---- all -------------------------------------------------------------------------------- */

static struct drift_stream *add(struct drift_streams *out, const char *stage, const char *metric,
                                enum drift_kind kind)
{
    vec_push(out, ((struct drift_stream){.stage = stage, .metric = metric, .kind = kind}));
    return &out->at[out->len - 1];
}

static void add_stage(const struct drift_side *const side[2], const struct stops stops[2],
                      const char *id, struct drift_streams *out)
{
    size_t first = out->len;
    for (size_t k = 0; k < OF_STAGE; k++)
        add(out, id, of_stage[k].metric, of_stage[k].kind);
    add(out, id, "visits_per_item", DRIFT_NUMBER);
    for (int now = 0; now < 2; now++)
        fill_stage(side[now], &stops[now], id, now, &out->at[first]);
}

void drift_streams_make(const struct drift_side *before, const struct drift_side *now,
                        uint64_t seed, struct drift_streams *out)
{
    const struct drift_side *const side[2] = {before, now};
    struct stops stops[2];
    *out = (struct drift_streams){0};
    stops_make(before, &stops[0]);
    stops_make(now, &stops[1]);
    for (size_t s = 0; s < before->log->stages.len; s++)
        add_stage(side, stops, before->log->stages.at[s].id, out);
    for (size_t s = 0; s < now->log->stages.len; s++)
        if (stage_named(before->log, now->log->stages.at[s].id) < 0)
            add_stage(side, stops, now->log->stages.at[s].id, out);
    for (size_t k = 0; k < sizeof of_items / sizeof *of_items; k++) {
        struct drift_stream *stream = add(out, "", of_items[k].metric, of_items[k].kind);
        fill_items(before, k, &stream->before);
        fill_items(now, k, &stream->now);
    }
    add_calibration(before, now, seed, add(out, "", "calibration_gap", DRIFT_NUMBER));
    stops_release(&stops[0]);
    stops_release(&stops[1]);
}

void drift_streams_release(struct drift_streams *s)
{
    for (size_t i = 0; i < s->len; i++) {
        mem_free(s->at[i].before.at);
        mem_free(s->at[i].before.item);
        mem_free(s->at[i].now.at);
        mem_free(s->at[i].now.item);
    }
    vec_release(s);
}
