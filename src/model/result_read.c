/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result from its JSON: read(write(r)) writes the same bytes.  Unknown members are passed over
 * (a later version may add some); a known member of the wrong type is refused by its path. */
#include "model/result.h"

#include "base/json_read.h"

#include <math.h>
#include <string.h>

/* The first fault wins; the walk goes on with absent values. */
struct reading {
    struct result *r;
    const char *file;
    struct error *err;
    bool failed;
};

static void refuse(struct reading *in, const char *where, const char *key, const char *want)
{
    if (in->failed)
        return;
    in->failed = true;
    error_set(in->err, ERR_INPUT, "%s: %s.%s must be %s", in->file, where, key, want);
}

static bool is_null(struct json v)
{
    return !json_present(v) || json_type(v) == JSON_NULL;
}

static const char *keep(struct reading *in, const char *s, size_t len)
{
    return arena_strndup(&in->r->arena, s, len);
}

static const char *text_of(struct reading *in, struct json map, const char *where, const char *key)
{
    struct json v = json_get(map, key);
    const char *s;
    size_t len;
    if (is_null(v))
        return NULL;
    if (!json_text(v, &s, &len)) {
        refuse(in, where, key, "a string");
        return NULL;
    }
    return keep(in, s, len);
}

static double number_of(struct reading *in, struct json map, const char *where, const char *key)
{
    struct json v = json_get(map, key);
    double x = NAN;
    if (!is_null(v) && !json_as_double(v, &x))
        refuse(in, where, key, "a number");
    return x;
}

static uint64_t count_of(struct reading *in, struct json map, const char *where, const char *key)
{
    struct json v = json_get(map, key);
    uint64_t n = 0;
    if (!is_null(v) && !json_as_u64(v, &n))
        refuse(in, where, key, "a whole number from 0");
    return n;
}

/* A list to walk; an absent one is empty. */
static struct json list_of(struct reading *in, struct json map, const char *where, const char *key)
{
    struct json v = json_get(map, key);
    if (is_null(v))
        return (struct json){0};
    if (json_type(v) != JSON_LIST) {
        refuse(in, where, key, "a list");
        return (struct json){0};
    }
    return v;
}

/* Members of a list must be maps. */
static bool member(struct reading *in, struct json v, const char *key)
{
    if (json_type(v) == JSON_MAP)
        return true;
    refuse(in, "result", key, "a list of objects");
    return false;
}

static enum verdict verdict_of(struct reading *in, const char *name, const char *word)
{
    if (!word)
        return VERDICT_NONE;
    for (int v = VERDICT_PASS; v <= VERDICT_INFEASIBLE; v++)
        if (!strcmp(word, verdict_name((enum verdict)v)))
            return (enum verdict)v;
    refuse(in, name, "verdict", "pass, fail, not shown or infeasible");
    return VERDICT_NONE;
}

/* 0 where it is left out. */
static double positive_of(struct reading *in, struct json v, const char *where, const char *key)
{
    double x = number_of(in, v, where, key);
    return x > 0 ? x : 0;
}

static void read_metrics(struct reading *in, struct json owner, struct metrics *out)
{
    struct json map = json_get(owner, "metrics");
    if (is_null(map))
        return;
    if (json_type(map) != JSON_MAP) {
        refuse(in, "result", "metrics", "an object");
        return;
    }
    for (struct json_iter it = json_each(map); json_next(&it);) {
        const char *name = keep(in, it.key, it.key_len);
        if (json_type(it.value) != JSON_MAP) {
            refuse(in, "metrics", name, "an object with a value");
            return;
        }
        double level = number_of(in, it.value, name, "level");
        struct metric *m = metrics_add(
            out, name, number_of(in, it.value, name, "value"), number_of(in, it.value, name, "low"),
            number_of(in, it.value, name, "high"), isnan(level) ? 0 : level,
            count_of(in, it.value, name, "n"), text_of(in, it.value, name, "unit"));
        m->sd_sampling = positive_of(in, it.value, name, "sd_sampling");
        m->sd_parameters = positive_of(in, it.value, name, "sd_parameters");
        m->target = text_of(in, it.value, name, "target");
        m->verdict = verdict_of(in, name, text_of(in, it.value, name, "verdict"));
    }
}

static struct row read_row(struct reading *in, struct json v, const char *id_key)
{
    struct row row = {.id = text_of(in, v, "row", id_key),
                      .name = strcmp(id_key, "name") ? text_of(in, v, "row", "name") : NULL,
                      .layer = text_of(in, v, "row", "layer"),
                      .kind = text_of(in, v, "row", "kind")};
    if (!row.id)
        row.id = "";
    read_metrics(in, v, &row.metrics);
    return row;
}

#define read_rows(in, root, rows, key, id_key)                                                     \
    for (struct json_iter it = json_each(list_of(in, root, "result", key)); json_next(&it);) {     \
        if (!member(in, it.value, key))                                                            \
            break;                                                                                 \
        vec_push(rows, read_row(in, it.value, id_key));                                            \
    }

static const char *text_or_empty(struct reading *in, struct json v, const char *where,
                                 const char *key)
{
    const char *s = text_of(in, v, where, key);
    return s ? s : "";
}

static void read_edges(struct reading *in, struct json root)
{
    for (struct json_iter it = json_each(list_of(in, root, "result", "edges")); json_next(&it);) {
        if (!member(in, it.value, "edges"))
            return;
        struct edge_row e = {.from = text_or_empty(in, it.value, "edges", "from"),
                             .to = text_or_empty(in, it.value, "edges", "to"),
                             .count = count_of(in, it.value, "edges", "count")};
        read_metrics(in, it.value, &e.metrics);
        vec_push(&in->r->edges, e);
    }
}

static void read_curves(struct reading *in, struct json root)
{
    for (struct json_iter it = json_each(list_of(in, root, "result", "curves")); json_next(&it);) {
        if (!member(in, it.value, "curves"))
            return;
        struct curve c = {.id = text_or_empty(in, it.value, "curves", "id"),
                          .x = text_or_empty(in, it.value, "curves", "x"),
                          .y = text_or_empty(in, it.value, "curves", "y"),
                          .resource = text_of(in, it.value, "curves", "resource")};
        struct json points = list_of(in, it.value, "curves", "points");
        for (struct json_iter at = json_each(points); json_next(&at);) {
            if (!member(in, at.value, "curves.points"))
                break;
            vec_push(&c.points, ((struct point){.x = number_of(in, at.value, "points", "x"),
                                                .y = number_of(in, at.value, "points", "y"),
                                                .low = number_of(in, at.value, "points", "low"),
                                                .high = number_of(in, at.value, "points", "high"),
                                                .at = text_of(in, at.value, "points", "at")}));
        }
        vec_push(&in->r->curves, c);
    }
}

static void read_sensitivities(struct reading *in, struct json root)
{
    const char *key = "sensitivities";
    for (struct json_iter it = json_each(list_of(in, root, "result", key)); json_next(&it);) {
        if (!member(in, it.value, key))
            return;
        struct sensitivity s = {.parameter = text_or_empty(in, it.value, key, "parameter"),
                                .metric = text_or_empty(in, it.value, key, "metric"),
                                .value = number_of(in, it.value, key, "value"),
                                .low = number_of(in, it.value, key, "low"),
                                .high = number_of(in, it.value, key, "high"),
                                .at = number_of(in, it.value, key, "at"),
                                .probability = false};
        struct json probability = json_get(it.value, "probability");
        if (!is_null(probability) && !json_as_bool(probability, &s.probability))
            refuse(in, key, "probability", "true or false");
        double share = number_of(in, it.value, key, "variance_share");
        if (!isnan(share)) {
            s.shared = true;
            s.variance_share = share;
            s.variance_share_low = number_of(in, it.value, key, "variance_share_low");
            s.variance_share_high = number_of(in, it.value, key, "variance_share_high");
        }
        vec_push(&in->r->sensitivities, s);
    }
}

static void read_predictions(struct reading *in, struct json root)
{
    const char *key = "predictions";
    for (struct json_iter it = json_each(list_of(in, root, "result", key)); json_next(&it);) {
        if (!member(in, it.value, key))
            return;
        struct json covered = json_get(it.value, "covered");
        struct prediction p = {.stage = text_of(in, it.value, key, "stage"),
                               .metric = text_or_empty(in, it.value, key, "metric"),
                               .value = number_of(in, it.value, key, "value"),
                               .low = number_of(in, it.value, key, "low"),
                               .high = number_of(in, it.value, key, "high"),
                               .seen = number_of(in, it.value, key, "seen"),
                               .seen_low = number_of(in, it.value, key, "seen_low"),
                               .seen_high = number_of(in, it.value, key, "seen_high"),
                               .windows = count_of(in, it.value, key, "windows"),
                               .scored = count_of(in, it.value, key, "windows_scored"),
                               .held = count_of(in, it.value, key, "windows_covered"),
                               .width = number_of(in, it.value, key, "width"),
                               .score = number_of(in, it.value, key, "score")};
        double level = number_of(in, it.value, key, "level");
        p.level = isnan(level) ? 0 : level;
        bool held = false;
        if (json_as_bool(covered, &held))
            p.covered = held ? COVERAGE_YES : COVERAGE_NO;
        vec_push(&in->r->predictions, p);
    }
}

static struct view_value view_of(struct reading *in, struct json row, const char *key)
{
    struct json v = json_get(row, key);
    if (!json_present(v) || !member(in, v, "compared"))
        return (struct view_value){NAN, NAN, NAN};
    return (struct view_value){number_of(in, v, key, "value"), number_of(in, v, key, "low"),
                               number_of(in, v, key, "high")};
}

static void read_compared(struct reading *in, struct json root)
{
    const char *key = "compared";
    for (struct json_iter it = json_each(list_of(in, root, "result", key)); json_next(&it);) {
        if (!member(in, it.value, key))
            return;
        struct side_by_side c = {.stage = text_of(in, it.value, key, "stage"),
                                 .metric = text_or_empty(in, it.value, key, "metric"),
                                 .why = text_of(in, it.value, key, "why")};
        for (int k = 0; k < VIEW_COUNT; k++)
            c.view[k] = view_of(in, it.value, view_name((enum view_way)k));
        struct view_value difference = view_of(in, it.value, "difference");
        c.difference = difference.value;
        c.low = difference.low;
        c.high = difference.high;
        vec_push(&in->r->compared, c);
    }
}

static struct json part(struct reading *in, struct json root, const char *key)
{
    struct json v = json_get(root, key);
    if (is_null(v))
        return (struct json){0};
    if (json_type(v) != JSON_MAP) {
        refuse(in, "result", key, "an object");
        return (struct json){0};
    }
    return v;
}

static const void *copied(struct arena *arena, const void *bytes, size_t size)
{
    void *own = arena_alloc(arena, size + 1);
    if (size)
        memcpy(own, bytes, size);
    return own;
}

static void read_settings(struct reading *in, struct json answer)
{
    struct arena *arena = &in->r->arena;
    struct answer *a = &in->r->answer;
    VEC(struct answer_setting) settings = {0};
    VEC(struct answer_rival) rivals = {0};

    for (struct json_iter it = json_each(list_of(in, answer, "answer", "settings"));
         json_next(&it);)
        if (member(in, it.value, "answer.settings"))
            vec_push(&settings, ((struct answer_setting){
                                    text_of(in, it.value, "answer.settings", "path"),
                                    number_of(in, it.value, "answer.settings", "value")}));
    for (struct json_iter it = json_each(list_of(in, answer, "answer", "rivals")); json_next(&it);)
        if (member(in, it.value, "answer.rivals"))
            vec_push(&rivals,
                     ((struct answer_rival){text_of(in, it.value, "answer.rivals", "at"),
                                            text_of(in, it.value, "answer.rivals", "metric"),
                                            number_of(in, it.value, "answer.rivals", "difference"),
                                            number_of(in, it.value, "answer.rivals", "low"),
                                            number_of(in, it.value, "answer.rivals", "high")}));
    a->n_settings = settings.len;
    a->n_rivals = rivals.len;
    a->settings = copied(arena, settings.at, settings.len * sizeof *settings.at);
    a->rivals = copied(arena, rivals.at, rivals.len * sizeof *rivals.at);
    vec_release(&settings);
    vec_release(&rivals);
}

static void read_answer(struct reading *in, struct json root)
{
    struct json v = part(in, root, "answer");
    if (!json_present(v))
        return;
    const char *at = "answer";
    in->r->answer = (struct answer){.present = true,
                                    .threshold = number_of(in, v, at, "threshold"),
                                    .bound = number_of(in, v, at, "bound"),
                                    .level = number_of(in, v, at, "level"),
                                    .m = count_of(in, v, at, "m"),
                                    .k = count_of(in, v, at, "k"),
                                    .tests = count_of(in, v, at, "tests"),
                                    .labels_needed = count_of(in, v, at, "labels_needed"),
                                    .review_load = number_of(in, v, at, "review_load"),
                                    .risk_value = number_of(in, v, at, "risk_value"),
                                    .best_attainable = number_of(in, v, at, "best_attainable"),
                                    .parameter = text_of(in, v, at, "parameter"),
                                    .method = text_of(in, v, at, "method"),
                                    .risk = text_of(in, v, at, "risk"),
                                    .population = text_of(in, v, at, "population"),
                                    .ending = text_of(in, v, at, "ending"),
                                    .sentence = text_of(in, v, at, "sentence"),
                                    .choice = text_of(in, v, at, "choice")};
    double shown = number_of(in, v, at, "threshold_shown");
    in->r->answer.threshold_shown = isnan(shown) ? 0 : shown;
    read_settings(in, v);
}

static void read_data(struct reading *in, struct json root)
{
    struct json v = part(in, root, "data");
    if (!json_present(v))
        return;
    struct data_quality *d = &in->r->data;
    d->present = true;
    d->format = text_of(in, v, "data", "format");
    d->percentiles = text_of(in, v, "data", "percentiles");
    size_t n;
    const struct data_count *counts = data_counts(&n);
    for (size_t i = 0; i < n; i++)
        data_count_set(d, &counts[i], count_of(in, v, "data", counts[i].name));
    for (struct json_iter it = json_each(list_of(in, v, "data", "places")); json_next(&it);) {
        if (!member(in, it.value, "data.places"))
            return;
        vec_push(&d->places,
                 ((struct data_place){.kind = text_or_empty(in, it.value, "places", "kind"),
                                      .place = text_or_empty(in, it.value, "places", "place")}));
    }
}

static void read_run(struct reading *in, struct json root)
{
    struct json v = part(in, root, "run");
    if (!json_present(v))
        return;
    struct run_info *run = &in->r->run;
    *run = (struct run_info){.present = true,
                             .method = text_of(in, v, "run", "method"),
                             .engine = text_of(in, v, "run", "engine"),
                             .version = text_of(in, v, "run", "version"),
                             .covers = text_of(in, v, "run", "covers"),
                             .seed = count_of(in, v, "run", "seed"),
                             .trials = count_of(in, v, "run", "trials"),
                             .elapsed_s = number_of(in, v, "run", "elapsed_s")};
    uint64_t threads = count_of(in, v, "run", "threads");
    if (threads > UINT32_MAX)
        refuse(in, "run", "threads", "a number of threads");
    run->threads = (uint32_t)threads;
    struct json partial = json_get(v, "partial");
    if (!is_null(partial) && !json_as_bool(partial, &run->partial))
        refuse(in, "run", "partial", "true or false");
}

static void read_head(struct reading *in, struct json root)
{
    struct result *r = in->r;
    bool passed;
    struct json v = json_get(root, "passed");
    if (!is_null(v) && !json_as_bool(v, &passed))
        refuse(in, "result", "passed", "true, false or null");
    else if (!is_null(v))
        r->passed = passed ? PASSED_TRUE : PASSED_FALSE;
    const char *command = text_of(in, root, "result", "command");
    r->command = command ? command : "";
    r->currency = text_of(in, root, "result", "currency");
    struct json scenario = part(in, root, "scenario");
    r->scenario_name = text_of(in, scenario, "scenario", "name");
    r->scenario_file = text_of(in, scenario, "scenario", "file");
    r->scenario_sha256 = text_of(in, scenario, "scenario", "sha256");
}

static void read_texts(struct reading *in, struct json root, const char *key)
{
    bool warnings = !strcmp(key, "warnings");
    for (struct json_iter it = json_each(list_of(in, root, "result", key)); json_next(&it);) {
        const char *s;
        size_t len;
        if (!json_text(it.value, &s, &len)) {
            refuse(in, "result", key, "a list of strings");
            return;
        }
        const char *kept = keep(in, s, len);
        if (warnings)
            vec_push(&in->r->warnings, kept);
        else
            vec_push(&in->r->assumptions, kept);
    }
}

static void read_all(struct reading *in, struct json root)
{
    struct result *r = in->r;
    read_head(in, root);
    read_run(in, root);
    read_metrics(in, root, &r->metrics);
    read_rows(in, root, &r->stages, "stages", "id");
    read_edges(in, root);
    read_rows(in, root, &r->resources, "resources", "id");
    read_rows(in, root, &r->environments, "environments", "id");
    read_rows(in, root, &r->layers, "layers", "id");
    read_rows(in, root, &r->classes, "classes", "id");
    read_rows(in, root, &r->reviewers, "reviewers", "id");
    read_rows(in, root, &r->objectives, "objectives", "id");
    read_rows(in, root, &r->windows, "windows", "id");
    read_rows(in, root, &r->changes, "changes", "id");
    read_rows(in, root, &r->alternatives, "alternatives", "id");
    read_rows(in, root, &r->differences, "differences", "id");
    read_rows(in, root, &r->plan, "plan", "id");
    read_curves(in, root);
    read_sensitivities(in, root);
    read_predictions(in, root);
    read_compared(in, root);
    read_answer(in, root);
    read_data(in, root);
    read_rows(in, root, &r->names, "names", "name");
    read_texts(in, root, "assumptions");
    read_texts(in, root, "warnings");
}

int result_read_json(const char *file, const char *text, size_t len, struct result *out,
                     struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root, schema;
    struct reading in = {.r = out, .file = file, .err = err};
    const char *s;
    size_t n;
    result_init(out, "");
    if (json_parse(reader, text, len, &root, err)) {
        error_prefix(err, "%s", file);
        in.failed = true;
        goto out;
    }
    schema = json_get(root, "schema");
    if (!json_text(schema, &s, &n) || n != strlen("seam.result/1") ||
        memcmp(s, "seam.result/1", n)) {
        error_set(err, ERR_INPUT,
                  "%s: not a result of this program: \"schema\" must be \"seam.result/1\"", file);
        in.failed = true;
        goto out;
    }
    read_all(&in, root);
out:
    json_reader_free(reader);
    if (in.failed) {
        result_release(out);
        *out = (struct result){0};
    }
    return in.failed ? -1 : 0;
}
