/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retrieval against judgements: recall at k and the mean reciprocal rank of the first relevant
 * document (Manning, Raghavan and Schuetze 2008, 8.4; Voorhees 1999). */
#include "trace/repeats.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "model/rules.h"
#include "trace/ids.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RELEVANCE_TEXT_MAX = 256 << 20, RANKS = 20 };

struct pair {
    uint32_t item, document; /* document: id in `documents` */
};

/* Judgements as they are read, by the name of an item. */
struct judgement_row {
    uint32_t document, next; /* document: SPAN_NONE, one that is not relevant; next: SPAN_NONE */
};

struct group;
struct relevance {
    const char *file;
    struct intern names, documents;
    VEC(struct judgement_row) rows;
    VEC(uint32_t) first; /* by name */
    struct intern span_names;
    VEC(struct group) groups; /* by span name */
    uint64_t unjudged;
};

/* Of the items of a log, or of a batch of it. */
struct judged {
    const struct relevance *all;
    VEC(struct pair) relevant; /* sorted, each once */
    uint32_t *first;           /* [items + 1] into relevant */
    bool *known;               /* [items] somebody judged documents of it */
};

static int by_pair(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->document < y->document ? -1 : x->document > y->document;
}

static void index_pairs(struct judged *j, size_t items)
{
    size_t n = 0;
    if (j->relevant.len)
        qsort(j->relevant.at, j->relevant.len, sizeof *j->relevant.at, by_pair);
    for (size_t i = 0; i < j->relevant.len; i++)
        if (i == 0 || by_pair(&j->relevant.at[i - 1], &j->relevant.at[i]))
            j->relevant.at[n++] = j->relevant.at[i];
    j->relevant.len = n;
    j->first = mem_zero(items + 2, sizeof *j->first);
    for (size_t i = 0; i < n; i++)
        j->first[j->relevant.at[i].item + 1]++;
    for (size_t i = 0; i < items; i++)
        j->first[i + 1] += j->first[i];
}

static void add_name(struct relevance *r, const char *name, uint32_t document)
{
    uint32_t at = intern_put(&r->names, name, strlen(name));
    if (at == r->first.len)
        vec_push(&r->first, SPAN_NONE);
    vec_push(&r->rows, ((struct judgement_row){document, r->first.at[at]}));
    r->first.at[at] = (uint32_t)r->rows.len - 1;
}

/* By its name, or where that is an id in another spelling by the usual one. */
static int read_row(struct relevance *r, const struct csv *c, size_t row, const int at[3],
                    struct error *err)
{
    const char *item = csv_cell(c, row, (size_t)at[0]);
    const char *text = csv_cell(c, row, (size_t)at[1]);
    const char *relevant = at[2] < 0 ? "1" : csv_cell(c, row, (size_t)at[2]);
    bool no = !strcmp(relevant, "0");
    if (!no && strcmp(relevant, "1"))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "relevant is \"%.40s\": write 1 or 0", relevant);
    uint32_t document = no ? SPAN_NONE : intern_put(&r->documents, text, strlen(text));
    struct span_set probe;
    span_set_init(&probe);
    const char *normal = span_string(&probe, ids_trace(&probe, item, strlen(item)));
    add_name(r, item, document);
    if (strcmp(item, normal) != 0)
        add_name(r, normal, document);
    span_set_release(&probe);
    return 0;
}

static int read_rows(struct relevance *r, struct error *err)
{
    static const char *const names[3][3] = {
        {"item",         NULL},
        { "document", "document_id", NULL},
        { "relevant",   "relevance", NULL}
    };
    struct buf text = {0};
    struct csv c = {0};
    int at[3], status = file_read(r->file, RELEVANCE_TEXT_MAX, &text, err);
    if (!status)
        status = csv_read(r->file, buf_text(&text), text.len, &c, err);
    for (int i = 0; i < 3 && !status; i++)
        at[i] = csv_column(&c, names[i]);
    if (!status && (at[0] < 0 || at[1] < 0))
        status = error_at(err, ERR_INPUT, r->file, 1, 0,
                          "judgements of documents need the columns item and document");
    for (size_t row = 0; !status && row < c.rows; row++)
        status = read_row(r, &c, row, at, err);
    csv_release(&c);
    buf_release(&text);
    return status;
}

/* What is judged of the items of this log. */
static void judge_items(const struct trace_log *log, const struct relevance *r, struct judged *j)
{
    *j = (struct judged){.all = r, .known = mem_zero(log->items.len + 1, sizeof *j->known)};
    for (uint32_t text = 0; text < log->spans.text.count; text++) {
        const char *name = span_string(&log->spans, text);
        uint32_t item = log->item_of[text];
        uint32_t at = item == SPAN_NONE ? SPAN_NONE : intern_find(&r->names, name, strlen(name));
        for (uint32_t k = at == SPAN_NONE ? SPAN_NONE : r->first.at[at]; k != SPAN_NONE;
             k = r->rows.at[k].next) {
            j->known[item] = true;
            if (r->rows.at[k].document != SPAN_NONE)
                vec_push(&j->relevant, ((struct pair){item, r->rows.at[k].document}));
        }
    }
    index_pairs(j, log->items.len);
}

/* ---- one retrieval ---------------------------------------------------------------------- */

struct score {
    double recall[RANKS], all, reciprocal; /* recall[k - 1] at k; of the whole list */
};

static bool is_relevant(const struct judged *j, uint32_t item, uint32_t document)
{
    struct pair p = {item, document};
    size_t n = j->first[item + 1] - j->first[item];
    return n && bsearch(&p, j->relevant.at + j->first[item], n, sizeof p, by_pair);
}

/* The list holds an id a line; one met before keeps its first rank. */
static void score_list(const struct judged *j, uint32_t item, const char *list, struct score *out)
{
    uint32_t total = j->first[item + 1] - j->first[item], found = 0;
    VEC(uint32_t) met = {0};
    *out = (struct score){0};
    for (size_t rank = 1; *list; rank++) {
        size_t len = strcspn(list, "\n");
        uint32_t document = intern_find(&j->all->documents, list, len);
        bool again = false;
        for (size_t i = 0; i < met.len; i++)
            again = again || met.at[i] == document;
        if (document != UINT32_MAX && !again && is_relevant(j, item, document)) {
            vec_push(&met, document);
            found++;
            if (found == 1)
                out->reciprocal = 1 / (double)rank;
            if (rank <= RANKS)
                out->recall[rank - 1] = 1;
        }
        list += len + (list[len] == '\n');
    }
    for (size_t k = 1; k < RANKS; k++)
        out->recall[k] += out->recall[k - 1];
    for (size_t k = 0; k < RANKS; k++)
        out->recall[k] /= (double)total;
    out->all = (double)found / (double)total;
    vec_release(&met);
}

/* ---- by span name ----------------------------------------------------------------------- */

struct group {
    const char *stage; /* whose attempts they are, in span_names; NULL */
    VEC(struct score) scores;
};

/* Of the spans of a name; its stage is that of the first. */
static struct group *group_of(struct relevance *r, const char *name, const char *stage)
{
    uint32_t at = intern_put(&r->span_names, name, strlen(name));
    while (r->groups.len <= at)
        vec_push(&r->groups, (struct group){0});
    struct group *g = &r->groups.at[at];
    if (!g->scores.len && stage) {
        size_t len = strlen(stage) + 1;
        g->stage = memcpy(arena_alloc(&r->span_names.arena, len), stage, len);
    }
    return g;
}

/* By span: the stage of which it is an attempt; -1. */
static int32_t *stage_of_spans(const struct trace_log *log)
{
    int32_t *stage = mem_alloc((log->spans.len + 1) * sizeof *stage);
    memset(stage, 0xff, (log->spans.len + 1) * sizeof *stage);
    for (size_t i = 0; i < log->items.len; i++)
        for (uint32_t k = 0; k < log->items.at[i].n_visits; k++) {
            const struct log_visit *v = &log->visits.at[log->items.at[i].first_visit + k];
            for (uint32_t a = 0; a < v->n_attempts; a++)
                stage[log->attempts.at[v->first_attempt + a]] = (int32_t)v->stage;
        }
    return stage;
}

void relevance_add(struct relevance *r, const struct trace_log *log)
{
    struct judged j;
    const struct span_set *s = &log->spans;
    int32_t *stage = stage_of_spans(log);
    judge_items(log, r, &j);
    for (size_t i = 0; i < s->len; i++) {
        uint32_t item = log->span_item[i];
        struct score score;
        if (span_documents(s, i) == SPAN_NONE || item == SPAN_NONE || s->outcome[i] != OUTCOME_OK)
            continue;
        if (!j.known[item] || j.first[item + 1] == j.first[item]) {
            r->unjudged++;
            continue;
        }
        score_list(&j, item, span_string(s, span_documents(s, i)), &score);
        const char *id = stage[i] < 0 ? NULL : log->stages.at[stage[i]].id;
        vec_push(&group_of(r, span_string(s, s->name[i]), id)->scores, score);
    }
    mem_free(stage);
    vec_release(&j.relevant);
    mem_free(j.first);
    mem_free(j.known);
}

static void put_mean(const struct group *g, size_t offset, const char *name, double level,
                     struct metrics *m)
{
    size_t n = g->scores.len;
    double *x = mem_alloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        memcpy(&x[i], (const char *)&g->scores.at[i] + offset, sizeof *x);
    observe_mean(m, name, x, n, n, level, "1");
    m->list.at[m->list.len - 1].high = fmin(m->list.at[m->list.len - 1].high, 1);
    mem_free(x);
}

static void put_group(const struct group *g, const char *name, double level, struct result *out)
{
    struct metrics *to[2] = {NULL, NULL};
    for (size_t i = 0; g->stage && i < out->stages.len; i++)
        if (!strcmp(out->stages.at[i].id, g->stage))
            to[1] = &out->stages.at[i].metrics;
    struct curve *c = result_add_curve(out, "recall_at_k", "k", "recall_at_k");
    c->resource = result_text(out, "%s", name);
    for (size_t i = 0; i < out->names.len && !to[0]; i++)
        if (!strcmp(out->names.at[i].id, name))
            to[0] = &out->names.at[i].metrics;
    for (size_t i = 0; i < 2; i++) {
        if (!to[i])
            continue;
        put_mean(g, offsetof(struct score, all), "recall_at_k", level, to[i]);
        put_mean(g, offsetof(struct score, reciprocal), "mrr", level, to[i]);
    }
    for (size_t k = 0; k < RANKS; k++) {
        struct metrics m = {0};
        put_mean(g, offsetof(struct score, recall) + k * sizeof(double), "recall_at_k", level, &m);
        vec_push(&c->points, ((struct point){.x = (double)(k + 1),
                                             .y = m.list.at[0].value,
                                             .low = m.list.at[0].low,
                                             .high = m.list.at[0].high}));
        vec_release(&m.list);
    }
}

int relevance_read(const char *path, struct relevance **out, struct error *err)
{
    struct relevance *r = *out = mem_zero(1, sizeof *r);
    r->file = path;
    intern_init(&r->names);
    intern_init(&r->documents);
    intern_init(&r->span_names);
    return read_rows(r, err);
}

void relevance_free(struct relevance *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->groups.len; i++)
        vec_release(&r->groups.at[i].scores);
    vec_release(&r->groups);
    vec_release(&r->rows);
    vec_release(&r->first);
    intern_release(&r->names);
    intern_release(&r->documents);
    intern_release(&r->span_names);
    mem_free(r);
}

int relevance_put(const struct relevance *r, double level, struct result *out, struct error *err)
{
    for (uint32_t i = 0; i < r->groups.len; i++)
        put_group(&r->groups.at[i], r->span_names.of[i].at, level, out);
    if (r->unjudged)
        result_warn(out, "%llu retrievals are of items without a relevant document in %s",
                    (unsigned long long)r->unjudged, r->file);
    return r->groups.len ? 0
                         : error_at(err, ERR_INPUT, r->file, 0, 0,
                                    "no item of the log has both retrieved documents and a "
                                    "relevant one");
}

int observe_relevance(const struct trace_log *log, const char *path, double level,
                      struct result *out, struct error *err)
{
    struct relevance *r = NULL;
    int status = relevance_read(path, &r, err);
    if (!status) {
        relevance_add(r, log);
        status = relevance_put(r, level, out, err);
    }
    relevance_free(r);
    return status;
}
