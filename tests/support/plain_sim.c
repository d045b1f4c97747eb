/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop: whose time comes next?  Everybody is asked in turn, and the first of the earliest acts.
 */
#include "tests/support/plain_sim.h"

#include "tests/support/plain_sim_parts.h"

const char *plain_fault_words(enum plain_fault f)
{
    static const char *const words[] = {
#define X(name, text) text,
        PLAIN_FAULTS(X)
#undef X
    };
    return words[f];
}

double plain_unit(struct plain *s)
{
    return rng_unit(rng_next(&s->rng));
}

bool plain_chance(struct plain *s, double p)
{
    return plain_unit(s) < p;
}

double plain_draw(struct plain *s, const struct dist *d)
{
    return dist_quantile(d, plain_unit(s));
}

/* --- whose time comes next */

enum actor {
    ACT_NOBODY,
    ACT_NEXT, /* a path enters its next step */
    ACT_WEATHER,
    ACT_CALENDAR,
    ACT_TOKEN,
    ACT_CALL_ENDS,
    ACT_COPY,
    ACT_PATH, /* the end of a cache's latency or of a backoff */
    ACT_PATIENCE,
    ACT_DEADLINE,
    ACT_ARRIVAL
};
struct turn {
    double at_s;
    enum actor who;
    uint32_t index, item;
};

static void earlier(struct turn *best, double at_s, enum actor who, uint32_t index, uint32_t item)
{
    if (at_s < best->at_s)
        *best = (struct turn){at_s, who, index, item};
}

static void ask_paths(const struct plain *s, struct turn *best)
{
    for (uint32_t i = 0; i < s->path.len; i++)
        if (s->path.at[i].live && s->path.at[i].phase == PATH_NEXT)
            earlier(best, s->path.at[i].until_s, ACT_NEXT, i, 0);
}

static void ask_world(const struct plain *s, struct turn *best)
{
    const struct pipeline *p = s->p;
    for (uint32_t e = 0; e < p->n_environments; e++)
        if (s->timed)
            earlier(best, s->changes_s[e], ACT_WEATHER, e, NOBODY);
    for (uint32_t i = 0; !s->timed && i < s->item.len; i++)
        for (uint32_t e = 0; s->item.at[i].live && e < p->n_environments; e++)
            earlier(best, s->item.at[i].changes_s[e], ACT_WEATHER, e, i);
    for (uint32_t r = 0; s->timed && r < p->n_resources; r++) {
        earlier(best, s->desk[r].changes_s, ACT_CALENDAR, r, 0);
        if (p->resource[r].servers == 0)
            earlier(best, plain_token_s(s, r), ACT_TOKEN, r, 0);
    }
}

static void ask_calls(const struct plain *s, struct turn *best)
{
    for (uint32_t i = 0; i < s->call.len; i++)
        if (s->call.at[i].live && s->call.at[i].state == CALL_SERVED)
            earlier(best, s->call.at[i].ends_s, ACT_CALL_ENDS, i, 0);
    for (uint32_t i = 0; i < s->path.len; i++) {
        const struct plain_path *w = &s->path.at[i];
        if (w->live && w->phase == PATH_TRYING)
            earlier(best, plain_copy_s(s, i), ACT_COPY, i, 0);
        if (w->live && (w->phase == PATH_CACHED || w->phase == PATH_WAITING_TO_RETRY))
            earlier(best, w->until_s, ACT_PATH, i, 0);
    }
    for (uint32_t i = 0; i < s->call.len; i++)
        if (s->call.at[i].live && s->call.at[i].state == CALL_IN_LINE)
            earlier(best, s->call.at[i].leaves_line_s, ACT_PATIENCE, i, 0);
    for (uint32_t i = 0; i < s->item.len; i++)
        if (s->item.at[i].live && s->broken != PLAIN_DEADLINE_AT_STEPS)
            earlier(best, s->item.at[i].leaves_s, ACT_DEADLINE, i, 0);
}

static void act(struct plain *s, const struct turn *t)
{
    switch (t->who) {
    case ACT_NEXT:
        plain_go(s, t->index, s->path.at[t->index].next);
        break;
    case ACT_WEATHER:
        if (s->timed)
            plain_weather_turn(s, t->index, s->state, s->changes_s);
        else
            plain_weather_turn(s, t->index, s->item.at[t->item].state,
                               s->item.at[t->item].changes_s);
        break;
    case ACT_CALENDAR:
        plain_desk_turn(s, t->index);
        break;
    case ACT_CALL_ENDS:
        plain_call_ends(s, t->index);
        break;
    case ACT_COPY:
        plain_hedge(s, t->index);
        break;
    case ACT_PATH:
        if (s->path.at[t->index].phase == PATH_CACHED)
            plain_cached(s, t->index);
        else
            plain_attempt(s, t->index);
        break;
    case ACT_PATIENCE:
        plain_item_ends(s, s->path.at[s->call.at[t->index].path].item, END_ABANDONED, false);
        break;
    case ACT_DEADLINE:
        plain_item_ends(s, t->index, END_ABANDONED, false);
        break;
    case ACT_ARRIVAL:
        plain_arrive(s);
        break;
    case ACT_TOKEN:
    case ACT_NOBODY:
        break;
    }
}

/* Until nobody that counts is inside; false when nothing more can happen. */
static bool step_forward(struct plain *s)
{
    struct turn next = {INFINITY, ACT_NOBODY, 0, 0};
    ask_paths(s, &next);
    ask_world(s, &next);
    ask_calls(s, &next);
    if (s->timed)
        earlier(&next, s->arrives_s, ACT_ARRIVAL, 0, 0);
    if (next.at_s < s->now_s)
        BUG("time runs backwards");
    if (next.at_s > s->now_s && s->timed && plain_serve_all(s))
        return true; /* a free server turns to its line when all else of this instant is done */
    if (next.at_s == INFINITY)
        return false;
    if (s->timed)
        plain_desk_pass(s, next.at_s);
    s->now_s = next.at_s;
    act(s, &next);
    return true;
}

static uint32_t inside(const struct plain *s, bool of_cohort)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->item.len; i++)
        n += s->item.at[i].live && (!of_cohort || s->item.at[i].cohort);
    return n;
}

static void run_horizon(struct plain *s)
{
    const struct pipeline *p = s->p;
    s->start_s = p->horizon.warmup_s;
    s->end_s = s->start_s + p->horizon.length_s;
    for (uint32_t r = 0; r < p->n_resources; r++) {
        s->desk[r].is_open = plain_is_open(s, &p->resource[r], 0);
        s->desk[r].changes_s = plain_next_change(s, &p->resource[r], 0);
        s->desk[r].tokens = (struct plain_bucket){true, p->resource[r].burst, 0};
    }
    plain_weather_begin(s, s->state, s->changes_s);
    plain_next_arrival(s);
    while ((s->now_s < s->end_s || inside(s, true)) &&
           s->now_s < 2 * s->end_s + fmax(s->end_s, 52.0 * WEEK_S) && step_forward(s))
        if (s->arrives_s >= 2 * s->end_s)
            s->arrives_s = INFINITY;
    for (uint32_t i = 0; i < s->item.len; i++)
        if (s->item.at[i].live)
            plain_item_ends(s, i, END_UNFINISHED, false);
}

static void run_items(struct plain *s, uint64_t items)
{
    for (uint64_t k = 0; k < items; k++) {
        s->now_s = 0;
        plain_arrive(s);
        while (inside(s, false) && step_forward(s))
            ;
    }
}

static void begin(struct plain *s, const struct pipeline *p, uint64_t seed, enum plain_fault broken)
{
    *s = (struct plain){.p = p, .broken = broken};
    if (p->n_steps > PLAIN_STEPS || p->n_environments > 8 || p->feedback.cycle_s > 0)
        BUG("too much for the plain simulation");
    s->rng = (struct rng_seq){rng_key(seed, 0, 0, 0, RNG_SPLIT), 0};
    s->timed = p->arrivals.kind != ARRIVALS_NONE;
    s->state = mem_zero(p->n_environments + 1, sizeof *s->state);
    s->changes_s = mem_zero(p->n_environments + 1, sizeof *s->changes_s);
    s->calm_s = mem_zero(p->n_environments + 1, sizeof *s->calm_s);
    s->breaker = mem_zero(p->n_steps, sizeof *s->breaker);
    s->budget = mem_zero((size_t)p->n_steps * p->n_classes, sizeof *s->budget);
    s->desk = mem_zero(p->n_resources + 1, sizeof *s->desk);
    s->class = mem_zero(p->n_classes + 1, sizeof *s->class);
    s->step = mem_zero(p->n_steps, sizeof *s->step);
}

static void end(struct plain *s)
{
    for (uint32_t i = 0; i < s->item.len; i++) {
        mem_free(s->item.at[i].state);
        mem_free(s->item.at[i].changes_s);
    }
    for (uint32_t i = 0; i < s->p->n_steps; i++)
        vec_release(&s->breaker[i].ended);
    for (uint32_t r = 0; r < s->p->n_resources; r++)
        vec_release(&s->desk[r].waits);
    for (uint32_t c = 0; c <= s->p->n_classes; c++) {
        vec_release(&s->class[c].shipped_times);
        vec_release(&s->class[c].times);
        vec_release(&s->class[c].costs);
    }
    vec_release(&s->item);
    vec_release(&s->path);
    vec_release(&s->call);
    mem_free(s->state);
    mem_free(s->changes_s);
    mem_free(s->calm_s);
    mem_free(s->breaker);
    mem_free(s->budget);
    mem_free(s->desk);
    mem_free(s->class);
    mem_free(s->step);
}

void plain_simulate(const struct pipeline *p, uint64_t seed, uint64_t items,
                    enum plain_fault broken, struct result *out)
{
    struct plain s;
    begin(&s, p, seed, broken);
    if (s.timed)
        run_horizon(&s);
    else
        run_items(&s, items);
    plain_report(&s, out);
    end(&s);
}
