/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step's retry policy in one line of a scenario file.  Classes may have policies of their own; a
 * key that is the same in all of them is written once. */
#include "model/scenario_writer.h"

#include <math.h>
#include <string.h>

static void put_attempts(struct writer *w, const struct retry *r, struct buf *out)
{
    buf_printf(out, "%u", r->attempts);
}

static void put_for(struct writer *w, const struct retry *r, struct buf *out)
{
    static const char *const words[] = {"error", "malformed", "timeout"};
    const char *comma = "";

    buf_putc(out, '[');
    for (uint32_t i = 0; i < 3; i++) {
        if (!(r->on & 1u << i))
            continue;
        buf_printf(out, "%s%s", comma, words[i]);
        comma = ", ";
    }
    buf_putc(out, ']');
}

static void put_initial(struct writer *w, const struct retry *r, struct buf *out)
{
    units_put_duration_exact(out, r->initial_s);
}

static void put_factor(struct writer *w, const struct retry *r, struct buf *out)
{
    units_put_exact(out, r->factor);
}

static void put_max(struct writer *w, const struct retry *r, struct buf *out)
{
    units_put_duration_exact(out, r->max_s);
}

static void put_jitter(struct writer *w, const struct retry *r, struct buf *out)
{
    static const char *const words[] = {"none", "full", "equal"};

    buf_puts(out, words[r->jitter]);
}

static void put_retry_budget(struct writer *w, const struct retry *r, struct buf *out)
{
    struct writer to = {.p = w->p, .out = out};

    if (r->budget_kind == BUDGET_RATE)
        write_rate(&to, r->budget, false);
    else
        write_share(out, r->budget);
}

/* "key: value", once or for each class. */
static void put_retry_key(struct writer *w, const struct step *s, const char *key,
                          void (*put)(struct writer *w, const struct retry *r, struct buf *out))
{
    struct buf all, one, first;
    bool same = true;

    buf_init(&all);
    buf_init(&first);
    put(w, &s->retry, &first);
    for (uint32_t c = 0; s->class_retry && c < w->p->n_classes; c++) {
        buf_init(&one);
        put(w, &s->class_retry[c], &one);
        same = same && strcmp(buf_text(&one), buf_text(&first)) == 0;
        buf_puts(&all, c ? ", " : "{");
        write_text(&all, w->p->class[c].id);
        buf_printf(&all, ": %s", buf_text(&one));
        buf_release(&one);
    }
    buf_printf(w->out, "%s: %s%s", key, same ? buf_text(&first) : buf_text(&all), same ? "" : "}");
    buf_release(&all);
    buf_release(&first);
}

void write_retry(struct writer *w, const struct step *s, int indent)
{
    bool limited = s->retry.on != RETRY_ALL, waits = s->retry.initial_s > 0,
         bounded = isfinite(s->retry.max_s), shaken = s->retry.jitter != JITTER_NONE,
         budget = s->retry.budget_kind != BUDGET_NONE;

    for (uint32_t c = 0; s->class_retry && c < w->p->n_classes; c++) {
        const struct retry *r = &s->class_retry[c];
        limited = limited || r->on != RETRY_ALL;
        waits = waits || r->initial_s > 0;
        shaken = shaken || r->jitter != JITTER_NONE;
    }
    if (s->retry.attempts <= 1 && !s->class_retry && !limited && !waits && !budget)
        return;
    buf_printf(w->out, "%*sretry: {", indent, "");
    put_retry_key(w, s, "attempts", put_attempts);
    if (limited)
        put_retry_key(w, s, ", for", put_for);
    if (waits) {
        put_retry_key(w, s, ", backoff: {initial", put_initial);
        put_retry_key(w, s, ", factor", put_factor);
        if (bounded)
            put_retry_key(w, s, ", max", put_max);
        if (shaken)
            put_retry_key(w, s, ", jitter", put_jitter);
        buf_putc(w->out, '}');
    }
    if (budget)
        put_retry_key(w, s, ", budget", put_retry_budget);
    buf_puts(w->out, "}\n");
}
