/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When items arrive, how long is looked at, and when they give up. */
#include "model/scenario_internal.h"

#include <stdlib.h>
#include <string.h>

void read_deadline(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const struct schema_key row = {.key = "deadline", .type = VALUE_DURATION};
    double *out = arena_alloc(&r->p->arena, r->p->n_classes * sizeof *out);

    r->p->leave_line = v->line;
    r->p->leave_column = v->column;
    read_classes_of(r, &row, v, out, sizeof *out);
    r->p->leave_after_s = out;
}

/* --- arrivals */

void read_instants(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    const struct yaml_node *column = yaml_get(yaml_get(r->y->root, "arrivals"), "column");
    struct arrivals *a = &r->p->arrivals;
    struct dist sorted;
    double *values;
    size_t n = 0;

    if (column == NULL) {
        fault_at(r, v, "`file` needs `column`: which of its columns holds the instants");
        return;
    }
    values = read_data_column(r, v, column, QUANTITY_TIME, &n);
    if (values == NULL)
        return;
    dist_of_values(r, values, NULL, n, &sorted);
    a->instants = sorted.values;
    a->n_instants = n;
    a->file = arena_strdup(&r->p->arena, v->text);
    a->column_name = arena_strdup(&r->p->arena, column->text);
    mem_free(values);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Rows may overlap: between any two of their ends the rates add up. */
static void flatten(struct reading *r, const struct rate_interval *rows, size_t n)
{
    struct arrivals *a = &r->p->arrivals;
    double *cut = mem_alloc((2 * n + 1) * sizeof *cut);
    struct rate_interval *out = arena_alloc(&r->p->arena, (2 * n + 1) * sizeof *out);

    for (size_t i = 0; i < n; i++) {
        cut[2 * i] = rows[i].from_s;
        cut[2 * i + 1] = rows[i].to_s;
    }
    qsort(cut, 2 * n, sizeof *cut, by_number);
    for (size_t i = 0; i + 1 < 2 * n; i++) {
        struct rate_interval *last = a->n_schedule ? &out[a->n_schedule - 1] : NULL;
        double rate = 0;
        for (size_t j = 0; j < n && cut[i] < cut[i + 1]; j++)
            if (rows[j].from_s <= cut[i] && rows[j].to_s >= cut[i + 1])
                rate += rows[j].rate_per_s;
        if (!(rate > 0))
            continue;
        if (last && last->to_s == cut[i] && last->rate_per_s == rate)
            last->to_s = cut[i + 1];
        else
            out[a->n_schedule++] = (struct rate_interval){cut[i], cut[i + 1], rate};
    }
    a->schedule = out;
    mem_free(cut);
}

void read_schedule(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    enum { ROWS_MAX = 200 };
    VEC(struct rate_interval) rows = {0};

    if (want_list(r, v, "schedule"))
        return;
    if (v->n > ROWS_MAX) {
        fault_at(r, v, "`schedule` has %u rows; at most %d are read", v->n, ROWS_MAX);
        return;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        const struct yaml_node *n = v->child[i], *from = yaml_get(n, "from"),
                               *to = yaml_get(n, "to"), *rate = yaml_get(n, "rate");
        struct opening part[SPANS_MAX];
        uint32_t n_parts = 0;
        double per_s = 0;
        read_map(r, n, AT_SCHEDULE, n);
        if (!from || !to || !rate || value_span(r, from, to, part, &n_parts))
            continue;
        r->key = "rate";
        if (value_rate(r, rate, &per_s))
            continue;
        for (uint32_t j = 0; j < n_parts; j++)
            vec_push(&rows, ((struct rate_interval){part[j].from_s, part[j].to_s, per_s}));
    }
    if (rows.len)
        flatten(r, rows.at, rows.len);
    vec_release(&rows);
}

void read_batch(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    r->p->arrivals.has_batch = true;
    value_dist(r, v, QUANTITY_PLAIN, &r->p->arrivals.batch);
}

static void check_arrivals(struct reading *r, const struct yaml_node *v)
{
    const struct arrivals *a = &r->p->arrivals;
    const struct yaml_node *n = v->child[0];

    if (a->kind == ARRIVALS_POISSON && !(a->rate_per_s > 0))
        fault_at(r, yaml_get(v, "poisson"), "`poisson`: at a rate of 0 nothing arrives");
    if (a->kind == ARRIVALS_EVERY && !(dist_mean(&a->every) > 0))
        fault_at(r, yaml_get(v, "every"), "`every`: the time between arrivals is more than 0");
    if (a->kind == ARRIVALS_SCHEDULE && a->n_schedule == 0)
        fault_at(r, yaml_get(v, "schedule"), "`schedule`: all rates are 0, so nothing arrives");
    if (a->kind != ARRIVALS_DAILY)
        return;
    n = yaml_get(v, "daily");
    if (!(a->mean_per_s > 0))
        fault_at(r, n, "`daily`: at a mean rate of 0 nothing arrives");
    else if (a->amplitude_per_s > a->mean_per_s)
        fault_at(r, n, "`daily`: an amplitude above the mean makes the rate negative");
}

void read_arrivals(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    static const struct {
        const char *key;
        enum arrivals_kind kind;
    } kinds[] = {
        {"poisson",  ARRIVALS_POISSON },
        {"every",    ARRIVALS_EVERY   },
        {"schedule", ARRIVALS_SCHEDULE},
        {"daily",    ARRIVALS_DAILY   },
        {"file",     ARRIVALS_FILE    }
    };
    struct arrivals *a = &r->p->arrivals;
    uint64_t before = fault_count(r);

    a->line = v->line;
    a->column = v->column;
    read_map(r, v, AT_ARRIVALS, v);
    if (v->kind != YAML_MAP)
        return;
    for (uint32_t i = 0; i < v->n; i++) {
        for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++) {
            if (strcmp(v->key[i]->text, kinds[j].key) != 0)
                continue;
            if (a->kind != ARRIVALS_NONE)
                fault_at(r, v->key[i], "items arrive in one way: `%s` beside another one",
                         kinds[j].key);
            a->kind = kinds[j].kind;
        }
    }
    if (a->kind == ARRIVALS_NONE && fault_count(r) == before)
        fault_at(r, v, "`arrivals` needs one of poisson, every, schedule, daily, file");
    if (fault_count(r) == before)
        check_arrivals(r, v);
    if (yaml_get(r->y->root, "horizon") == NULL)
        fault_at(r, v, "arrivals need `horizon`, as in {length: 8w}: how long they are looked at");
}

void read_horizon(struct reading *r, const struct schema_key *k, const struct yaml_node *v)
{
    struct horizon *h = &r->p->horizon;
    uint64_t before = fault_count(r);

    h->replications = 20;
    read_map(r, v, AT_HORIZON, v);
    if (fault_count(r) > before)
        return;
    if (yaml_get(r->y->root, "arrivals") == NULL)
        fault_at(r, v, "`horizon` needs `arrivals`: without them items have no time of their own");
    else if (!(h->length_s > 0))
        fault_at(r, v, "`length` is more than 0");
    else if (yaml_get(v, "observe") && !(h->observe_s >= h->length_s / 1e6))
        fault_at(r, yaml_get(v, "observe"), "`observe` is at least a millionth of `length`");
    if (!(h->observe_s > 0))
        h->observe_s = h->length_s / 200;
}
