/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injected faults.  The dice of an attempt are those of its key and the file's seed, so that a run
 * that goes on after a break meets the faults it met before.  Environments walk one path for the
 * run, kept as far as anybody asked, so that any thread may ask of any instant. */
#include "exec/fault.h"

#include "base/file.h"
#include "math/rng.h"
#include "model/injection.h"
#include "sim/environment.h"

#include <math.h>
#include <pthread.h>

enum { TEXT_MAX = 1 << 20, WAYS_TO_GARBLE = 3, HELD = 2 };
enum die { DIE_OUTCOME, DIE_SLOW, DIE_SLOW_BY, DIE_LATENCY, DIE_GARBLE, DIE_WHERE };

/* A path of an environment: in state[k] until until_s[k]. */
struct weather_path {
    struct rng_seq rng;
    VEC(double) until_s;
    VEC(uint32_t) state;
};
struct weather_paths {
    pthread_mutex_t lock;
    struct weather_path of[ENVIRONMENTS_MAX];
};
/* The last answer of a step, to be mixed up with another item's. */
struct last_answer {
    bool known;
    uint64_t item;
    struct buf output;
    double confidence;
};
struct last_answers {
    pthread_mutex_t lock;
    struct last_answer *of; /* [n_steps] */
};
struct injected {
    const struct pipeline *pipeline;
    struct injection plan;
    struct weather_paths *path; /* they grow when they are asked */
    struct last_answers *last;
};

/* ---- life --------------------------------------------------------------------------------- */

static void begin_path(const struct injected *f, uint32_t e)
{
    const struct environment *env = &f->plan.p.environment[e];
    struct weather_path *path = &f->path->of[e];
    double *share = mem_zero(env->n_states, sizeof *share);
    path->rng = (struct rng_seq){rng_key(f->plan.seed, 0, e, UINT32_MAX, RNG_OUTCOME), 0};
    environment_shares(env, share);
    uint32_t state = environment_pick(env, share, rng_unit(rng_next(&path->rng)));
    double left = environment_left(&env->state[state].lasts, rng_unit(rng_next(&path->rng)));
    vec_push(&path->state, state);
    vec_push(&path->until_s, left);
    mem_free(share);
}

int injected_parse(const char *file, const char *text, size_t len, const struct pipeline *p,
                   struct faults *faults, struct injected **out, struct error *err)
{
    struct injected *f = mem_zero(1, sizeof *f);
    if (injection_parse(file, text, len, p, faults, &f->plan, err)) {
        mem_free(f);
        return -1;
    }
    f->pipeline = p;
    f->path = mem_zero(1, sizeof *f->path);
    pthread_mutex_init(&f->path->lock, NULL);
    f->last = mem_zero(1, sizeof *f->last);
    f->last->of = mem_zero(p->n_steps + 1, sizeof *f->last->of);
    pthread_mutex_init(&f->last->lock, NULL);
    for (uint32_t e = 0; e < f->plan.p.n_environments; e++)
        begin_path(f, e);
    *out = f;
    return 0;
}

int injected_read(const char *path, const struct pipeline *p, struct faults *faults,
                  struct injected **out, struct error *err)
{
    struct buf text = {0};
    int status = file_read(path, TEXT_MAX, &text, err);
    if (!status)
        status = injected_parse(path, buf_text(&text), text.len, p, faults, out, err);
    buf_release(&text);
    return status;
}

void injected_free(struct injected *f)
{
    if (!f)
        return;
    for (uint32_t e = 0; e < f->plan.p.n_environments; e++) {
        vec_release(&f->path->of[e].until_s);
        vec_release(&f->path->of[e].state);
    }
    pthread_mutex_destroy(&f->path->lock);
    mem_free(f->path);
    for (uint32_t i = 0; i < f->pipeline->n_steps; i++)
        buf_release(&f->last->of[i].output);
    pthread_mutex_destroy(&f->last->lock);
    mem_free(f->last->of);
    mem_free(f->last);
    injection_release(&f->plan);
    mem_free(f);
}

/* ---- environments ------------------------------------------------------------------------- */

static void walk_on(const struct environment *env, struct weather_path *path, double now_s)
{
    while (path->until_s.at[path->until_s.len - 1] <= now_s) {
        size_t last = path->state.len - 1;
        uint32_t to = environment_follow(env, path->state.at[last], rng_unit(rng_next(&path->rng)));
        double lasts = dist_quantile(&env->state[to].lasts, rng_unit(rng_next(&path->rng)));
        double until = path->until_s.at[last] + lasts;
        vec_push(&path->state, to);
        vec_push(&path->until_s, until);
    }
}

/* The state at an instant: the first that lasts beyond it. */
static uint32_t state_at(const struct environment *env, struct weather_path *path, double now_s)
{
    size_t low = 0, high;
    walk_on(env, path, now_s);
    for (high = path->until_s.len - 1; low < high;) {
        size_t middle = (low + high) / 2;
        if (path->until_s.at[middle] > now_s)
            high = middle;
        else
            low = middle + 1;
    }
    return path->state.at[low];
}

/* ---- what is done to an attempt ------------------------------------------------------------ */

struct harm {
    double error, timeout, malformed, wrong, slow_s;
};

static double die(const struct injected *f, const struct stage_call *call, enum die which)
{
    return rng_unit(rng_at(call->key ^ rng_mix(f->plan.seed + RNG_GOLDEN), (uint64_t)which));
}

static void take_state(const struct injected *f, const struct stage_call *call,
                       const struct env_state *state, struct harm *h)
{
    for (uint32_t k = 0; k < state->n_overrides; k++) {
        const struct state_override *o = &state->override[k];
        const struct numbers *n = &o->override.numbers[call->class];
        if (o->step != call->step)
            continue;
        if (o->override.set & 1u << NUMBERS_ERROR)
            h->error = n->error.value;
        if (o->override.set & 1u << NUMBERS_MALFORMED)
            h->malformed = n->malformed.value;
        if (o->override.set & 1u << NUMBERS_LATENCY)
            h->slow_s += dist_quantile(&n->latency, die(f, call, DIE_LATENCY));
    }
}

static struct harm harm_of(const struct injected *f, const struct stage_call *call)
{
    const struct injection_step *s = &f->plan.step[call->step];
    struct harm h = {s->error, s->timeout, s->malformed, s->wrong, 0};
    if (s->slow > 0 && die(f, call, DIE_SLOW) < s->slow)
        h.slow_s = dist_quantile(&s->slow_by, die(f, call, DIE_SLOW_BY));
    if (!f->plan.p.n_environments)
        return h;
    pthread_mutex_lock(&f->path->lock);
    for (uint32_t e = 0; e < f->plan.p.n_environments; e++) {
        const struct environment *env = &f->plan.p.environment[e];
        take_state(f, call, &env->state[state_at(env, &f->path->of[e], call->now_s)], &h);
    }
    pthread_mutex_unlock(&f->path->lock);
    return h;
}

/* The stage's answer, cut off, of another type, or with bytes that no text has: never an object. */
static void garble(const struct injected *f, const struct stage_call *call, struct stage_answer *a)
{
    struct buf text = {0};
    if (a->output.len == 0)
        buf_puts(&a->output, "{\"answer\":1}");
    size_t len = a->output.len;
    size_t at = 1 + (size_t)(die(f, call, DIE_WHERE) * (double)(len - 1));
    switch ((int)(die(f, call, DIE_GARBLE) * WAYS_TO_GARBLE)) {
    case 0:
        buf_add(&text, a->output.data, at < len ? at : len - 1);
        break;
    case 1:
        buf_putc(&text, '[');
        buf_add(&text, a->output.data, len);
        buf_putc(&text, ']');
        break;
    default:
        buf_add(&text, a->output.data, at < len ? at : len - 1);
        buf_puts(&text, "\xC3\x28\xFF");
        buf_add(&text, a->output.data + at, len - at);
    }
    buf_release(&a->output);
    a->output = text;
}

/* Gives the step's last answer, when it was another item's, in place of this one if `mixed`. */
static void mix_up(const struct injected *f, const struct stage_call *call, bool mixed,
                   struct stage_answer *a)
{
    struct last_answer *last = &f->last->of[call->step];
    pthread_mutex_lock(&f->last->lock);
    if (mixed && last->known && last->item != call->index) {
        struct buf own = a->output;
        double confidence = a->confidence;
        a->output = last->output;
        a->confidence = last->confidence;
        last->output = own;
        last->confidence = confidence;
    } else {
        buf_clear(&last->output);
        buf_add(&last->output, a->output.data, a->output.len);
        last->confidence = a->confidence;
    }
    last->item = call->index;
    last->known = true;
    pthread_mutex_unlock(&f->last->lock);
}

static void spoil(const struct injected *f, const struct stage_kind *kind,
                  const struct stage_call *call, const struct harm *h, double u,
                  struct stage_answer *a)
{
    double from = h->error + h->timeout, to = from + h->malformed;
    bool mixed = u >= to && u < to + h->wrong;
    if (u < to)
        garble(f, call, a);
    else if (mixed && kind->by_numbers)
        a->outcome = OUTCOME_WRONG;
    else if (h->wrong > 0 && !kind->by_numbers)
        mix_up(f, call, mixed, a);
}

/* Beyond the limit of the attempt, so that it ends there. */
static double held_s(const struct injected *f, const struct stage_call *call)
{
    const struct numbers *n =
        call->numbers ? call->numbers : &f->pipeline->step[call->step].numbers[call->class];
    return HELD * n->timeout_s;
}

void injected_call(const struct injected *f, const struct stage_kind *kind, void *self,
                   const struct stage_call *call, struct stage_answer *a)
{
    struct harm h = harm_of(f, call);
    double u = die(f, call, DIE_OUTCOME);
    if (u < h.error) {
        stage_answer_fail(a, OUTCOME_ERROR, "an injected error");
    } else if (u < h.error + h.timeout) {
        buf_puts(&a->says, "an injected delay beyond the limit");
        a->after_s = held_s(f, call);
    } else {
        kind->call(self, call, a);
        if (a->state == STAGE_LATER)
            return;
        if (a->outcome <= OUTCOME_WRONG)
            spoil(f, kind, call, &h, u, a);
    }
    a->after_s += h.slow_s;
}

/* ---- resources ---------------------------------------------------------------------------- */

int32_t injected_servers(const struct injected *f, uint32_t resource, double now_s)
{
    int32_t n = 0;
    for (uint32_t k = 0; k < f->plan.n_shifts; k++) {
        const struct injection_shift *s = &f->plan.shift[k];
        if (s->resource == resource && now_s >= s->from_s && now_s < s->to_s)
            n += s->servers;
    }
    return n;
}

double injected_turn(const struct injected *f, uint32_t resource, double now_s)
{
    double next = INFINITY;
    for (uint32_t k = 0; k < f->plan.n_shifts; k++) {
        const struct injection_shift *s = &f->plan.shift[k];
        if (s->resource != resource)
            continue;
        if (s->from_s > now_s)
            next = fmin(next, s->from_s);
        if (s->to_s > now_s)
            next = fmin(next, s->to_s);
    }
    return next;
}
