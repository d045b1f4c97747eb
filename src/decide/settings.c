/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers that simulations know by path (sim/parameters.h) are changed in a copy of the pipeline;
 * servers and attempts too.  Any other path is set as --set sets it: the scenario is read anew. */
#include "decide/settings.h"

#include "base/units.h"
#include "math/rng.h"
#include "model/learning.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- which */

static uint32_t *servers_place(struct pipeline *p, uint32_t at)
{
    return &p->resource[at].servers;
}

static uint32_t *attempts_place(struct pipeline *p, uint32_t at)
{
    return &p->step[at].retry.attempts;
}

/* Is it the path of a whole number with a place of its own? */
static bool find_place(const struct settings *s, struct variable *v)
{
    const struct pipeline *p = s->p;
    char path[256];

    for (uint32_t i = 0; i < p->n_resources; i++) {
        snprintf(path, sizeof path, "resources.%s.servers", p->resource[i].id);
        if (p->resource[i].servers && !strcmp(path, v->path))
            v->place = servers_place, v->at = i, v->staff = true;
    }
    for (uint32_t i = 0; i < p->n_steps; i++) {
        snprintf(path, sizeof path, "flow.%s.retry.attempts", p->step[i].id);
        if (!p->step[i].class_retry && !strcmp(path, v->path))
            v->place = attempts_place, v->at = i;
    }
    if (!v->place)
        return false;
    v->whole = true;
    v->now = *v->place((struct pipeline *)p, v->at);
    return true;
}

static bool is_threshold(const struct parameter *q)
{
    return q->where == IN_STEP && q->kind == PARAMETER_NUMBER &&
           (q->field == NUMBERS_THRESHOLD || q->field == NUMBERS_THRESHOLD_HIGH);
}

/* The largest power of ten of which the range holds some thousands. */
static double unit_of(double from, double to)
{
    return to > from ? pow(10, floor(log10((to - from) / 5000))) : 1;
}

static struct variable *add(struct settings *s, const struct variable *v)
{
    struct variable *own = &s->v[s->n++];
    *own = *v;
    own->gate = own->above = -1;
    if (own->parameter && is_threshold(own->parameter))
        own->gate = (int32_t)own->parameter->step;
    own->unit = own->whole ? 1 : unit_of(own->from, own->to);
    s->reads = s->reads || (!own->parameter && !own->place);
    return own;
}

static int full(const struct settings *s, struct error *err)
{
    return error_set(err, ERR_LIMIT,
                     "%s: more than %d numbers to size at once: name those that matter with --vary "
                     "PATH=FROM:TO",
                     s->p->file, SETTINGS_MOST);
}

static int add_thresholds(struct settings *s, const struct parameter *all, size_t n,
                          struct error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_threshold(&all[i]))
            continue;
        if (s->n == SETTINGS_MOST)
            return full(s, err);
        add(s, &(struct variable){
                   .path = all[i].path, .to = 1, .parameter = &all[i], .now = all[i].value});
    }
    return 0;
}

/* Servers from one to twice as many as there are, and to four at least. */
static int add_staff(struct settings *s, struct error *err)
{
    const struct pipeline *p = s->p;

    for (uint32_t r = 0; r < p->n_resources; r++) {
        bool reviews = false;
        for (uint32_t i = 0; i < p->n_steps; i++)
            reviews = reviews || (p->step[i].kind == STEP_REVIEW && p->step[i].by == r + 1);
        if (!reviews || !p->resource[r].servers)
            continue;
        if (s->n == SETTINGS_MOST)
            return full(s, err);
        struct variable v = {.path =
                                 arena_printf(&s->arena, "resources.%s.servers", p->resource[r].id),
                             .from = 1,
                             .to = fmax(4, 2.0 * p->resource[r].servers)};
        (void)find_place(s, &v);
        add(s, &v);
    }
    return 0;
}

static int add_asked(struct settings *s, const struct size_vary *ask, const struct parameter *all,
                     size_t n, struct error *err)
{
    struct variable v = {.path = ask->path,
                         .from = ask->from,
                         .to = ask->to,
                         .n = ask->n,
                         .duration = ask->duration,
                         .now = NAN};

    for (uint32_t i = 0; i < s->n; i++)
        if (!strcmp(s->v[i].path, v.path))
            return error_set(err, ERR_USAGE, "--vary %s is given twice", v.path);
    if (s->n == SETTINGS_MOST)
        return full(s, err);
    if (!(v.from <= v.to))
        return error_set(err, ERR_USAGE, "--vary %s: the range begins above its end", v.path);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(all[i].path, v.path) && all[i].kind != PARAMETER_SHARE)
            v.parameter = &all[i], v.now = all[i].value;
    bool placed = v.parameter || find_place(s, &v);
    v.whole = v.whole || (!placed && ask->whole);
    if (v.whole && (v.from != floor(v.from) || v.to != floor(v.to)))
        return error_set(err, ERR_USAGE, "--vary %s: write its ends as whole numbers", v.path);
    if (!placed && !s->options->read)
        return error_set(err, ERR_USAGE, "--vary %s: no number is called so", v.path);
    add(s, &v);
    return 0;
}

/* --- are they numbers of the scenario, within its limits? */

static const char *written(const struct variable *v, double x, char *out, size_t size)
{
    struct buf text;

    buf_init(&text);
    units_put_exact(&text, x);
    snprintf(out, size, "%s%s", buf_text(&text), v->duration ? "s" : "");
    buf_release(&text);
    return out;
}

static int check_end(const struct settings *s, const struct variable *v, double x,
                     struct error *err)
{
    char value[64];
    struct setting set = {v->path, written(v, x, value, sizeof value)};
    struct pipeline p;

    pipeline_init(&p);
    int status = s->options->read(s->options->read_arg, &set, 1, &p, err);
    pipeline_release(&p);
    if (!status)
        return 0;
    char said[ERROR_TEXT_MAX];
    size_t skip = strncmp(err->text, "--set ", 6) ? 0 : 6; /* where the reader says it stands */
    memcpy(said, err->text + skip, sizeof said - skip);
    return error_set(err, err->code == ERR_UNSUPPORTED ? err->code : ERR_USAGE, "--vary %s", said);
}

static int check_ranges(const struct settings *s, struct error *err)
{
    for (uint32_t i = 0; i < s->n && s->options->read && s->options->n_vary; i++) {
        bool high = s->v[i].parameter && s->v[i].above >= 0;
        if (check_end(s, &s->v[i], s->v[i].from, err) ||
            (!high && check_end(s, &s->v[i], s->v[i].to, err)))
            return -1;
    }
    return 0;
}

/* --- what belongs together */

static void find_bands(struct settings *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t k = 0; k < s->n; k++) {
            const struct parameter *low = s->v[i].parameter, *high = s->v[k].parameter;
            if (s->v[i].gate >= 0 && s->v[i].gate == s->v[k].gate && low->class == high->class &&
                low->field == NUMBERS_THRESHOLD && high->field == NUMBERS_THRESHOLD_HIGH)
                s->v[i].above = (int32_t)k;
        }
}

/* The last stage before a gate that gives a confidence: what the gate reads. */
static int32_t read_by(const struct pipeline *p, uint32_t gate)
{
    if (p->step[gate].gate_of >= 0)
        return p->step[gate].gate_of;
    for (uint32_t i = gate; i-- > 0;)
        if (p->step[i].has_confidence)
            return (int32_t)i;
    return -1;
}

/* Stages that may be left out: whose gate sends what it does not ship to one that answers anew
 * (repair: always), so that nothing else rests on them. */
static void find_stages(struct settings *s)
{
    const struct pipeline *p = s->p;

    for (uint32_t i = 0; i < s->n; i++) {
        const struct variable *v = &s->v[i];
        if (v->gate < 0 || p->step[v->gate].bands || v->parameter->class != PARAMETER_ALL)
            continue;
        const struct step *gate = &p->step[v->gate];
        int32_t stage = read_by(p, (uint32_t)v->gate), to = gate->below.to;
        if (stage < 0 || to <= v->gate || p->step[stage].kind != STEP_STAGE ||
            p->step[stage].parent || p->step[to].kind != STEP_STAGE || gate->above.to != TO_SHIP)
            continue;
        bool anew = true;
        for (uint32_t c = 0; c < p->n_classes; c++)
            anew = anew && p->step[to].numbers[c].repair.value == 1;
        if (anew)
            s->out[s->n_out++] = (struct leave_out){(uint32_t)v->gate, (uint32_t)stage, i};
    }
}

int settings_init(struct settings *s, const struct pipeline *p, bool timed,
                  const struct size_options *options, struct error *err)
{
    struct parameter *all;
    size_t n;
    int status = 0;

    *s = (struct settings){.p = p, .options = options};
    arena_init(&s->arena);
    parameters_list(p, &s->arena, &all, &n);
    for (size_t i = 0; i < options->n_vary && !status; i++)
        status = add_asked(s, &options->vary[i], all, n, err);
    if (!options->n_vary)
        status = add_thresholds(s, all, n, err);
    if (!options->n_vary && !status && timed && p->arrivals.kind != ARRIVALS_NONE)
        status = add_staff(s, err);
    if (status)
        return -1;
    if (!s->n)
        return error_set(err, ERR_UNSUPPORTED,
                         "%s: there is no gate, so there is no threshold to size; name what may "
                         "change with --vary PATH=FROM:TO",
                         p->file);
    find_bands(s);
    find_stages(s);
    return check_ranges(s, err);
}

void settings_release(struct settings *s)
{
    arena_release(&s->arena);
    *s = (struct settings){0};
}

/* --- one choice */

static int read_anew(const struct settings *s, const double *x, struct pipeline *out,
                     struct error *err)
{
    struct setting set[SETTINGS_MOST];
    char value[SETTINGS_MOST][64];

    for (uint32_t i = 0; i < s->n; i++)
        set[i] = (struct setting){s->v[i].path, written(&s->v[i], x[i], value[i], sizeof value[i])};
    return s->options->read(s->options->read_arg, set, s->n, out, err);
}

static void draw_evidence(const struct settings *s, const struct pipeline *from,
                          enum applied_evidence how, uint32_t draw, struct pipeline *out)
{
    double *theta = mem_zero(from->n_evidence + 1, sizeof *theta);
    struct rng_seq rng = {rng_key(s->options->seed, draw, 0, 0, RNG_PARAMETER), 0};

    for (uint32_t i = 0; i < from->n_evidence; i++)
        theta[i] = (double)from->evidence[i].k / (double)from->evidence[i].n;
    if (how == EVIDENCE_MEANS)
        pipeline_posterior_mean(from, theta);
    if (how == EVIDENCE_DRAWN)
        pipeline_posterior_draw(from, &rng, theta);
    pipeline_with(from, theta, how == EVIDENCE_DRAWN ? &rng : NULL, out);
    mem_free(theta);
}

/* A number that is chosen is known. */
static void forget_evidence(const struct parameter *q, struct pipeline *p)
{
    for (uint32_t c = 0; c < p->n_classes && q->kind == PARAMETER_NUMBER; c++)
        if (q->class == PARAMETER_ALL || q->class == (int32_t)c)
            ((struct number *)parameter_place(q, p, c))->evidence = 0;
}

static int put_values(const struct settings *s, const double *x, struct pipeline *p,
                      struct error *err)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct variable *v = &s->v[i];
        if (!v->place)
            forget_evidence(v->parameter, p);
        if (v->place)
            *v->place(p, v->at) = (uint32_t)x[i];
        else if (!parameter_set(v->parameter, p, &p->arena, x[i]))
            return error_set(err, ERR_INPUT, "%s: there is no distribution with %.9g", v->path,
                             x[i]);
    }
    return 0;
}

static int check_numbers(const struct pipeline *p, struct error *err)
{
    struct faults faults;
    int status = 0;

    faults_init(&faults);
    pipeline_check_numbers(p, &faults);
    if (faults.list.len)
        status = error_set(err, ERR_INPUT, "%s: %s", p->file, faults.list.at[0].text);
    faults_release(&faults);
    return status;
}

static void make_instant(struct numbers *n, void *arg)
{
    struct numbers instant = numbers_instant();
    instant.confidence_good = n->confidence_good;
    instant.confidence_bad = n->confidence_bad;
    *n = instant;
}

/* Never ships: no confidence is above 1. */
static void shut(struct numbers *n, void *arg)
{
    n->threshold.value = 2;
}

int settings_apply(const struct settings *s, const double *x, uint32_t out_of,
                   enum applied_evidence evidence, uint32_t draw, struct applied *out,
                   struct error *err)
{
    const struct pipeline *from = s->p;

    *out = (struct applied){0};
    if (s->reads) {
        if (read_anew(s, x, &out->read, err))
            return -1;
        from = &out->read;
    }
    from = learning_none(from, &out->learnt);
    if (evidence != EVIDENCE_KEPT) {
        draw_evidence(s, from, evidence, draw, &out->drawn);
        from = &out->drawn;
    }
    pipeline_copy(from, &out->p);
    if (!s->reads && (put_values(s, x, &out->p, err) || check_numbers(&out->p, err)))
        return -1;
    if (out_of) {
        const struct leave_out *l = &s->out[out_of - 1];
        pipeline_change_numbers(&out->p, l->stage, make_instant, NULL);
        pipeline_change_numbers(&out->p, l->gate, shut, NULL);
    }
    return 0;
}

void applied_release(struct applied *a)
{
    pipeline_release(&a->p);
    pipeline_release(&a->drawn);
    pipeline_release(&a->learnt);
    pipeline_release(&a->read);
}

double variable_multiple(const struct variable *v, double finer, double k)
{
    double unit = v->unit / finer;

    return unit < 1 ? k / rint(1 / unit) : k * unit;
}

double variable_round(const struct variable *v, double x)
{
    double range = v->to - v->from;

    if (v->n > 1 && range > 0)
        x = v->from + range * rint((x - v->from) / range * (double)(v->n - 1)) / (double)(v->n - 1);
    else if (v->n == 1)
        x = v->from;
    else
        x = variable_multiple(v, 1, rint(x / v->unit));
    if (v->whole)
        x = rint(x);
    return fmin(fmax(x, v->from), v->to);
}

uint64_t variable_count(const struct variable *v)
{
    if (v->n)
        return v->n;
    if (v->from == v->to)
        return 1;
    return v->whole && v->to - v->from < 1e6 ? (uint64_t)(v->to - v->from) + 1 : 0;
}

void settings_put(const struct settings *s, const double *x, struct buf *out)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct variable *v = &s->v[i];
        const char *dot = strchr(v->path, '.');
        buf_printf(out, "%s%s=", i ? ", " : "", dot ? dot + 1 : v->path);
        if (v->duration)
            units_put_duration(out, x[i]);
        else
            buf_printf(out, "%.6g", x[i]);
    }
}
