/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result as one JSON object, "seam.result/1".  NaN is null; parts with nothing to say are left
 * out; the same result is the same bytes. */
#include "model/result.h"

#include "base/json_write.h"

#include <math.h>

static void put_text(struct json_write *w, const char *key, const char *text)
{
    if (!text)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void put_text_or_null(struct json_write *w, const char *key, const char *text)
{
    json_key(w, key);
    if (text)
        json_string(w, text);
    else
        json_null(w);
}

static void put_number(struct json_write *w, const char *key, double x)
{
    json_key(w, key);
    json_number(w, x);
}

static void put_known(struct json_write *w, const char *key, double x)
{
    if (!isnan(x))
        put_number(w, key, x);
}

static void put_uint(struct json_write *w, const char *key, uint64_t n)
{
    json_key(w, key);
    json_uint(w, n);
}

static void put_interval(struct json_write *w, double low, double high)
{
    if (isnan(low) && isnan(high))
        return;
    put_number(w, "low", low);
    put_number(w, "high", high);
}

static void put_metrics(struct json_write *w, const struct metrics *metrics)
{
    if (!metrics->list.len)
        return;
    json_key(w, "metrics");
    json_open(w, '{');
    for (size_t i = 0; i < metrics->list.len; i++) {
        const struct metric *m = &metrics->list.at[i];
        json_key(w, m->name);
        json_open(w, '{');
        put_number(w, "value", m->value);
        put_interval(w, m->low, m->high);
        if (m->sd_sampling > 0)
            put_number(w, "sd_sampling", m->sd_sampling);
        if (m->sd_parameters > 0)
            put_number(w, "sd_parameters", m->sd_parameters);
        if (m->level != 0)
            put_number(w, "level", m->level);
        if (m->n)
            put_uint(w, "n", m->n);
        put_text(w, "unit", m->unit);
        put_text(w, "target", m->target);
        if (m->verdict != VERDICT_NONE)
            put_text(w, "verdict", verdict_name(m->verdict));
        json_close(w, '}');
    }
    json_close(w, '}');
}

static void put_rows(struct json_write *w, const char *key, const char *id_key,
                     const struct row *rows, size_t n)
{
    if (!n)
        return;
    json_key(w, key);
    json_open(w, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(w, '{');
        put_text(w, id_key, rows[i].id);
        put_text(w, "name", rows[i].name);
        put_text(w, "layer", rows[i].layer);
        put_text(w, "kind", rows[i].kind);
        put_metrics(w, &rows[i].metrics);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_edges(struct json_write *w, const struct result *r)
{
    if (!r->edges.len)
        return;
    json_key(w, "edges");
    json_open(w, '[');
    for (size_t i = 0; i < r->edges.len; i++) {
        const struct edge_row *e = &r->edges.at[i];
        json_open(w, '{');
        put_text(w, "from", e->from);
        put_text(w, "to", e->to);
        put_metrics(w, &e->metrics);
        put_uint(w, "count", e->count);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_curves(struct json_write *w, const struct result *r)
{
    if (!r->curves.len)
        return;
    json_key(w, "curves");
    json_open(w, '[');
    for (size_t i = 0; i < r->curves.len; i++) {
        const struct curve *c = &r->curves.at[i];
        json_open(w, '{');
        put_text(w, "id", c->id);
        put_text(w, "x", c->x);
        put_text(w, "y", c->y);
        put_text(w, "resource", c->resource);
        json_key(w, "points");
        json_open(w, '[');
        for (size_t k = 0; k < c->points.len; k++) {
            const struct point *p = &c->points.at[k];
            json_open(w, '{');
            put_number(w, "x", p->x);
            put_number(w, "y", p->y);
            put_interval(w, p->low, p->high);
            put_text(w, "at", p->at);
            json_close(w, '}');
        }
        json_close(w, ']');
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_sensitivities(struct json_write *w, const struct result *r)
{
    if (!r->sensitivities.len)
        return;
    json_key(w, "sensitivities");
    json_open(w, '[');
    for (size_t i = 0; i < r->sensitivities.len; i++) {
        const struct sensitivity *s = &r->sensitivities.at[i];
        json_open(w, '{');
        put_text(w, "parameter", s->parameter);
        put_text(w, "metric", s->metric);
        put_known(w, "value", s->value);
        put_interval(w, s->low, s->high);
        if (isfinite(s->at)) {
            put_number(w, "at", s->at);
            json_key(w, "probability");
            json_bool(w, s->probability);
        }
        if (s->shared) {
            put_number(w, "variance_share", s->variance_share);
            put_number(w, "variance_share_low", s->variance_share_low);
            put_number(w, "variance_share_high", s->variance_share_high);
        }
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_windows(struct json_write *w, const struct prediction *p)
{
    if (!p->windows)
        return;
    put_uint(w, "windows", p->windows);
    put_uint(w, "windows_scored", p->scored);
    put_uint(w, "windows_covered", p->held);
    put_known(w, "width", p->width);
    put_known(w, "score", p->score);
}

static void put_predictions(struct json_write *w, const struct result *r)
{
    if (!r->predictions.len)
        return;
    json_key(w, "predictions");
    json_open(w, '[');
    for (size_t i = 0; i < r->predictions.len; i++) {
        const struct prediction *p = &r->predictions.at[i];
        json_open(w, '{');
        if (p->stage)
            put_text(w, "stage", p->stage);
        put_text(w, "metric", p->metric);
        put_number(w, "value", p->value);
        put_interval(w, p->low, p->high);
        if (p->level != 0)
            put_number(w, "level", p->level);
        put_number(w, "seen", p->seen);
        put_known(w, "seen_low", p->seen_low);
        put_known(w, "seen_high", p->seen_high);
        json_key(w, "covered");
        if (p->covered == COVERAGE_UNKNOWN)
            json_null(w);
        else
            json_bool(w, p->covered == COVERAGE_YES);
        put_windows(w, p);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_view(struct json_write *w, const char *key, double value, double low, double high)
{
    if (isnan(value))
        return;
    json_key(w, key);
    json_open(w, '{');
    put_number(w, "value", value);
    put_interval(w, low, high);
    json_close(w, '}');
}

static void put_compared(struct json_write *w, const struct result *r)
{
    if (!r->compared.len)
        return;
    json_key(w, "compared");
    json_open(w, '[');
    for (size_t i = 0; i < r->compared.len; i++) {
        const struct side_by_side *c = &r->compared.at[i];
        json_open(w, '{');
        put_text(w, "stage", c->stage);
        put_text(w, "metric", c->metric);
        for (int k = 0; k < VIEW_COUNT; k++)
            put_view(w, view_name((enum view_way)k), c->view[k].value, c->view[k].low,
                     c->view[k].high);
        put_view(w, "difference", c->difference, c->low, c->high);
        put_text(w, "why", c->why);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_settings(struct json_write *w, const struct answer *a)
{
    if (a->n_settings) {
        json_key(w, "settings");
        json_open(w, '[');
        for (size_t i = 0; i < a->n_settings; i++) {
            json_open(w, '{');
            put_text(w, "path", a->settings[i].path);
            put_number(w, "value", a->settings[i].value);
            json_close(w, '}');
        }
        json_close(w, ']');
    }
    if (!a->n_rivals)
        return;
    json_key(w, "rivals");
    json_open(w, '[');
    for (size_t i = 0; i < a->n_rivals; i++) {
        json_open(w, '{');
        put_text(w, "at", a->rivals[i].at);
        put_text(w, "metric", a->rivals[i].metric);
        put_number(w, "difference", a->rivals[i].difference);
        put_known(w, "low", a->rivals[i].low);
        put_known(w, "high", a->rivals[i].high);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_answer(struct json_write *w, const struct answer *a)
{
    if (!a->present)
        return;
    json_key(w, "answer");
    json_open(w, '{');
    put_text(w, "sentence", a->sentence);
    put_text(w, "parameter", a->parameter);
    put_number(w, "threshold", a->threshold);
    if (a->threshold_shown != 0)
        put_number(w, "threshold_shown", a->threshold_shown);
    put_settings(w, a);
    put_uint(w, "m", a->m);
    put_uint(w, "k", a->k);
    put_number(w, "bound", a->bound);
    put_number(w, "level", a->level);
    put_known(w, "review_load", a->review_load);
    put_known(w, "risk_value", a->risk_value);
    put_known(w, "best_attainable", a->best_attainable);
    put_text_or_null(w, "method", a->method);
    put_text_or_null(w, "risk", a->risk);
    put_text_or_null(w, "population", a->population);
    put_uint(w, "tests", a->tests);
    if (a->labels_needed)
        put_uint(w, "labels_needed", a->labels_needed);
    put_text_or_null(w, "ending", a->ending);
    if (a->choice)
        put_text(w, "choice", a->choice);
    json_close(w, '}');
}

static void put_data(struct json_write *w, const struct data_quality *d)
{
    if (!d->present)
        return;
    json_key(w, "data");
    json_open(w, '{');
    put_text(w, "format", d->format);
    size_t n;
    const struct data_count *counts = data_counts(&n);
    for (size_t i = 0; i < n; i++)
        if (!counts[i].rare || data_count_get(d, &counts[i]))
            put_uint(w, counts[i].name, data_count_get(d, &counts[i]));
    put_text(w, "percentiles", d->percentiles);
    if (d->places.len) {
        json_key(w, "places");
        json_open(w, '[');
        for (size_t i = 0; i < d->places.len; i++) {
            json_open(w, '{');
            put_text(w, "kind", d->places.at[i].kind);
            put_text(w, "place", d->places.at[i].place);
            json_close(w, '}');
        }
        json_close(w, ']');
    }
    json_close(w, '}');
}

static void put_run(struct json_write *w, const struct run_info *run)
{
    if (!run->present)
        return;
    json_key(w, "run");
    json_open(w, '{');
    put_text(w, "method", run->method);
    put_text(w, "engine", run->engine);
    put_uint(w, "seed", run->seed);
    put_uint(w, "trials", run->trials);
    put_uint(w, "threads", run->threads);
    put_text(w, "version", run->version);
    put_number(w, "elapsed_s", run->elapsed_s);
    json_key(w, "partial");
    json_bool(w, run->partial);
    put_text(w, "covers", run->covers);
    json_close(w, '}');
}

static void put_texts(struct json_write *w, const char *key, const char *const *texts, size_t n)
{
    if (!n)
        return;
    json_key(w, key);
    json_open(w, '[');
    for (size_t i = 0; i < n; i++)
        json_string(w, texts[i]);
    json_close(w, ']');
}

static void put_head(struct json_write *w, const struct result *r)
{
    put_text(w, "schema", "seam.result/1");
    put_text(w, "command", r->command);
    json_key(w, "passed");
    if (r->passed == PASSED_NULL)
        json_null(w);
    else
        json_bool(w, r->passed == PASSED_TRUE);
    if (r->scenario_name || r->scenario_file || r->scenario_sha256) {
        json_key(w, "scenario");
        json_open(w, '{');
        put_text(w, "name", r->scenario_name);
        put_text(w, "file", r->scenario_file);
        put_text(w, "sha256", r->scenario_sha256);
        json_close(w, '}');
    }
    put_text(w, "currency", r->currency);
}

void result_write_json(const struct result *r, struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 2);
    json_open(&w, '{');
    put_head(&w, r);
    put_run(&w, &r->run);
    put_metrics(&w, &r->metrics);
    put_rows(&w, "stages", "id", r->stages.at, r->stages.len);
    put_edges(&w, r);
    put_rows(&w, "resources", "id", r->resources.at, r->resources.len);
    put_rows(&w, "environments", "id", r->environments.at, r->environments.len);
    put_rows(&w, "layers", "id", r->layers.at, r->layers.len);
    put_rows(&w, "classes", "id", r->classes.at, r->classes.len);
    put_rows(&w, "reviewers", "id", r->reviewers.at, r->reviewers.len);
    put_rows(&w, "objectives", "id", r->objectives.at, r->objectives.len);
    put_rows(&w, "windows", "id", r->windows.at, r->windows.len);
    put_rows(&w, "changes", "id", r->changes.at, r->changes.len);
    put_rows(&w, "alternatives", "id", r->alternatives.at, r->alternatives.len);
    put_rows(&w, "differences", "id", r->differences.at, r->differences.len);
    put_rows(&w, "plan", "id", r->plan.at, r->plan.len);
    put_curves(&w, r);
    put_sensitivities(&w, r);
    put_predictions(&w, r);
    put_compared(&w, r);
    put_answer(&w, &r->answer);
    put_data(&w, &r->data);
    put_rows(&w, "names", "name", r->names.at, r->names.len);
    put_texts(&w, "assumptions", r->assumptions.at, r->assumptions.len);
    put_texts(&w, "warnings", r->warnings.at, r->warnings.len);
    json_close(&w, '}');
    buf_putc(out, '\n');
}
