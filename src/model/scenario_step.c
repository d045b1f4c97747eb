/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of one step that do not read themselves by their row. */
#include "math/calibration.h"
#include "model/scenario_internal.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* --- numbers */

void read_reliability(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        struct number *error = &r->numbers[c].error, *first = &r->numbers[0].error;
        const struct yaml_node *n = for_class(r, v, c);
        if (n == v && c > 0) {
            *error = *first;
            continue;
        }
        if (n == NULL || value_probability(r, n, error))
            continue;
        error->value = 1 - error->value;
        if (error->evidence) {
            struct evidence *e = &r->evidence.at[error->evidence - 1].evidence;
            e->k = e->n - e->k;
            error->value = (double)e->k / (double)e->n;
        }
    }
    r->class_id = "";
}

static double *cost_of(struct reading *r, const struct yaml_node *map, const char *key, uint32_t c,
                       double missing, double *out)
{
    const struct yaml_node *n = yaml_get(map, key);
    const struct schema_key *k = schema_find(AT_COST, key);
    const char *outer = r->key;
    int status = 0;

    *out = missing;
    n = n ? for_class(r, n, c) : NULL;
    r->key = key;
    if (n)
        status = k->type == VALUE_MONEY ? value_money(r, n, out) : value_number(r, n, out);
    if (n && status == 0 && !(*out >= 0)) {
        fault_at(r, n, "`%s` is not negative", key);
        *out = missing;
    }
    r->key = outer;
    return out;
}

/* Of the step's own cost, whichever class says it. */
static void read_cost_evidence(struct reading *r, const struct yaml_node *n, uint32_t c)
{
    const struct yaml_node *key = yaml_get(n, "evidence");
    double sd, seen;
    (void)cost_of(r, n, "sd", c, 0, &sd);
    (void)cost_of(r, n, "evidence", c, 0, &seen);
    if (!key && !yaml_get(n, "sd"))
        return;
    if (r->numbers != r->step->numbers)
        fault_at(r, n, "`sd` and `evidence` are of the step's own `cost`");
    else if (!key)
        fault_at(r, n, "`sd` needs `evidence`: how many amounts the cost was seen from");
    else if (!(seen >= 1 && seen <= 1e9 && seen == floor(seen)))
        fault_at(r, key, "`evidence` counts the amounts that the cost was seen from: 1 to 1e9");
    else
        r->step->cost_seen = (struct cost_evidence){sd, (uint64_t)seen};
}

void read_cost(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    if (v->kind == YAML_MAP && !is_per_class(r, v)) {
        for (uint32_t i = 0; i < v->n; i++) {
            const struct yaml_node *key = v->key[i];
            static const char *const keys[] = {"per_call", "per_unit", "units", "sd", "evidence"};
            if (!schema_find(AT_COST, key->text))
                fault_at(r, key, "unknown key `%.60s` in cost%s", key->text,
                         did_you_mean(r, key, key->text, keys, 5));
        }
    }
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        double *out = &r->numbers[c].cost_call, call, unit, units;
        if (n == NULL)
            continue;
        if (n->kind != YAML_MAP) {
            if (value_money(r, n, out) == 0 && *out < 0)
                fault_at(r, n, "`cost` is not negative");
            continue;
        }
        *out = *cost_of(r, n, "per_call", c, 0, &call) +
               *cost_of(r, n, "per_unit", c, 0, &unit) * *cost_of(r, n, "units", c, 1, &units);
        if (c == 0 && r->numbers == r->step->numbers)
            r->step->unit_share = *out > 0 ? unit * units / *out : 0;
        if (!isfinite(*out))
            fault_at(r, n, "`cost` is too large");
        read_cost_evidence(r, n, c);
    }
    r->class_id = "";
}

/* --- thresholds */

enum threshold_form { THRESHOLD_ONE, THRESHOLD_BANDS, THRESHOLD_DRAWN };

static enum threshold_form form_of(const struct yaml_node *n)
{
    return n->kind == YAML_LIST  ? THRESHOLD_BANDS
           : n->kind == YAML_MAP ? THRESHOLD_DRAWN
                                 : THRESHOLD_ONE;
}

static void read_bands(struct reading *r, const struct yaml_node *n, struct numbers *out)
{
    if (n->n != 2) {
        fault_at(r, n, "`threshold`: two of them make three bands, as in [0.5, 0.9]");
        return;
    }
    if (value_share(r, n->child[0], &out->threshold.value) ||
        value_share(r, n->child[1], &out->threshold_high.value))
        return;
    if (out->threshold.value > out->threshold_high.value)
        fault_at(r, n, "`threshold`: the low one, %g, is above the high one, %g",
                 out->threshold.value, out->threshold_high.value);
}

static void read_one_threshold(struct reading *r, const struct yaml_node *n, struct numbers *out)
{
    out->threshold = out->threshold_high = (struct number){0};
    switch (form_of(n)) {
    case THRESHOLD_BANDS:
        read_bands(r, n, out);
        break;
    case THRESHOLD_DRAWN:
        if (value_dist(r, n, QUANTITY_SCORE, &out->threshold_dist) == 0)
            out->threshold.value = dist_mean(&out->threshold_dist);
        break;
    default:
        value_share(r, n, &out->threshold.value);
    }
}

void read_threshold(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct step *s = r->step;

    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        enum threshold_form form;
        if (n == NULL)
            continue;
        form = form_of(n);
        if (c == 0 && r->set == NULL) {
            s->bands = form == THRESHOLD_BANDS;
            s->draws_threshold = form == THRESHOLD_DRAWN;
        }
        if (s->bands != (form == THRESHOLD_BANDS) ||
            s->draws_threshold != (form == THRESHOLD_DRAWN)) {
            fault_at(r, n,
                     "`threshold` has the same form wherever it is stated for a gate: a "
                     "number, a distribution or [low, high]");
            continue;
        }
        if (n == v && c > 0)
            numbers_take(&r->numbers[c], &r->numbers[0],
                         1u << NUMBERS_THRESHOLD | 1u << NUMBERS_THRESHOLD_HIGH |
                             1u << NUMBERS_THRESHOLD_DIST);
        else
            read_one_threshold(r, n, &r->numbers[c]);
    }
    r->class_id = "";
    if (r->set)
        *r->set |= 1u << NUMBERS_THRESHOLD_HIGH | 1u << NUMBERS_THRESHOLD_DIST;
}

void read_audit_by(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    read_goto(r, k, v);
    if (r->edge->to >= 0 && r->p->step[r->edge->to].kind == STEP_REVIEW)
        return;
    r->edge->to = TO_REJECT;
    r->broken_flow = true;
    fault_at(r, v, "`by`: `%.60s` is no review", v->kind == YAML_SCALAR ? v->text : "");
}

/* A share, or {share, by, design}. */
void read_audit(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct step *s = r->step;
    struct edge *outer = r->edge;
    const char *path = r->path;
    bool by = yaml_get(v, "by");

    s->audit.present = true;
    s->audit.to = (struct edge){.to = s->below.to,
                                .at_most = AT_MOST_NONE,
                                .line = v->line,
                                .column = v->column,
                                .origin = v->origin};
    r->edge = &s->audit.to;
    if (v->kind == YAML_MAP && yaml_get(v, "share")) {
        enter_path(r, "audit");
        read_map(r, v, AT_AUDIT, v);
    } else {
        read_classes_of(r, schema_find(AT_AUDIT, "share"), v, &r->numbers[0].audit,
                        sizeof *r->numbers);
    }
    r->path = path;
    r->edge = outer;
    if (!by && (s->audit.to.to < 0 || r->p->step[s->audit.to.to].kind != STEP_REVIEW))
        fault_at(r, v, "`audit` needs `by`, the review that does it: `below` does not lead to one");
}

/* --- confidence */

void read_confidence(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const char *const sides[] = {"good", "bad"};
    bool labels = yaml_get(v, "labels");

    if (r->set && !r->step->has_confidence) {
        fault_at(r, v, "`%s` gives no confidence of its own that could change", r->step->id);
        return;
    }
    r->step->has_confidence = true;
    read_map(r, v, AT_CONFIDENCE, v);
    for (size_t i = 0; v->kind == YAML_MAP && i < 2; i++) {
        const struct yaml_node *own = yaml_get(v, sides[i]);
        if (labels && own)
            fault_at(r, own, "`labels` give the distributions already: leave `%s` out", sides[i]);
        else if (!labels && !own && !r->set)
            fault_at(r, v,
                     "confidence needs `%s`, the distribution on [0, 1] when the item is %s, "
                     "or `labels`",
                     sides[i], sides[i]);
    }
}

/* 1 correct, 0 not, -1 neither of them. */
static int truth_of(const char *s)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes"};

    for (int i = 0; i < 6; i++)
        if (strcasecmp(s, words[i]) == 0)
            return i % 2;
    return -1;
}

struct labelled {
    VEC(double) confidence[2], weight[2]; /* of the wrong and of the correct */
};

static int read_label_rows(struct reading *r, const struct yaml_node *v, const struct csv *csv,
                           struct labelled *out)
{
    static const char *const weights[] = {"weight", NULL};
    int confidence = want_column(r, v, csv, "confidence");
    int correct = confidence < 0 ? -1 : want_column(r, v, csv, "correct");
    int weight = csv_column(csv, weights);

    if (correct < 0)
        return -1;
    for (size_t i = 0; i < csv->rows; i++) {
        struct error err = {0};
        double c, w = 1;
        bool rounded;
        int truth = truth_of(csv_cell(csv, i, (size_t)correct));
        if (!confidence_parse(csv_cell(csv, i, (size_t)confidence), &c, &rounded) ||
            (weight >= 0 &&
             (units_number(csv_cell(csv, i, (size_t)weight), &w, &err) || !(w > 0))) ||
            truth < 0) {
            fault_at(r, v,
                     "%s:%u: a row has a confidence in [0, 1], correct 0 or 1, and a weight "
                     "above 0",
                     csv->file, csv->line[i]);
            return -1;
        }
        vec_push(&out->confidence[truth], c);
        vec_push(&out->weight[truth], w);
    }
    if (out->confidence[0].len && out->confidence[1].len)
        return 0;
    fault_at(r, v, "%s has no row that is %s: the confidence of such items stays unknown",
             csv->file, out->confidence[0].len ? "correct" : "wrong");
    return -1;
}

static void keep_labels(struct reading *r, struct labelled *l)
{
    double weight[2] = {0};

    for (int truth = 0; truth < 2; truth++) {
        size_t n = l->confidence[truth].len;
        double sum = 0, first = l->weight[truth].at[0];
        bool plain = true;
        struct dist d;
        for (size_t i = 0; i < n; i++) {
            sum += l->weight[truth].at[i];
            plain = plain && l->weight[truth].at[i] == first;
        }
        weight[truth] = sum;
        for (size_t i = 0; i < n; i++)
            l->weight[truth].at[i] /= sum;
        dist_of_values(r, l->confidence[truth].at, plain ? NULL : l->weight[truth].at, n, &d);
        d.evidence = n;
        for (uint32_t c = 0; c < r->p->n_classes; c++)
            *(truth ? &r->numbers[c].confidence_good : &r->numbers[c].confidence_bad) = d;
    }
    r->step->confidence.right = weight[1] / (weight[0] + weight[1]);
}

void read_labels(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct labelled l = {0};
    struct csv csv = {0};
    struct buf text;

    if (r->set) {
        fault_at(r, v, "`labels` are those of the step itself");
        return;
    }
    if (read_data_csv(r, v, &text, &csv) == 0) {
        if (read_label_rows(r, v, &csv, &l) == 0) {
            keep_labels(r, &l);
            r->step->confidence.labels = arena_strdup(&r->p->arena, v->text);
        }
        csv_release(&csv);
    }
    for (int i = 0; i < 2; i++) {
        vec_release(&l.confidence[i]);
        vec_release(&l.weight[i]);
    }
    buf_release(&text);
}

/* The knots of a CSV with the columns confidence and calibrated. */
static void read_knots(struct reading *r, const struct yaml_node *v)
{
    struct confidence_source *s = &r->step->confidence;
    struct yaml_node column = {.kind = YAML_SCALAR,
                               .line = v->line,
                               .column = v->column,
                               .origin = v->origin,
                               .text = "confidence"};
    size_t n = 0, m = 0;
    double *raw = read_data_column(r, v, &column, QUANTITY_SCORE, &n), *corrected = NULL;

    column.text = "calibrated";
    if (raw)
        corrected = read_data_column(r, v, &column, QUANTITY_SCORE, &m);
    for (size_t i = 1; corrected && i < n; i++) {
        if (raw[i] > raw[i - 1] && corrected[i] >= corrected[i - 1])
            continue;
        fault_at(r, v, "%s: confidence rises from row to row, and calibrated does not fall",
                 v->text);
        break;
    }
    if (corrected) {
        double *kept = arena_alloc(&r->p->arena, 2 * n * sizeof *kept);
        memcpy(kept, raw, n * sizeof *kept);
        memcpy(kept + n, corrected, n * sizeof *kept);
        *s = (struct confidence_source){.labels = s->labels,
                                        .right = s->right,
                                        .method = CALIBRATE_FILE,
                                        .file = arena_strdup(&r->p->arena, v->text),
                                        .n = (uint32_t)n,
                                        .raw = kept,
                                        .corrected = kept + n};
    }
    mem_free(raw);
    mem_free(corrected);
}

void read_calibration(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    int word = 0;

    if (r->set) {
        fault_at(r, v, "`calibration` is that of the step itself");
        return;
    }
    if (want_scalar(r, v, "none, isotonic, platt, beta, temperature or a file's name"))
        return;
    if (strchr(v->text, '.')) {
        read_knots(r, v);
        return;
    }
    if (value_word(r, v, calibration_words, &word))
        return;
    r->step->confidence.method = (enum calibration_method)word;
    if (word != CALIBRATE_NONE && r->step->confidence.labels == NULL)
        fault_at(r, v, "`calibration: %s` is fitted to `labels`: name a file of them", v->text);
}

/* --- retries, hedges, caches */

void read_retry(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    read_map(r, v, AT_RETRY, v);
}

static uint32_t retry_mask(struct reading *r, const struct yaml_node *v)
{
    static const char *const words[] = {"error", "malformed", "timeout", NULL};
    uint32_t n = v->kind == YAML_LIST ? v->n : 1, on = 0;

    for (uint32_t i = 0; i < n; i++) {
        int which = 0;
        if (value_word(r, v->kind == YAML_LIST ? v->child[i] : v, words, &which) == 0)
            on |= 1u << which;
    }
    if (n == 0)
        fault_at(r, v, "`for` names at least one of error, malformed, timeout");
    return on;
}

void read_retry_for(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        if (n)
            r->retry[c].on = n == v && c > 0 ? r->retry[0].on : retry_mask(r, n);
    }
    r->class_id = "";
}

void read_retry_budget(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    for (uint32_t c = 0; c < r->p->n_classes; c++) {
        const struct yaml_node *n = for_class(r, v, c);
        struct retry *out = &r->retry[c];
        if (n == NULL || want_scalar(r, n, "retries over time (2/s) or a share of calls (10%)"))
            continue;
        out->budget_kind =
            strpbrk(n->text, "abcdefghijklmnopqrstuvwxyz") ? BUDGET_RATE : BUDGET_SHARE;
        if (out->budget_kind == BUDGET_RATE)
            value_rate(r, n, &out->budget);
        else
            value_share(r, n, &out->budget);
    }
    r->class_id = "";
}

void read_hedge(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->step->hedge_copies = 1;
    read_map(r, v, AT_HEDGE, v);
}

void read_cache(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    const char *path = enter_path(r, "cache");

    r->step->has_cache = true;
    read_map(r, v, AT_CACHE, v);
    r->path = path;
}

/* --- people */

void read_fatigue(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->step->fatigue.slower = 1;
    read_map(r, v, AT_FATIGUE, v);
}

void read_fatigue_sensitivity(struct reading *r, const struct schema_key *k,
                              const struct yaml_node *v)
{
    static const struct schema_key row = {.key = "sensitivity", .type = VALUE_PROBABILITY};
    double *out = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *out);

    read_classes_of(r, &row, v, out, sizeof *out);
    r->step->fatigue.sensitivity = out;
}

/* Resources are read after the flow: here their names count. */
void read_by(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    const struct yaml_node *all = yaml_get(r->y->root, "resources");
    const char **names;
    size_t n = all && all->kind == YAML_MAP ? all->n : 0;

    if (want_scalar(r, v, "a resource's name"))
        return;
    names = mem_zero(n + 1, sizeof *names);
    for (size_t i = 0; i < n; i++) {
        names[i] = all->key[i]->text;
        if (r->step->by == 0 && strcmp(names[i], v->text) == 0)
            r->step->by = (uint32_t)i + 1;
    }
    if (r->step->by == 0)
        fault_at(r, v,
                 n ? "`by`: no resource is called `%.60s`%s"
                   : "`by`: no resource is called `%.60s`: the file has no `resources`%s",
                 v->text, did_you_mean(r, v, v->text, names, n));
    mem_free(names);
}
