/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labels are not kept twice: they are read out of the journal, whose rows are walked item by item.
 * The last gate before a review says how sure the draft was and why it came to be reviewed. */
#include "store/labels.h"

#include "store/journal.h"
#include "store/store_parts.h"

#include <math.h>
#include <string.h>

/* A decision that no run has taken. */
struct untaken {
    struct task task;
    struct task_decision decision;
};

/* What is known of the item that the walk is at. */
struct at_item {
    uint64_t item;
    const char *id, *input, *shown;
    uint32_t class;
    bool gated;
    double confidence, threshold, weight;
};

struct walk {
    struct journal_run run;
    void (*row)(void *arg, const struct stored_label *l);
    void *arg;
    struct arena run_texts, item_texts;
    struct at_item at;
    bool inside;
    VEC(struct untaken) untaken; /* by item */
    size_t next_untaken;
};

static void put_label(struct walk *w, uint32_t step, enum task_verdict verdict,
                      const char *reviewer, const char *reason, const char *shown, const char *edit)
{
    const struct at_item *at = &w->at;
    bool audit = at->gated && !isnan(at->weight);
    struct stored_label l = {.run = w->run.id,
                             .item = at->id,
                             .class =
                                 at->class < w->run.n_classes ? w->run.class[at->class].id : "",
                             .step = step < w->run.n_steps ? w->run.step[step].id : "",
                             .sha256 = w->run.sha256,
                             .confidence = at->confidence,
                             .threshold = at->threshold,
                             .weight = audit ? fmax(at->weight, 1) : 1,
                             .source = audit       ? LABEL_AUDIT
                                       : at->gated ? LABEL_REVIEWED
                                                   : LABEL_ALL,
                             .correct = verdict == TASK_APPROVE,
                             .verdict = verdict,
                             .reviewer = reviewer,
                             .reason = reason,
                             .input = at->input,
                             .output = shown ? shown : at->input,
                             .edit = edit};
    w->row(w->arg, &l);
}

/* The item's rows are all seen: what was decided and not taken comes last. */
static void leave_item(struct walk *w)
{
    while (w->inside && w->next_untaken < w->untaken.len) {
        const struct untaken *u = &w->untaken.at[w->next_untaken];
        if (u->task.item > w->at.item)
            break;
        w->next_untaken++;
        if (u->task.item == w->at.item)
            put_label(w, u->task.step, u->decision.verdict, u->decision.reviewer,
                      u->decision.reason, u->task.payload, u->decision.edit);
    }
    w->inside = false;
}

static void enter_item(struct walk *w, const struct journal_row *r)
{
    leave_item(w);
    arena_release(&w->item_texts);
    arena_init(&w->item_texts);
    w->inside = true;
    w->at = (struct at_item){.item = r->item,
                             .id = arena_strdup(&w->item_texts, r->id),
                             .input = arena_strndup(&w->item_texts, r->payload, r->payload_len),
                             .class = r->class,
                             .confidence = NAN,
                             .threshold = NAN,
                             .weight = NAN};
}

static bool is_kind(const struct walk *w, uint32_t step, const char *kind)
{
    return step < w->run.n_steps && !strcmp(w->run.step[step].kind, kind);
}

static void see_attempt(struct walk *w, const struct journal_row *r)
{
    if (r->flags & JOURNAL_CANCELLED)
        return;
    if (is_kind(w, r->step, "review") && r->verdict >= 0 && r->verdict < TASK_VERDICT_COUNT) {
        struct arena *texts = &w->item_texts;
        const char *edit = r->verdict == TASK_EDIT && r->payload
                               ? arena_strndup(texts, r->payload, r->payload_len)
                               : NULL;
        put_label(w, r->step, (enum task_verdict)r->verdict, r->who, r->says, w->at.shown, edit);
    } else if (!isnan(r->confidence)) {
        w->at.confidence = r->confidence;
    }
}

static void see_row(void *arg, const struct journal_row *r)
{
    struct walk *w = arg;
    if (r->kind == JOURNAL_BEGAN)
        enter_item(w, r);
    if (!w->inside || r->item != w->at.item)
        return;
    if (r->kind == JOURNAL_ASKED) {
        w->at.shown = arena_strndup(&w->item_texts, r->payload ? r->payload : "{}",
                                    r->payload ? r->payload_len : 2);
    } else if (r->kind == JOURNAL_VISIT && is_kind(w, r->step, "gate")) {
        w->at.gated = true;
        w->at.confidence = r->confidence;
        w->at.threshold = r->threshold;
        w->at.weight = r->weight;
    } else if (r->kind == JOURNAL_ATTEMPT) {
        see_attempt(w, r);
    }
}

static void keep_untaken(void *arg, const struct task *t, const struct task_decision *d)
{
    struct walk *w = arg;
    struct untaken u = {*t, *d};
    u.task.payload = arena_strdup(&w->run_texts, t->payload);
    u.decision.reviewer = arena_strdup(&w->run_texts, d->reviewer);
    u.decision.reason = arena_strdup(&w->run_texts, d->reason);
    u.decision.edit = d->edit ? arena_strdup(&w->run_texts, d->edit) : NULL;
    vec_push(&w->untaken, u);
}

static int walk_run(struct store *s, int64_t id, struct walk *w, struct error *err)
{
    arena_init(&w->run_texts);
    arena_init(&w->item_texts);
    w->untaken.len = w->next_untaken = 0;
    int status = journal_find(s, id, NULL, &w->run_texts, &w->run, err) ||
                         queue_untaken(s, id, keep_untaken, w, err) ||
                         journal_each(s, id, JOURNAL_ALL, see_row, w, err)
                     ? -1
                     : 0;
    if (!status)
        leave_item(w);
    w->inside = false;
    arena_release(&w->run_texts);
    arena_release(&w->item_texts);
    return status;
}

static int each_run(struct store *s, struct walk *w, struct error *err)
{
    VEC(int64_t) runs = {0};
    sqlite3_stmt *q = NULL;
    int status;
    if (store_prepare(s, "SELECT id FROM journal ORDER BY id", "reading labels", &q, err))
        return -1;
    while ((status = sqlite3_step(q)) == SQLITE_ROW)
        vec_push(&runs, sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
    status = status == SQLITE_DONE ? 0 : store_fault(s, "reading labels", err);
    for (size_t i = 0; i < runs.len && !status; i++)
        status = walk_run(s, runs.at[i], w, err);
    vec_release(&runs);
    return status;
}

static int each_from_elsewhere(struct store *s, const struct walk *w, struct error *err)
{
    sqlite3_stmt *q = NULL;
    int status;
    if (store_prepare(s,
                      "SELECT name, source, class, sha256, confidence, weight, correct FROM label"
                      " ORDER BY id",
                      "reading labels", &q, err))
        return -1;
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct stored_label l = {.item = store_column_text(q, 0),
                                 .class = store_column_text(q, 2),
                                 .step = "",
                                 .sha256 = store_column_text(q, 3),
                                 .confidence = store_column_double(q, 4),
                                 .threshold = NAN,
                                 .weight = sqlite3_column_double(q, 5),
                                 .correct = sqlite3_column_int(q, 6) != 0,
                                 .reviewer = "",
                                 .reason = ""};
        for (int k = 0; k < LABEL_SOURCES; k++)
            if (!strcmp(store_column_text(q, 1), label_source_words[k]))
                l.source = (enum label_source)k;
        l.verdict = l.correct ? TASK_APPROVE : TASK_REJECT;
        w->row(w->arg, &l);
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : store_fault(s, "reading labels", err);
}

int labels_each(struct store *s, int64_t run, void (*row)(void *arg, const struct stored_label *l),
                void *arg, struct error *err)
{
    struct walk w = {.row = row, .arg = arg};
    int status = run ? walk_run(s, run, &w, err)
                 : each_run(s, &w, err) || each_from_elsewhere(s, &w, err) ? -1
                                                                           : 0;
    vec_release(&w.untaken);
    return status;
}

static int put_one(struct store *s, sqlite3_stmt *q, const struct stored_label *l,
                   struct error *err)
{
    store_bind_text(q, 1, l->item);
    store_bind_text(q, 2, label_source_words[l->source]);
    store_bind_text(q, 3, l->class);
    store_bind_text(q, 4, l->sha256 ? l->sha256 : "");
    sqlite3_bind_double(q, 5, l->confidence);
    sqlite3_bind_double(q, 6, l->weight);
    sqlite3_bind_int(q, 7, l->correct);
    return store_step(s, q, "keeping labels", err);
}

int labels_add(struct store *s, const struct stored_label *labels, size_t n, struct error *err)
{
    static const char sql[] =
        "INSERT INTO label (name, source, class, sha256, confidence, weight, correct)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name, sha256) DO UPDATE SET"
        " source = excluded.source, class = excluded.class, confidence = excluded.confidence,"
        " weight = excluded.weight, correct = excluded.correct";
    sqlite3_stmt *q = NULL;
    if (store_run_sql(s, "BEGIN IMMEDIATE", "keeping labels", err))
        return -1;
    int status = store_prepare(s, sql, "keeping labels", &q, err);
    for (size_t i = 0; i < n && !status; i++)
        status = put_one(s, q, &labels[i], err);
    sqlite3_finalize(q);
    if (!status)
        status = store_run_sql(s, "COMMIT", "keeping labels", err);
    if (status)
        store_roll_back(s);
    return status;
}
