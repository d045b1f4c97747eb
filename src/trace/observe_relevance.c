/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retrieval against judgements: recall at k and the mean reciprocal rank of the first relevant
 * document (Manning, Raghavan and Schuetze 2008, 8.4; Voorhees 1999). */
#include "trace/repeats.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "model/rules.h"
#include "trace/labels.h"
#include "trace/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RELEVANCE_TEXT_MAX = 256 << 20, RANKS = 20 };

struct pair {
    uint32_t item, document; /* document: id in `documents` */
};

struct judged {
    struct intern documents;
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

static int read_row(const struct trace_log *log, const struct csv *c, size_t row, const int at[3],
                    struct judged *j, struct error *err)
{
    const char *document = csv_cell(c, row, (size_t)at[1]);
    const char *relevant = at[2] < 0 ? "1" : csv_cell(c, row, (size_t)at[2]);
    bool no = !strcmp(relevant, "0");
    uint32_t item = labels_item(log, csv_cell(c, row, (size_t)at[0]));
    if (!no && strcmp(relevant, "1"))
        return error_at(err, ERR_INPUT, c->file, c->line[row], 0,
                        "relevant is \"%.40s\": write 1 or 0", relevant);
    if (item == SPAN_NONE)
        return 0;
    j->known[item] = true;
    if (!no)
        vec_push(&j->relevant,
                 ((struct pair){item, intern_put(&j->documents, document, strlen(document))}));
    return 0;
}

static int read_judgements(const struct trace_log *log, const char *path, struct judged *j,
                           struct error *err)
{
    static const char *const names[3][3] = {
        {"item",         NULL},
        { "document", "document_id", NULL},
        { "relevant",   "relevance", NULL}
    };
    struct buf text = {0};
    struct csv c = {0};
    int at[3], status = file_read(path, RELEVANCE_TEXT_MAX, &text, err);
    if (!status)
        status = csv_read(path, buf_text(&text), text.len, &c, err);
    for (int i = 0; i < 3 && !status; i++)
        at[i] = csv_column(&c, names[i]);
    if (!status && (at[0] < 0 || at[1] < 0))
        status = error_at(err, ERR_INPUT, path, 1, 0,
                          "judgements of documents need the columns item and document");
    for (size_t row = 0; !status && row < c.rows; row++)
        status = read_row(log, &c, row, at, j, err);
    index_pairs(j, log->items.len);
    csv_release(&c);
    buf_release(&text);
    return status;
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
        uint32_t document = intern_find(&j->documents, list, len);
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
    uint32_t name;
    int32_t stage; /* whose attempts they are; -1 */
    VEC(struct score) scores;
};

struct groups {
    VEC(struct group) list;
    uint64_t unjudged;
};

static struct group *group_of(struct groups *g, uint32_t name, int32_t stage)
{
    for (size_t i = 0; i < g->list.len; i++)
        if (g->list.at[i].name == name)
            return &g->list.at[i];
    vec_push(&g->list, ((struct group){.name = name, .stage = stage}));
    return &g->list.at[g->list.len - 1];
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

static void score_spans(const struct trace_log *log, const struct judged *j, struct groups *g)
{
    const struct span_set *s = &log->spans;
    int32_t *stage = stage_of_spans(log);
    for (size_t i = 0; i < s->len; i++) {
        uint32_t item = log->span_item[i];
        struct score score;
        if (span_documents(s, i) == SPAN_NONE || item == SPAN_NONE || s->outcome[i] != OUTCOME_OK)
            continue;
        if (!j->known[item] || j->first[item + 1] == j->first[item]) {
            g->unjudged++;
            continue;
        }
        score_list(j, item, span_string(s, span_documents(s, i)), &score);
        vec_push(&group_of(g, s->name[i], stage[i])->scores, score);
    }
    mem_free(stage);
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

static void put_group(const struct trace_log *log, const struct group *g, double level,
                      struct result *out)
{
    const char *name = span_string(&log->spans, g->name);
    struct metrics *to[2] = {NULL, g->stage < 0 ? NULL : &out->stages.at[g->stage].metrics};
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

int observe_relevance(const struct trace_log *log, const char *path, double level,
                      struct result *out, struct error *err)
{
    struct judged j = {0};
    struct groups g = {0};
    intern_init(&j.documents);
    j.known = mem_zero(log->items.len + 1, sizeof *j.known);
    int status = read_judgements(log, path, &j, err);
    if (!status) {
        score_spans(log, &j, &g);
        for (size_t i = 0; i < g.list.len; i++)
            put_group(log, &g.list.at[i], level, out);
        if (g.unjudged)
            result_warn(out, "%llu retrievals are of items without a relevant document in %s",
                        (unsigned long long)g.unjudged, path);
        if (!g.list.len)
            status = error_at(err, ERR_INPUT, path, 0, 0,
                              "no item of the log has both retrieved documents and a relevant one");
    }
    for (size_t i = 0; i < g.list.len; i++)
        vec_release(&g.list.at[i].scores);
    vec_release(&g.list);
    vec_release(&j.relevant);
    intern_release(&j.documents);
    mem_free(j.first);
    mem_free(j.known);
    return status;
}
