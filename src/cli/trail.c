/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An item's rows of the journal in words: as a table, JSON and CSV. */
#include "cli/trail.h"

#include "base/json_write.h"
#include "base/units.h"
#include "exec/event.h"
#include "exec/stage.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/text.h"

#include <math.h>
#include <string.h>

static const char *const outcomes[OUTCOME_COUNT] = {"ok", "wrong", "error", "malformed", "timeout"};
static const char *const verdicts[] = {"approved", "rejected", "edited"};
static const char *const kinds[] = {"began", "asked", "attempt", "visit", "ended"};
static const char *const exits[EXIT_KIND_COUNT] = {"pass",  "fail",    "reject", "above",
                                                   "below", "between", "audit"};
enum { VERDICTS = sizeof verdicts / sizeof *verdicts };

static const char *word(const char *const *words, int n, int at)
{
    return at >= 0 && at < n ? words[at] : "";
}

static const char *place_name(const struct journal_run *run, int32_t to)
{
    static const char *const ends[] = {"ship", "reject", "fail", "join", "skip"};
    if (to >= 0)
        return (size_t)to < run->n_steps ? run->step[to].id : "";
    return word(ends, 5, -to - 1);
}

static void put_number(struct buf *b, double x)
{
    buf_printf(b, "%.4g", x);
}

/* --- what a row says */

static void say_attempt(const struct journal_row *r, struct buf *b)
{
    if (r->flags & JOURNAL_CANCELLED)
        buf_puts(b, "cut short");
    else if (r->verdict >= 0 && r->outcome == OUTCOME_OK)
        buf_puts(b, word(verdicts, VERDICTS, r->verdict));
    else
        buf_puts(b, word(outcomes, OUTCOME_COUNT, r->outcome));
    if (r->copy)
        buf_printf(b, ", hedge %u", r->copy);
    if (!isnan(r->confidence)) {
        buf_puts(b, ", confidence ");
        put_number(b, r->confidence);
    }
}

static void say_visit(const struct trail *t, const struct journal_row *r, struct buf *b)
{
    const char *to = place_name(&t->run, r->to);
    if (!isnan(r->threshold)) {
        if (isnan(r->confidence))
            buf_puts(b, "no confidence");
        else
            put_number(b, r->confidence);
        buf_printf(b, r->exit == EXIT_AUDIT ? " above " : " %s ",
                   word(exits, EXIT_KIND_COUNT, r->exit));
        put_number(b, r->threshold);
        if (r->exit == EXIT_AUDIT)
            buf_puts(b, ", audited");
    } else {
        buf_puts(b, r->flags & JOURNAL_CACHED ? "from the cache"
                    : r->exit == EXIT_FAIL    ? "failed"
                    : r->exit == EXIT_REJECT  ? "rejected"
                                              : "done");
    }
    buf_printf(b, ": to %s", to);
}

static const char *say(struct trail *t, const struct journal_row *r)
{
    struct buf b = {0};
    if (r->kind == JOURNAL_BEGAN)
        buf_puts(&b, "came in");
    else if (r->kind == JOURNAL_ASKED)
        buf_puts(&b, "shown");
    else if (r->kind == JOURNAL_ATTEMPT)
        say_attempt(r, &b);
    else if (r->kind == JOURNAL_VISIT)
        say_visit(t, r, &b);
    else if (r->ending >= 0 && r->ending < RUN_END_COUNT)
        buf_puts(&b, run_end_name((enum run_end)r->ending));
    const char *said = arena_strdup(&t->texts, buf_text(&b));
    buf_release(&b);
    return said;
}

/* Who took it where nobody is named. */
static const char *taker(const struct journal_row *r)
{
    if (r->kind == JOURNAL_VISIT)
        return "rule";
    return r->kind == JOURNAL_ATTEMPT ? "stage" : "";
}

static void take(void *arg, const struct journal_row *r)
{
    struct trail *t = arg;
    bool inside = r->kind != JOURNAL_BEGAN && r->kind != JOURNAL_ENDED;
    struct trail_row row = {.row = *r, .step = ""};
    if (inside && r->step < t->run.n_steps)
        row.step = t->run.step[r->step].id;
    if (r->kind == JOURNAL_BEGAN)
        t->class = r->class < t->run.n_classes ? t->run.class[r->class].id : "";
    row.row.id = arena_strdup(&t->texts, r->id);
    row.row.who = arena_strdup(&t->texts, *r->who ? r->who : taker(r));
    row.row.says = arena_strdup(&t->texts, r->says);
    row.row.attributes = arena_strdup(&t->texts, r->attributes);
    if (r->payload)
        row.row.payload = arena_strndup(&t->texts, r->payload, r->payload_len);
    row.what = say(t, r);
    vec_push(&t->rows, row);
}

int trail_read(struct store *s, int64_t run, uint64_t item, struct trail *out, struct error *err)
{
    *out = (struct trail){.class = ""};
    arena_init(&out->texts);
    return journal_find(s, run, NULL, &out->texts, &out->run, err) ||
                   journal_each(s, run, item, take, out, err)
               ? -1
               : 0;
}

void trail_release(struct trail *t)
{
    arena_release(&t->texts);
    vec_release(&t->rows);
}

void trail_gate(const struct trail *t, double *confidence, double *threshold)
{
    *confidence = *threshold = NAN;
    for (size_t i = 0; i < t->rows.len; i++) {
        const struct journal_row *r = &t->rows.at[i].row;
        if (r->kind == JOURNAL_VISIT && !isnan(r->threshold)) {
            *confidence = r->confidence;
            *threshold = r->threshold;
        } else if (r->kind == JOURNAL_ATTEMPT && !isnan(r->confidence) && isnan(*threshold)) {
            *confidence = r->confidence;
        }
    }
}

/* --- printed */

static void put_table(const struct cli *cli, const struct trail *t, const char *id, struct buf *out)
{
    static const char *const columns[] = {"at", "step", "attempt", "what", "by", "why"};
    struct text_options text = {.width = cli->width, .color = cli->color};
    struct document d;
    struct buf caption = {0};
    buf_printf(&caption, "Run %lld, item %s%s%s", (long long)t->run.id, id,
               *t->class ? " of class " : "", t->class);
    document_init(&d, "trail", "");
    struct table *table = document_table(&d, buf_text(&caption));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_column(&d, table, columns[i], i == 0 || i == 2);
    for (size_t i = 0; i < t->rows.len; i++) {
        const struct trail_row *row = &t->rows.at[i];
        const struct journal_row *r = &row->row;
        struct buf at = {0}, number = {0};
        double when = isnan(r->end_s) ? 0 : r->end_s;
        if (r->kind == JOURNAL_ASKED)
            when = r->begin_s;
        if (r->kind != JOURNAL_BEGAN)
            units_put_duration(&at, when);
        if (r->kind == JOURNAL_ATTEMPT && r->visit > 1)
            buf_printf(&number, "%u.%u", r->visit, r->attempt);
        else if (r->kind == JOURNAL_ATTEMPT)
            buf_printf(&number, "%u", r->attempt);
        const char *const cells[] = {buf_text(&at), row->step, buf_text(&number),
                                     row->what,     r->who,    r->says};
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
            table_cell(&d, table, TONE_PLAIN, cells[c]);
        buf_release(&at);
        buf_release(&number);
    }
    text_table(table, &text, out);
    document_release(&d);
    buf_release(&caption);
}

static void put_text(struct json_write *w, const char *key, const char *text)
{
    if (!text || !*text)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void put_real(struct json_write *w, const char *key, double x)
{
    if (isnan(x))
        return;
    json_key(w, key);
    json_number(w, x);
}

static void put_row(struct json_write *w, const struct trail *t, const struct trail_row *row)
{
    const struct journal_row *r = &row->row;
    json_open(w, '{');
    put_text(w, "kind", word(kinds, 5, (int)r->kind));
    put_text(w, "step", row->step);
    if (*row->step) {
        json_key(w, "visit");
        json_uint(w, r->visit);
    }
    if (r->kind == JOURNAL_ATTEMPT) {
        json_key(w, "attempt");
        json_uint(w, r->attempt);
        put_text(w, "outcome", word(outcomes, OUTCOME_COUNT, r->outcome));
        put_text(w, "decision", word(verdicts, VERDICTS, r->verdict));
        put_real(w, "begin_s", r->begin_s);
    }
    put_real(w, "end_s", r->kind == JOURNAL_BEGAN || r->kind == JOURNAL_ASKED ? NAN : r->end_s);
    if (r->kind == JOURNAL_VISIT) {
        put_text(w, "exit", word(exits, EXIT_KIND_COUNT, r->exit));
        put_text(w, "to", place_name(&t->run, r->to));
    }
    put_real(w, "confidence", r->confidence);
    put_real(w, "threshold", r->threshold);
    if (r->kind == JOURNAL_ATTEMPT || r->kind == JOURNAL_ENDED)
        put_real(w, "cost", r->cost);
    put_text(w, "what", row->what);
    put_text(w, "who", r->who);
    put_text(w, "why", r->says);
    if (r->payload && r->payload_len) {
        json_key(w, "payload");
        json_raw(w, r->payload);
    }
    json_close(w, '}');
}

static void put_json(const struct trail *t, const char *id, struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 1);
    json_open(&w, '{');
    json_key(&w, "run");
    json_uint(&w, (uint64_t)t->run.id);
    put_text(&w, "item", id);
    put_text(&w, "class", t->class);
    put_text(&w, "scenario", t->run.sha256);
    json_key(&w, "trail");
    json_open(&w, '[');
    for (size_t i = 0; i < t->rows.len; i++)
        put_row(&w, t, &t->rows.at[i]);
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
}

static void put_csv(const struct trail *t, struct buf *out)
{
    buf_puts(out, "kind,step,visit,attempt,end_s,outcome,decision,confidence,threshold,to,what,who,"
                  "why,payload\n");
    for (size_t i = 0; i < t->rows.len; i++) {
        const struct trail_row *row = &t->rows.at[i];
        const struct journal_row *r = &row->row;
        bool attempt = r->kind == JOURNAL_ATTEMPT;
        const double reals[] = {r->confidence, r->threshold};
        buf_printf(out, "%s,", word(kinds, 5, (int)r->kind));
        csv_put_text(out, row->step);
        buf_printf(out, ",%u,%u,", r->visit, attempt ? r->attempt : 0);
        if (!isnan(r->end_s))
            units_put_exact(out, r->end_s);
        buf_printf(out, ",%s,%s", attempt ? word(outcomes, OUTCOME_COUNT, r->outcome) : "",
                   attempt ? word(verdicts, VERDICTS, r->verdict) : "");
        for (size_t k = 0; k < 2; k++) {
            buf_putc(out, ',');
            if (!isnan(reals[k]))
                units_put_exact(out, reals[k]);
        }
        const char *const texts[] = {r->kind == JOURNAL_VISIT ? place_name(&t->run, r->to) : "",
                                     row->what, r->who, r->says, r->payload ? r->payload : ""};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            buf_putc(out, ',');
            csv_put_text(out, texts[k]);
        }
        buf_putc(out, '\n');
    }
}

int trail_print(const struct cli *cli, struct store *s, int64_t run, const char *id,
                struct error *err)
{
    struct trail t = {0};
    struct buf out = {0};
    uint64_t item;
    struct arena arena;
    struct journal_run head;
    arena_init(&arena);
    int status = journal_find(s, run, NULL, &arena, &head, err) ||
                         journal_item(s, run, id, &item, err) || trail_read(s, run, item, &t, err)
                     ? -1
                     : 0;
    if (!status) {
        if (option_given(cli->options, OPTION_JSON))
            put_json(&t, id, &out);
        else if (option_given(cli->options, OPTION_CSV))
            put_csv(&t, &out);
        else
            put_table(cli, &t, id, &out);
        status = cli_print(buf_text(&out), out.len, err);
    }
    arena_release(&arena);
    trail_release(&t);
    buf_release(&out);
    return status;
}
