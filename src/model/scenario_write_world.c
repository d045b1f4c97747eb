/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals, horizon, resources, environments and feedback as a scenario file writes them. */
#include "model/scenario_writer.h"

#include <math.h>

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* "09:00"; the end of a day is 24:00. */
static void put_time(struct buf *out, double s)
{
    int minute = (int)(s / 60 + 0.5);

    buf_printf(out, "%02d:%02d", minute / 60, minute % 60);
}

static void put_clock(struct buf *out, double second_of_week)
{
    int day = (int)(second_of_week / DAY_S);

    buf_printf(out, "\"%s ", days[day]);
    put_time(out, second_of_week - day * (double)DAY_S);
    buf_putc(out, '"');
}

/* A stretch of one day; alike ones of days that follow one another are written together. */
struct stretch {
    int day;
    double from, to, rate; /* seconds of the day */
    bool written;
};

/* Adds the parts of [from_s, to_s) on each day. */
static size_t add_stretches(struct stretch *at, size_t n, double from_s, double to_s, double rate)
{
    for (int d = 0; d < 7; d++) {
        double from = fmax(from_s - d * (double)DAY_S, 0);
        double to = fmin(to_s - d * (double)DAY_S, DAY_S);
        if (from < to)
            at[n++] = (struct stretch){d, from, to, rate, false};
    }
    return n;
}

/* Marks stretch i and those like it on the days that follow as written, and puts "mon-fri 09:00".
 */
static void put_days(struct buf *out, struct stretch *at, size_t n, size_t i)
{
    int last = at[i].day;

    at[i].written = true;
    for (size_t k = i + 1; k < n; k++) {
        if (at[k].written || at[k].day != last + 1 || at[k].from != at[i].from ||
            at[k].to != at[i].to || at[k].rate != at[i].rate)
            continue;
        at[k].written = true;
        last++;
    }
    buf_puts(out, days[at[i].day]);
    if (last > at[i].day)
        buf_printf(out, "-%s", days[last]);
    buf_putc(out, ' ');
    put_time(out, at[i].from);
}

static void put_duration(struct writer *w, const char *lead, double s)
{
    buf_puts(w->out, lead);
    units_put_duration_exact(w->out, s);
}

/* --- before the flow */

static void put_schedule(struct writer *w, const struct arrivals *a)
{
    struct stretch *at = mem_alloc((7 * a->n_schedule + 1) * sizeof *at);
    const char *comma = "";
    size_t n = 0;

    for (uint32_t i = 0; i < a->n_schedule; i++)
        n = add_stretches(at, n, a->schedule[i].from_s, a->schedule[i].to_s,
                          a->schedule[i].rate_per_s);
    buf_puts(w->out, "schedule: [");
    for (size_t i = 0; i < n; i++) {
        if (at[i].written)
            continue;
        buf_printf(w->out, "%s{from: \"", comma);
        put_days(w->out, at, n, i);
        buf_puts(w->out, "\", to: \"");
        put_time(w->out, at[i].to);
        buf_puts(w->out, "\", rate: ");
        write_rate(w, at[i].rate, false);
        buf_putc(w->out, '}');
        comma = ", ";
    }
    buf_putc(w->out, ']');
    mem_free(at);
}

static void put_arrivals(struct writer *w)
{
    const struct arrivals *a = &w->p->arrivals;

    buf_puts(w->out, "arrivals: {");
    switch (a->kind) {
    case ARRIVALS_POISSON:
        buf_puts(w->out, "poisson: ");
        write_rate(w, a->rate_per_s, false);
        break;
    case ARRIVALS_EVERY:
        buf_puts(w->out, "every: ");
        write_dist(w->out, &a->every, QUANTITY_TIME);
        break;
    case ARRIVALS_SCHEDULE:
        put_schedule(w, a);
        break;
    case ARRIVALS_DAILY:
        buf_puts(w->out, "daily: {mean: ");
        write_rate(w, a->mean_per_s, false);
        buf_puts(w->out, ", amplitude: ");
        write_rate(w, a->amplitude_per_s, false);
        buf_puts(w->out, ", peak: ");
        put_clock(w->out, a->peak_s);
        buf_putc(w->out, '}');
        break;
    default:
        buf_puts(w->out, "file: ");
        write_text(w->out, a->file);
        buf_puts(w->out, ", column: ");
        write_text(w->out, a->column_name);
    }
    if (a->has_batch) {
        buf_puts(w->out, ", batch: ");
        write_dist(w->out, &a->batch, QUANTITY_PLAIN);
    }
    buf_puts(w->out, "}\n");
}

static void put_horizon(struct writer *w)
{
    const struct horizon *h = &w->p->horizon;

    put_duration(w, "horizon: {length: ", h->length_s);
    if (h->warmup_s > 0)
        put_duration(w, ", warmup: ", h->warmup_s);
    if (h->starts_s > 0) {
        buf_puts(w->out, ", starts: ");
        put_clock(w->out, h->starts_s);
    }
    if (h->observe_s != h->length_s / 200)
        put_duration(w, ", observe: ", h->observe_s);
    buf_printf(w->out, ", replications: %u}\n", h->replications);
}

void write_time(struct writer *w)
{
    if (w->p->arrivals.kind != ARRIVALS_NONE) {
        put_arrivals(w);
        put_horizon(w);
    }
    if (w->p->leave_after_s) {
        buf_puts(w->out, "deadline: ");
        write_classes(w, NUMBER_DURATION, (const char *)w->p->leave_after_s, sizeof(double));
        buf_putc(w->out, '\n');
    }
}

/* --- after the flow */

static void put_hours(struct writer *w, const struct resource *q)
{
    struct stretch *at = mem_alloc((7 * q->n_hours + 1) * sizeof *at);
    const char *comma = "";
    size_t n = 0;

    for (uint32_t i = 0; i < q->n_hours; i++)
        n = add_stretches(at, n, q->hours[i].from_s, q->hours[i].to_s, 0);
    buf_puts(w->out, "    hours: [");
    for (size_t i = 0; i < n; i++) {
        if (at[i].written)
            continue;
        buf_printf(w->out, "%s\"", comma);
        put_days(w->out, at, n, i);
        buf_putc(w->out, '-');
        put_time(w->out, at[i].to);
        buf_putc(w->out, '"');
        comma = ", ";
    }
    buf_printf(w->out, "]\n    at_close: %s\n",
               q->at_close == CLOSE_FINISH ? "finish" : "interrupt");
    mem_free(at);
}

static void put_queue(struct writer *w, const struct resource *q)
{
    if (q->waiting_room != ROOM_UNLIMITED)
        buf_printf(w->out, "    waiting_room: %u\n", q->waiting_room);
    if (q->when_full.to != TO_REJECT || q->when_full.at_most != AT_MOST_NONE) {
        buf_puts(w->out, "    when_full: ");
        write_edge(w, &q->when_full);
        buf_putc(w->out, '\n');
    }
    if (q->patience) {
        buf_puts(w->out, "    patience: ");
        write_classes(w, NUMBER_DIST, (const char *)q->patience, sizeof *q->patience);
        buf_putc(w->out, '\n');
    }
    if (isfinite(q->answer_within_s)) {
        put_duration(w, "    answer_within: ", q->answer_within_s);
        buf_putc(w->out, '\n');
    }
}

static void put_resource(struct writer *w, const struct resource *q)
{
    static const char *const disciplines[] = {"fifo",       "lifo",     "priority",
                                              "preemptive", "deadline", "shortest"};

    buf_puts(w->out, "  ");
    write_text(w->out, q->id);
    buf_puts(w->out, ":\n");
    if (q->servers) {
        buf_printf(w->out, "    servers: %u\n    discipline: %s\n", q->servers,
                   disciplines[q->discipline]);
    } else {
        buf_puts(w->out, "    rate: ");
        write_rate(w, q->rate_per_s, false);
        buf_puts(w->out, "\n    burst: ");
        units_put_exact(w->out, q->burst);
        buf_putc(w->out, '\n');
    }
    if (q->n_hours)
        put_hours(w, q);
    put_queue(w, q);
    if (q->cost_per_s > 0) {
        buf_puts(w->out, "    cost: ");
        write_rate(w, q->cost_per_s, true);
        buf_putc(w->out, '\n');
    }
}

static void put_state(struct writer *w, const struct environment *e, const struct env_state *s)
{
    buf_puts(w->out, "    ");
    write_text(w->out, s->id);
    buf_puts(w->out, ":\n      lasts: ");
    write_dist(w->out, &s->lasts, QUANTITY_TIME);
    buf_putc(w->out, '\n');
    if (s->to) {
        const char *comma = "";
        buf_puts(w->out, "      to: {");
        for (uint32_t i = 0; i < e->n_states; i++) {
            if (!(s->to[i] > 0))
                continue;
            buf_puts(w->out, comma);
            write_text(w->out, e->state[i].id);
            buf_puts(w->out, ": ");
            write_share(w->out, s->to[i]);
            comma = ", ";
        }
        buf_puts(w->out, "}\n");
    }
    if (s->n_overrides)
        buf_puts(w->out, "      steps:\n");
    for (uint32_t i = 0; i < s->n_overrides; i++) {
        const struct step *step = &w->p->step[s->override[i].step];
        buf_puts(w->out, "        ");
        write_text(w->out, step->id);
        buf_puts(w->out, ": ");
        write_override(w, step, &s->override[i].override);
        buf_putc(w->out, '\n');
    }
}

static void put_learn(struct writer *w, const struct learn *l)
{
    static const char *const words[] = {
        [LEARN_POWER_LAW] = "step", [LEARN_RECALIBRATE] = "recalibrate", [LEARN_CANON] = "canon"};

    buf_printf(w->out, "    - {%s: ", words[l->kind]);
    write_text(w->out, w->p->step[l->step].id);
    if (l->kind != LEARN_RECALIBRATE) {
        buf_puts(w->out, ", wrong: {power_law: {exponent: ");
        units_put_exact(w->out, l->exponent);
        buf_puts(w->out, ", per: ");
        units_put_exact(w->out, l->per);
        buf_puts(w->out, ", floor: ");
        write_share(w->out, l->floor);
        buf_puts(w->out, "}}");
    }
    buf_puts(w->out, "}\n");
}

static void put_feedback(struct writer *w, const struct feedback *f)
{
    bool both = f->labels == (LABELS_REVIEW | LABELS_AUDIT);

    put_duration(w, "\nfeedback:\n  cycle: ", f->cycle_s);
    buf_printf(w->out, "\n  cycles: %u\n", f->cycles);
    if (!both)
        buf_printf(w->out, "  labels: [%s]\n", f->labels == LABELS_REVIEW ? "review" : "audit");
    if (f->n_learns)
        buf_puts(w->out, "  learns:\n");
    for (uint32_t i = 0; i < f->n_learns; i++)
        put_learn(w, &f->learn[i]);
}

void write_world(struct writer *w)
{
    const struct pipeline *p = w->p;

    if (p->n_resources)
        buf_puts(w->out, "\nresources:\n");
    for (uint32_t i = 0; i < p->n_resources; i++)
        put_resource(w, &p->resource[i]);
    if (p->n_environments)
        buf_puts(w->out, "\nenvironments:\n");
    for (uint32_t i = 0; i < p->n_environments; i++) {
        buf_puts(w->out, "  ");
        write_text(w->out, p->environment[i].id);
        buf_puts(w->out, ":\n");
        for (uint32_t s = 0; s < p->environment[i].n_states; s++)
            put_state(w, &p->environment[i], &p->environment[i].state[s]);
    }
    if (p->feedback.cycle_s > 0)
        put_feedback(w, &p->feedback);
}
