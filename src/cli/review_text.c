/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A task in words: what the item holds, why it is here, what happened to it. */
#include "cli/review.h"

#include "base/json_read.h"
#include "base/units.h"
#include "report/document.h"

#include <math.h>
#include <string.h>

struct writing {
    struct arena *arena;
    struct review_lines *out;
    size_t width;
};

/* One paragraph, broken at spaces where it can be, later lines `indent` columns in. */
static void put_paragraph(struct writing *w, const char *text, size_t indent)
{
    struct buf clean = {0};
    text_clean(&clean, text);
    const char *at = buf_text(&clean);
    bool first = true;
    do {
        size_t in = first ? 0 : indent, room = w->width > in + 10 ? w->width - in : 10;
        size_t fit = text_fit(at, room), cut = fit;
        if (at[fit])
            while (cut > 0 && at[cut] != ' ')
                cut--;
        if (cut == 0)
            cut = fit ? fit : strlen(at);
        vec_push(&w->out->at,
                 (const char *)arena_printf(w->arena, "%*s%.*s", (int)in, "", (int)cut, at));
        at += cut;
        at += strspn(at, " ");
        first = false;
    } while (*at);
    buf_release(&clean);
}

/* Text of several lines: each is a paragraph. */
static void put_text(struct writing *w, const char *text, size_t indent)
{
    struct buf line = {0};
    bool first = true;
    for (const char *at = text; at;) {
        const char *end = strchr(at, '\n');
        buf_clear(&line);
        if (!first)
            buf_printf(&line, "%*s", (int)indent, "");
        buf_add(&line, at, end ? (size_t)(end - at) : strlen(at));
        put_paragraph(w, buf_text(&line), indent);
        at = end ? end + 1 : NULL;
        first = false;
    }
    buf_release(&line);
}

static void put_blank(struct writing *w)
{
    vec_push(&w->out->at, "");
}

static void put_payload(struct writing *w, const char *payload)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    struct error none = {0};
    struct buf line = {0};
    const char *text;
    size_t len;
    if (json_parse(reader, payload, strlen(payload), &root, &none)) {
        put_text(w, payload, 2);
        goto out;
    }
    for (struct json_iter it = json_each(root); json_next(&it);) {
        buf_clear(&line);
        buf_add(&line, it.key, it.key_len);
        buf_puts(&line, ": ");
        if (json_text(it.value, &text, &len))
            buf_add(&line, text, len);
        else
            json_dump(it.value, &line);
        put_text(w, buf_text(&line), 4);
    }
    if (json_count(root) == 0)
        put_text(w, "(the item holds nothing)", 0);
out:
    buf_release(&line);
    json_reader_free(reader);
}

static void put_trail(struct writing *w, const struct trail *t)
{
    struct buf line = {0};
    for (size_t i = 0; i < t->rows.len; i++) {
        const struct trail_row *row = &t->rows.at[i];
        if (row->row.kind == JOURNAL_ASKED || row->row.kind == JOURNAL_BEGAN)
            continue;
        buf_clear(&line);
        if (!isnan(row->row.end_s))
            units_put_duration(&line, row->row.end_s);
        buf_printf(&line, "  %s  %s", row->step, row->what);
        if (row->row.verdict >= 0 && *row->row.who)
            buf_printf(&line, "  by %s", row->row.who);
        if (*row->row.says)
            buf_printf(&line, "  (%s)", row->row.says);
        put_paragraph(w, buf_text(&line), 8);
    }
    buf_release(&line);
}

/* Why it is here: "confidence 0.62 below the threshold 0.8". */
static void put_why(struct writing *w, const struct review *r)
{
    double confidence, threshold;
    struct buf line = {0};
    trail_gate(&r->trail, &confidence, &threshold);
    if (!isnan(confidence))
        buf_printf(&line, "confidence %.4g", confidence);
    if (!isnan(confidence) && !isnan(threshold))
        buf_printf(&line,
                   confidence >= threshold ? ", at or above the threshold %.4g: an audit"
                                           : ", below the threshold %.4g",
                   threshold);
    if (line.len)
        put_paragraph(w, buf_text(&line), 2);
    buf_release(&line);
}

void review_describe(const struct review *r, int width, struct arena *arena,
                     struct review_lines *out)
{
    struct writing w = {arena, out, (size_t)(width < 20 ? 20 : width)};
    const struct task *t = &r->task;
    double now_s = cli_unix_s();
    struct buf line = {0};
    buf_printf(&line, "task %lld: item %s%s%s, step %s", (long long)t->id, t->item_id,
               *t->class ? " of class " : "", t->class, t->step_id);
    if (t->visit > 1)
        buf_printf(&line, " (visit %u)", t->visit);
    buf_printf(&line, ", run %lld; waits for ", (long long)t->run);
    units_put_duration(&line, fmax(now_s - t->created_s, 0));
    if (isfinite(t->due_s)) {
        buf_puts(&line, t->due_s < now_s ? ", late by " : ", due in ");
        units_put_duration(&line, fabs(t->due_s - now_s));
    }
    put_paragraph(&w, buf_text(&line), 2);
    put_why(&w, r);
    put_blank(&w);
    put_payload(&w, t->payload);
    if (r->trail.rows.len) {
        put_blank(&w);
        put_paragraph(&w, "What happened:", 0);
        put_trail(&w, &r->trail);
    }
    buf_release(&line);
}

int review_tell_queue(const struct review *r, struct buf *out, struct error *err)
{
    struct queue_count n;
    double now_s = cli_unix_s();
    if (queue_count(r->store, r->reviewer, now_s, &n, err))
        return -1;
    buf_printf(out, "%llu wait", (unsigned long long)n.waiting);
    if (n.waiting) {
        buf_puts(out, ", the oldest for ");
        units_put_duration(out, fmax(now_s - n.oldest_s, 0));
    }
    if (n.held > (r->has ? 1u : 0u))
        buf_printf(out, ", %llu with others", (unsigned long long)(n.held - r->has));
    if (n.late)
        buf_printf(out, ", %llu late", (unsigned long long)n.late);
    buf_printf(out, "; decided by %s: %llu", r->reviewer, (unsigned long long)n.decided);
    return 0;
}
