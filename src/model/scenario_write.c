/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline as a scenario file: the top, the flow step by step, and the world around it.  What
 * equals its default is left out. */
#include "model/scenario_writer.h"

#include <math.h>
#include <string.h>

static void put_line(struct buf *out, const char *key, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    buf_printf(out, "%s: ", key);
    write_text(out, text);
    buf_putc(out, '\n');
}

static void put_objective(struct writer *w)
{
    const struct pipeline *p = w->p;

    if (p->n_targets == 0 && isinf(p->deadline_s) && isinf(p->budget))
        return;
    buf_puts(w->out, "objective:\n");
    for (uint32_t i = 0; i < p->n_targets; i++) {
        buf_printf(w->out, "  %s: ", p->target[i].metric);
        write_text(w->out, p->target[i].text);
        buf_putc(w->out, '\n');
    }
    if (isfinite(p->deadline_s)) {
        buf_puts(w->out, "  deadline: ");
        units_put_duration_exact(w->out, p->deadline_s);
        buf_putc(w->out, '\n');
    }
    if (isfinite(p->budget)) {
        buf_puts(w->out, "  budget: ");
        write_money(w, p->budget);
        buf_putc(w->out, '\n');
    }
}

static void put_worth(struct writer *w)
{
    const struct pipeline *p = w->p;

    if (isnan(p->worth_correct))
        return;
    buf_puts(w->out, "worth: {correct: ");
    write_money(w, p->worth_correct);
    buf_puts(w->out, ", wrong: ");
    write_money(w, p->worth_wrong);
    buf_puts(w->out, ", rejected: ");
    write_money(w, p->worth_rejected);
    buf_puts(w->out, "}\n");
}

static void put_costs(struct writer *w)
{
    if (w->p->n_costs)
        buf_puts(w->out, "costs:\n");
    for (uint32_t i = 0; i < w->p->n_costs; i++) {
        buf_puts(w->out, "  ");
        write_text(w->out, w->p->cost[i].name);
        buf_puts(w->out, ": ");
        write_rate(w, w->p->cost[i].per_s, true);
        buf_putc(w->out, '\n');
    }
}

static void put_input(struct writer *w)
{
    const struct pipeline *p = w->p;
    bool clean = true;

    if (!isnan(p->capability)) {
        buf_puts(w->out, "capability: ");
        write_share(w->out, p->capability);
        buf_putc(w->out, '\n');
    }
    if (*p->class[0].id) {
        buf_puts(w->out, "classes:\n");
        for (uint32_t c = 0; c < p->n_classes; c++) {
            buf_puts(w->out, "  ");
            write_text(w->out, p->class[c].id);
            buf_puts(w->out, ": {share: ");
            write_share(w->out, p->class[c].share);
            if (p->class[c].priority)
                buf_printf(w->out, ", priority: %u", p->class[c].priority);
            buf_puts(w->out, "}\n");
        }
    }
    for (uint32_t c = 0; c < p->n_classes; c++)
        clean = clean && p->input_wrong[c].value == 0 && p->input_wrong[c].evidence == 0;
    if (clean)
        return;
    buf_puts(w->out, "wrong: ");
    write_classes(w, NUMBER_SHARE, (const char *)p->input_wrong, sizeof *p->input_wrong);
    buf_putc(w->out, '\n');
}

void scenario_write(const struct pipeline *p, const char *head_comment, const char *const *notes,
                    struct buf *out)
{
    struct writer w = {p, out};

    write_comment(out, "", head_comment);
    buf_puts(out, "seam: 1\n");
    put_line(out, "name", p->name);
    put_line(out, "about", p->about);
    if (strcmp(p->currency, "$") != 0)
        put_line(out, "currency", p->currency);
    put_objective(&w);
    put_worth(&w);
    put_costs(&w);
    put_input(&w);
    write_time(&w);
    buf_puts(out, "\nflow:\n");
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (p->step[i].parent)
            continue;
        buf_puts(out, i ? "\n" : "");
        write_step(&w, i, notes, 2);
    }
    write_world(&w);
}
