/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of networks of desks.
 *
 * Exponential work of one mean, first come first served, endless rooms: product form whatever the
 * routes, with delays that nobody shares (Jackson 1957; Baskett, Chandy, Muntz and Palacios 1975;
 * Kelly 1975), and who comes finds the desk as it is in its steady state (Sevcik and Mitrani 1981).
 * What leaves such a network is Poisson (Kelly 1979, theorem 3.7), so that any other desk may stand
 * behind it, as long as nobody comes there twice; nothing is known behind that one.
 *
 * A Poisson process whose rate changes stays one behind delays that nobody shares, its rate being
 * averaged over them (Eick, Massey and Whitt 1993): a cosine stays a cosine.
 *
 * Times at desks in a row are independent when the first has one server and nobody is overtaken on
 * the way (Reich 1957). */
#include "sim/exact/desks.h"

#include <math.h>

static int refuse_at(const struct pipeline *p, uint32_t line, uint32_t column, const char *id,
                     const char *what, struct error *err)
{
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow", line, column,
                    "not exact (`%s`): %s; use simulate", id, what);
}

int office_refuse(const struct pipeline *p, const struct resource *r, const char *what,
                  struct error *err)
{
    return refuse_at(p, r->line, r->column, r->id, what, err);
}

/* --- routes */

static void find_reach(struct offices *o)
{
    struct rules r;
    uint32_t n = o->p->n_steps;
    o->reach = mem_zero((size_t)n * n + 1, sizeof *o->reach);
    rules_init(&r, o->p);
    for (uint32_t i = 0; i < n; i++)
        rules_reach(&r, i, o->reach + (size_t)i * n);
    rules_release(&r);
}

static bool leads(const struct offices *o, uint32_t from, uint32_t to)
{
    return o->reach[(size_t)from * o->p->n_steps + to];
}

static bool office_leads(const struct offices *o, const struct office *from,
                         const struct office *to)
{
    for (uint32_t i = 0; i < from->n_steps; i++)
        for (uint32_t k = 0; k < to->n_steps; k++)
            if (leads(o, from->step[i], to->step[k]))
                return true;
    return false;
}

/* Does a visit take no time? Steps inside a parallel count as the parallel's. */
static bool instant(const struct pipeline *p, uint32_t i)
{
    const struct step *s = &p->step[i];
    for (uint32_t k = 0; k < p->n_classes; k++) {
        bool waits = s->retry.attempts > 1 && rules_backoff(&s->retry, 1, 1) > 0;
        if (dist_max(&s->numbers[k].latency) > 0 || waits || s->class_retry)
            return false;
        for (uint32_t g = 0; g < s->n_given; g++)
            if (dist_max(&s->given[g].override.numbers[k].latency) > 0)
                return false;
        if (s->has_cache && dist_max(&s->numbers[k].cache_latency) > 0)
            return false;
    }
    return !s->parallel;
}

/* --- work */

static bool same_work(const struct office *o, const struct numbers *n)
{
    return n->latency.family == DIST_EXPONENTIAL && !isfinite(n->timeout_s) &&
           dist_mean(&n->latency) == o->mean_s;
}

static bool exponential(const struct pipeline *p, struct office *o)
{
    o->mean_s = dist_mean(&p->step[o->step[0]].numbers[0].latency);
    for (uint32_t i = 0; i < o->n_steps; i++) {
        const struct step *s = &p->step[o->step[i]];
        for (uint32_t k = 0; k < p->n_classes; k++) {
            if (!same_work(o, &s->numbers[k]))
                return false;
            for (uint32_t g = 0; g < s->n_given; g++)
                if (!same_work(o, &s->given[g].override.numbers[k]))
                    return false;
        }
    }
    return true;
}

static bool same_patience(const struct pipeline *p, struct office *o)
{
    const struct dist *d = o->resource->patience;
    o->patience_s = INFINITY;
    for (uint32_t k = 0; k < p->n_classes && d; k++) {
        if (d[k].family != DIST_EXPONENTIAL || dist_mean(&d[k]) != dist_mean(&d[0]))
            return false;
        o->patience_s = dist_mean(&d[k]);
    }
    return true;
}

static bool tried_again(const struct pipeline *p, uint32_t i)
{
    const struct step *s = &p->step[i];
    bool fails = false;
    uint32_t attempts = s->retry.attempts;
    for (uint32_t k = 0; k < p->n_classes; k++) {
        const struct numbers *n = &s->numbers[k];
        fails = fails || n->error.value > 0 || n->malformed.value > 0 || isfinite(n->timeout_s) ||
                s->n_given;
        if (s->class_retry && s->class_retry[k].attempts > attempts)
            attempts = s->class_retry[k].attempts;
    }
    return attempts > 1 && fails;
}

static bool comes_again(const struct offices *o, const struct office *of)
{
    for (uint32_t i = 0; i < of->n_steps; i++)
        if (tried_again(o->p, of->step[i]))
            return true;
    return office_leads(o, of, of);
}

/* --- which theory */

static bool one_rank(const struct pipeline *p)
{
    for (uint32_t k = 1; k < p->n_classes; k++)
        if (p->class[k].priority != p->class[0].priority)
            return false;
    return true;
}

static void choose_kind(const struct pipeline *p, struct office *o)
{
    const struct resource *r = o->resource;
    bool ranked = r->discipline == DISCIPLINE_PRIORITY || r->discipline == DISCIPLINE_PREEMPTIVE;
    o->first_come = r->discipline == DISCIPLINE_FIFO || (ranked && one_rank(p));
    o->leaves = r->patience || r->waiting_room != ROOM_UNLIMITED;
    o->exponential = exponential(p, o);
    if (r->n_hours || p->arrivals.kind != ARRIVALS_POISSON)
        o->kind = OFFICE_CYCLE;
    else if (o->exponential && o->first_come && !o->leaves)
        o->kind = OFFICE_PRODUCT;
    else
        o->kind = OFFICE_POISSON;
}

static const char *resource_lacks(const struct pipeline *p, struct office *o)
{
    const struct resource *r = o->resource;
    bool room = r->waiting_room != ROOM_UNLIMITED;
    if (r->servers == 0)
        return "a rate limit has no closed form";
    if (!same_patience(p, o))
        return "patience is not exponential with one mean";
    if (o->kind == OFFICE_CYCLE && !o->exponential)
        return "its work is not exponential with one mean, and it has hours or arrivals that "
               "change";
    if (o->kind == OFFICE_CYCLE && !o->first_come)
        return "its discipline is not first come, first served, and it has hours or arrivals that "
               "change";
    if (o->kind == OFFICE_CYCLE && r->n_hours && r->at_close == CLOSE_INTERRUPT && r->patience &&
        room)
        return "a waiting room and patience at a desk that interrupts its work";
    if (o->first_come && !o->exponential && (r->servers > 1 || o->leaves))
        return "its work is not exponential with one mean, and it has several servers, a waiting "
               "room or patience";
    if (!o->first_come && o->leaves)
        return "priorities with a waiting room or patience";
    if (!o->first_come && r->servers > 1 &&
        (r->discipline == DISCIPLINE_PREEMPTIVE || !o->exponential))
        return "priorities at several servers whose work is not exponential with one mean, or with "
               "preemption";
    if (!o->first_come && r->discipline != DISCIPLINE_PRIORITY &&
        r->discipline != DISCIPLINE_PREEMPTIVE)
        return "its discipline has no closed form";
    return NULL;
}

static const char *stream_lacks(const struct offices *o, struct office *of)
{
    if (of->kind == OFFICE_PRODUCT)
        return NULL;
    for (uint32_t i = 0; i < of->n_steps; i++) {
        const struct step *s = &o->p->step[of->step[i]];
        if (!of->exponential && (s->n_given || s->has_cache))
            return "visits of the desk differ in their numbers (given, cache)";
    }
    if (comes_again(o, of))
        return "items may come to the desk again, which is not a Poisson stream";
    if (o->p->arrivals.kind == ARRIVALS_POISSON)
        return NULL;
    for (uint32_t i = 0; i < o->p->n_steps; i++)
        for (uint32_t k = 0; k < of->n_steps; k++) {
            const struct step *s = &o->p->step[i];
            if (!leads(o, i, of->step[k]) || instant(o->p, i))
                continue;
            if (o->p->arrivals.kind != ARRIVALS_DAILY)
                return "arrivals change with time, and steps before the desk take time";
            if (s->parallel || s->parent || s->hedge_copies)
                return "arrivals change with time, and a parallel or a hedge before the desk takes "
                       "time";
            of->delayed = true;
        }
    return NULL;
}

static const char *before_lacks(const struct offices *o, const struct office *of)
{
    for (uint32_t k = 0; k < o->n; k++)
        if (&o->at[k] != of && o->at[k].kind != OFFICE_PRODUCT && office_leads(o, &o->at[k], of))
            return "items come to it from another desk, and as that one is, not as a Poisson "
                   "stream";
    return NULL;
}

static int judge(const struct offices *o, struct office *of, struct error *err)
{
    const char *lacks = resource_lacks(o->p, of);
    if (lacks)
        return office_refuse(o->p, of->resource, lacks, err);
    lacks = stream_lacks(o, of);
    if (!lacks)
        lacks = before_lacks(o, of);
    const struct step *s = &o->p->step[of->step[0]];
    return lacks ? refuse_at(o->p, s->line, s->column, s->id, lacks, err) : 0;
}

/* --- finding them */

static int step_can(const struct pipeline *p, const struct step *s, struct error *err)
{
    const struct arrivals *a = &p->arrivals;
    const char *lacks = NULL;
    if (a->has_batch ||
        (a->kind != ARRIVALS_POISSON && a->kind != ARRIVALS_SCHEDULE && a->kind != ARRIVALS_DAILY))
        lacks = "arrivals are not a Poisson process";
    else if (s->parent)
        lacks = "it stands inside a parallel, whose branches come to the desk together";
    else if (s->hedge_copies)
        lacks = "copies of a hedged attempt ask for servers together";
    else if (p->n_environments)
        lacks = "an environment changes the work of all items at once";
    return lacks ? refuse_at(p, s->line, s->column, s->id, lacks, err) : 0;
}

static void add_step(struct offices *o, uint32_t step)
{
    const struct resource *r = &o->p->resource[o->p->step[step].by - 1];
    struct office *of = o->at;
    while (of < o->at + o->n && of->resource != r)
        of++;
    if (of == o->at + o->n) {
        *of = (struct office){.resource = r};
        of->step = mem_zero(o->p->n_steps, sizeof *of->step);
        of->wait = mem_zero(o->p->n_classes, sizeof *of->wait);
        of->tries = mem_zero((size_t)o->p->n_classes * o->p->n_steps, sizeof *of->tries);
        of->stream = mem_zero((size_t)o->p->n_classes * o->p->n_steps, sizeof *of->stream);
        o->n++;
    }
    of->step[of->n_steps++] = step;
}

int offices_find(struct offices *o, const struct pipeline *p, struct error *err)
{
    *o = (struct offices){.p = p};
    o->at = mem_zero((size_t)p->n_resources + 1, sizeof *o->at);
    int status = 0;
    for (uint32_t i = 0; i < p->n_steps && !status; i++)
        if (p->step[i].by) {
            add_step(o, i);
            status = step_can(p, &p->step[i], err);
        }
    find_reach(o);
    for (uint32_t k = 0; k < o->n; k++)
        choose_kind(p, &o->at[k]);
    for (uint32_t k = 0; k < o->n && !status; k++)
        status = judge(o, &o->at[k], err);
    if (status)
        offices_release(o);
    return status;
}

void offices_release(struct offices *o)
{
    for (uint32_t i = 0; i < o->n; i++) {
        for (uint32_t k = 0; k < o->p->n_classes; k++)
            wait_law_release(&o->at[i].wait[k]);
        wait_law_release(&o->at[i].left);
        mem_free(o->at[i].step);
        mem_free(o->at[i].wait);
        mem_free(o->at[i].tries);
        mem_free(o->at[i].stream);
    }
    mem_free(o->at);
    mem_free(o->reach);
    *o = (struct offices){0};
}

/* --- laws of items */

/* Desks in a row whose times are independent: one server first, nothing that takes time and no
 * third desk. */
static bool in_a_row(const struct offices *o, const struct office *first, const struct office *then)
{
    const struct pipeline *p = o->p;
    if (first->kind != OFFICE_PRODUCT || first->resource->servers != 1)
        return false;
    for (uint32_t k = 0; k < o->n; k++) {
        const struct office *third = &o->at[k];
        if (office_leads(o, third, first) || office_leads(o, then, third))
            return false;
    }
    for (uint32_t i = 0; i < first->n_steps; i++)
        for (uint32_t k = 0; k < then->n_steps; k++)
            for (uint32_t s = 0; s < p->n_steps; s++)
                if (!p->step[s].by && leads(o, first->step[i], s) && leads(o, s, then->step[k]) &&
                    !instant(p, s))
                    return false;
    return true;
}

const char *offices_lack_law(const struct offices *o)
{
    for (uint32_t i = 0; i < o->n; i++) {
        const struct office *a = &o->at[i];
        if (a->kind == OFFICE_CYCLE)
            return "waits at a desk with hours or changing arrivals are known by their mean";
        if (!a->first_come)
            return "waits by priority are known by their mean";
        if (comes_again(o, a))
            return "an item's waits at a desk to which it comes again depend on each other";
        for (uint32_t k = 0; k < o->n; k++)
            if (office_leads(o, a, &o->at[k]) && !in_a_row(o, a, &o->at[k]))
                return "an item's waits at desks one after another depend on each other";
    }
    return NULL;
}
