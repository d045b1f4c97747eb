/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks at 1, 2, 4, ... times the first number of trials. */
#include "sim/until.h"

#include "math/interval.h"

#include <math.h>
#include <string.h>

/* Looks after which what has not come is not waited for, and what is far off is not gone for. */
enum { PATIENCE = 3 };

/* Half-widths shrink as 1/sqrt(trials), those of a share of which nothing was seen as 1/trials: is
 * this one far out of reach of all trials there may be? */
static bool is_out_of_reach(const struct until *u, const struct metric *m, double half_width,
                            uint64_t trials)
{
    static const double FAR = 8;
    double times = m ? (m->high - m->low) / 2 / half_width : INFINITY;
    double needed = m && (m->value == 0 || m->value == 1) ? times : times * times;
    return !m || (isfinite(times) && (double)trials * needed > FAR * (double)u->most);
}

/* Half-widths at this look, and the asked metrics' intervals into `final`.  -1: not a metric. */
static int look(const struct until *u, const struct run_options *o, unsigned j, bool *reached,
                bool *hopeless, struct metrics *final, struct error *err)
{
    uint64_t trials = u->count(u->arg);
    struct metrics_options options = {.level = interval_look_level(o->level, j)};
    struct result r;
    int status = 0;
    result_init(&r, "look");
    u->fill(u->arg, &options, &r);
    *reached = true;
    final->list.len = 0;
    for (size_t i = 0; i < o->n_until && !status; i++) {
        const struct metric *m = metrics_find(&r.metrics, o->until[i].metric);
        if (!m && !metric_def(o->until[i].metric))
            status =
                error_set(err, ERR_USAGE, "until: there is no metric \"%s\"", o->until[i].metric);
        *reached = *reached && m && (m->high - m->low) / 2 <= o->until[i].half_width;
        *hopeless |= j >= PATIENCE && is_out_of_reach(u, m, o->until[i].half_width, trials);
        if (m)
            vec_push(&final->list, *m);
    }
    result_release(&r);
    return status;
}

/* The intervals of the last look replace the plain ones; they hold at the level asked for. */
static void take_final(const struct metrics *final, struct result *out)
{
    for (size_t i = 0; i < final->list.len; i++) {
        for (size_t k = 0; k < out->metrics.list.len; k++) {
            struct metric *m = &out->metrics.list.at[k];
            if (strcmp(m->name, final->list.at[i].name))
                continue;
            m->low = final->list.at[i].low;
            m->high = final->list.at[i].high;
        }
    }
}

static void warn_unreached(const struct until *u, const struct run_options *o, bool hopeless,
                           struct result *out)
{
    for (size_t i = 0; i < o->n_until; i++) {
        const struct metric *m = metrics_find(&out->metrics, o->until[i].metric);
        if (!m)
            result_warn(out,
                        "%s: not among this scenario's metrics, or nothing it could be told by "
                        "has come: its half-width was not reached",
                        o->until[i].metric);
        else if ((m->high - m->low) / 2 > o->until[i].half_width)
            result_warn(out, "%s: the half-width after %llu %s is %.3g, not the %.3g asked for",
                        m->name, (unsigned long long)u->count(u->arg), u->trials,
                        (m->high - m->low) / 2, o->until[i].half_width);
        if (hopeless)
            result_warn(out,
                        "until: stopped after %llu %s, as what is asked for is out of reach of the "
                        "%llu that a run may have at most",
                        (unsigned long long)u->count(u->arg), u->trials,
                        (unsigned long long)u->most);
    }
}

/* The same answer on every rank. */
static int look_together(const struct until *u, const struct run_options *o, unsigned j,
                         bool *reached, bool *hopeless, struct metrics *final, struct error *err)
{
    int status = u->ranks->rank == 0 ? look(u, o, j, reached, hopeless, final, err) : 0;
    struct buf answer = {0};
    buf_putc(&answer, *reached);
    buf_putc(&answer, *hopeless);
    ranks_broadcast(u->ranks, &answer);
    *reached = buf_text(&answer)[0] != 0;
    *hopeless = buf_text(&answer)[1] != 0;
    buf_release(&answer);
    return ranks_agree(u->ranks, status, err);
}

int until_run(const struct until *u, const struct run_options *o, struct result *out, bool *partial,
              struct error *err)
{
    struct metrics final = {{0}};
    bool reached = false, hopeless = false;
    int status = 0;
    uint64_t trials = u->first;
    for (unsigned j = 1; !reached && !*partial && !status; j++) {
        trials = trials < u->most ? trials : u->most;
        if (trials >= u->known)
            status = u->advance(u->arg, trials, partial, err);
        if (trials >= u->known && !status)
            status = look_together(u, o, j, &reached, &hopeless, &final, err);
        if (trials == u->most || (hopeless && !reached))
            break;
        trials *= 2;
    }
    if (!status && u->ranks->rank == 0) {
        struct metrics_options options = {.level = o->level};
        u->fill(u->arg, &options, out);
        take_final(&final, out);
        if (!reached)
            warn_unreached(u, o, hopeless, out);
    }
    vec_release(&final.list);
    return status;
}
