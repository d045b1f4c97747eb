/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made logs of a desk whose people, hours and arrivals are known: the fit finds them again. */
#include "tests/support/support.h"

#include "math/rng.h"
#include "model/hours.h"
#include "trace/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double WORK_MU = 6, WORK_SIGMA = 0.5; /* of ln seconds */

struct made {
    unsigned weeks, people; /* people 0: without number */
    bool hours;             /* mon-fri 09:00-18:00, and 30 arrivals an hour from 8 to 20, else 3 */
    double per_hour;        /* without hours */
};

static double next_open(double t)
{
    static const struct opening office[] = {
        {0 * 86400. + 32400, 0 * 86400. + 64800},
        {1 * 86400. + 32400, 1 * 86400. + 64800},
        {2 * 86400. + 32400, 2 * 86400. + 64800},
        {3 * 86400. + 32400, 3 * 86400. + 64800},
        {4 * 86400. + 32400, 4 * 86400. + 64800},
    };
    return t + hours_until_open(office, 5, t);
}

static double rate_at(const struct made *m, double t)
{
    double hour = fmod(t, 86400) / 3600;
    bool day = fmod(t, 604800) < 5 * 86400. && hour >= 8 && hour < 20;
    return m->hours ? (day ? 30 : 3) / 3600. : m->per_hour / 3600.;
}

/* Monday 2026-01-05 and t seconds. */
static void put_row(struct buf *b, unsigned item, const char *step, double from, double to,
                    const char *rest)
{
    buf_printf(b, "%u,%s,%.3f,%.3f,%s\n", item, step, 1767571200 + from, 1767571200 + to, rest);
}

/* Every third item goes to the desk. */
static struct buf make_log(const struct made *m)
{
    struct rng_seq rng = {rng_key(5, m->weeks, m->people, m->hours, RNG_SPLIT), 0};
    double free_at[64] = {0}, t = 0, most = m->hours ? 30 / 3600. : m->per_hour / 3600.;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,confidence,decision\n");
    for (unsigned i = 0;; i++) {
        do
            t -= log(rng_unit(rng_next(&rng))) / most;
        while (rng_unit(rng_next(&rng)) * most > rate_at(m, t));
        if (t > m->weeks * 604800.)
            return b;
        bool review = i % 3 == 0;
        put_row(&b, i, "draft", t, t + 1, review ? "0.5," : "0.9,");
        if (!review)
            continue;
        uint32_t who = 0;
        for (uint32_t k = 1; k < m->people; k++)
            who = free_at[k] < free_at[who] ? k : who;
        double start = fmax(t + 1, m->people ? free_at[who] : 0);
        start = m->hours ? next_open(start) : start;
        double end = start + exp(WORK_MU + WORK_SIGMA * rng_normal(&rng));
        free_at[who] = end;
        put_row(&b, i, "human_review", t + 1, end, ",approve");
    }
}

struct fitted {
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes;
};

static void fit_made(const struct made *m, struct fitted *f)
{
    struct error err = {0};
    struct buf text = make_log(m);
    pipeline_init(&f->p);
    result_init(&f->info, "fit");
    ok(log_read_text("made.csv", buf_text(&text), text.len, NULL, &f->log, &err), &err);
    ok(log_fit(&f->log, NULL, &f->p, &f->notes, &f->info, &err), &err);
    buf_release(&text);
}

static void release(struct fitted *f)
{
    pipeline_release(&f->p);
    result_release(&f->info);
    log_release(&f->log);
}

static const struct numbers *desk_of(const struct fitted *f)
{
    return f->p.step[pipeline_step(&f->p, "human_review")].numbers;
}

static void work_is_as_made(const struct fitted *f, double n)
{
    const struct dist *d = &desk_of(f)->latency;
    assert_int_equal(d->family, DIST_LOGNORMAL);
    within_sigma(d->a, WORK_MU, WORK_SIGMA / sqrt(n), 5);
    within_sigma(d->b, WORK_SIGMA, WORK_SIGMA / sqrt(2 * n), 5);
}

/* 30 an hour from 8 to 20 of working days, else 3. */
static void arrivals_are_as_made(const struct fitted *f, double weeks)
{
    const struct arrivals *a = &f->p.arrivals;
    double hours[2] = {weeks * 5 * 12, weeks * (168 - 5 * 12)};
    static const double rate[2] = {30, 3};
    assert_int_equal(a->kind, ARRIVALS_SCHEDULE);
    for (uint32_t i = 0; i < a->n_schedule; i++) {
        double at = a->schedule[i].from_s, hour = fmod(at, 86400) / 3600;
        bool day = at < 5 * 86400. && hour >= 8 && hour < 20;
        double n = rate[!day] * hours[!day];
        within_sigma(a->schedule[i].rate_per_s * 3600, rate[!day], 2 * rate[!day] / sqrt(n), 5);
        if (day)
            near(a->schedule[i].to_s, floor(at / 86400) * 86400 + 20 * 3600., 0);
    }
    near(f->p.horizon.length_s, weeks * 604800, 0);
}

static void people_their_hours_and_the_arrivals_are_found(void **state)
{
    struct fitted f;
    fit_made(&(struct made){.weeks = 2, .people = 2, .hours = true}, &f);
    assert_int_equal(f.p.n_resources, 1);
    const struct resource *r = &f.p.resource[0];
    assert_string_equal(r->id, "reviewers");
    assert_int_equal(r->servers, 2);
    assert_int_equal(r->n_hours, 5);
    for (uint32_t d = 0; d < 5; d++) {
        near(r->hours[d].from_s, d * 86400. + 9 * 3600., 0);
        near(r->hours[d].to_s, d * 86400. + 18 * 3600., 0);
    }
    work_is_as_made(&f, (double)f.log.items.len / 3);
    arrivals_are_as_made(&f, 2);
    release(&f);
}
static void a_line_is_found_at_any_hour(void **state)
{
    struct fitted f;
    fit_made(&(struct made){.weeks = 1, .people = 1, .per_hour = 20}, &f);
    assert_int_equal(f.p.n_resources, 1);
    assert_int_equal(f.p.resource[0].servers, 1);
    assert_int_equal(f.p.resource[0].n_hours, 0);
    assert_int_equal(f.p.arrivals.kind, ARRIVALS_POISSON);
    within_sigma(f.p.arrivals.rate_per_s * 3600, 20, 20 / sqrt(20 * 168.), 5);
    work_is_as_made(&f, (double)f.log.items.len / 3);
    release(&f);
}

static void where_nobody_waits_there_are_no_people_to_count(void **state)
{
    struct fitted f;
    fit_made(&(struct made){.weeks = 1, .people = 0, .per_hour = 10}, &f);
    assert_int_equal(f.p.n_resources, 0);
    assert_int_equal(f.p.step[pipeline_step(&f.p, "human_review")].by, 0);
    work_is_as_made(&f, (double)f.log.items.len / 3);
    release(&f);
}

static void a_cut_log_is_fitted_as_it_was_then(void **state)
{
    struct fitted f;
    struct error err = {0};
    struct made m = {.weeks = 2, .people = 2, .hours = true};
    struct buf text = make_log(&m);
    uint64_t open = 0, ended_later = 0;
    int64_t cut = INT64_C(1767571200000000000) + INT64_C(648000000000000); /* Monday 12:00 */
    ok(log_read_text("made.csv", buf_text(&text), text.len, NULL, &f.log, &err), &err);
    log_cut(&f.log, cut);
    for (size_t i = 0; i < f.log.items.len; i++) {
        const struct log_item *it = &f.log.items.at[i];
        assert_true(it->start_ns <= cut && it->end_ns <= cut);
        open += it->end == LOG_UNFINISHED;
        for (uint32_t v = it->first_visit; v < it->first_visit + it->n_visits; v++)
            ended_later += f.log.visits.at[v].end_ns > cut;
    }
    assert_int_equal(ended_later, 0);
    assert_true(open > 0);
    pipeline_init(&f.p);
    result_init(&f.info, "fit");
    ok(log_fit(&f.log, NULL, &f.p, &f.notes, &f.info, &err), &err);
    assert_int_equal(f.p.n_resources, 1);
    assert_int_equal(f.p.resource[0].servers, 2);
    buf_release(&text);
    release(&f);
}

enum { MANY = 800 };
struct asked {
    double at_s;
    unsigned item;
};

static int by_asked(const void *a, const void *b)
{
    double x = ((const struct asked *)a)->at_s, y = ((const struct asked *)b)->at_s;
    return x < y ? -1 : x > y;
}

/* `n` servers that take the oldest request first: when each item, that asks at at_s[], is done. */
static void serve(struct rng_seq *rng, unsigned n, double pace, const double *at_s, double *done_s)
{
    double free_at[4] = {0};
    struct asked in[MANY];
    for (unsigned i = 0; i < MANY; i++)
        in[i] = (struct asked){at_s[i], i};
    qsort(in, MANY, sizeof in[0], by_asked);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned who = 0;
        for (unsigned k = 1; k < n; k++)
            who = free_at[k] < free_at[who] ? k : who;
        free_at[who] =
            fmax(in[i].at_s, free_at[who]) + pace * exp(WORK_MU + WORK_SIGMA * rng_normal(rng));
        done_s[in[i].item] = free_at[who];
    }
}

/* The servers that a step has in the fit; 0: without number. */
static uint32_t servers_of(const struct fitted *f, const char *step)
{
    uint32_t by = f->p.step[pipeline_step(&f->p, step)].by;
    return by ? f->p.resource[by - 1].servers : 0;
}

/* A tool with room for two, reviewers, and a lawyer after them; a model that is never full. */
static void each_step_with_a_line_has_its_own_servers(void **state)
{
    struct rng_seq rng = {rng_key(6, 0, 0, 0, RNG_SPLIT), 0};
    double at[5][MANY], t = 0; /* arrival, and the end of each step */
    struct fitted f;
    struct error err = {0};
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "case_id,activity,start,end,confidence,decision\n");
    for (unsigned i = 0; i < MANY; i++)
        at[0][i] = t -= 600 * log(rng_unit(rng_next(&rng)));
    serve(&rng, 2, 1.8, at[0], at[1]);
    for (unsigned i = 0; i < MANY; i++)
        at[2][i] = at[1][i] + 2 * exp(WORK_MU + WORK_SIGMA * rng_normal(&rng));
    serve(&rng, 3, 3, at[2], at[3]);
    serve(&rng, 1, 1, at[3], at[4]);
    for (unsigned i = 0; i < MANY; i++) {
        put_row(&b, i, "render", at[0][i], at[1][i], ",");
        put_row(&b, i, "draft", at[1][i], at[2][i], ",");
        put_row(&b, i, "human_review", at[2][i], at[3][i], ",approve");
        put_row(&b, i, "lawyer", at[3][i], at[4][i], ",approve");
    }
    pipeline_init(&f.p);
    result_init(&f.info, "fit");
    ok(log_read_text("made.csv", buf_text(&b), b.len, NULL, &f.log, &err), &err);
    ok(log_fit(&f.log, NULL, &f.p, &f.notes, &f.info, &err), &err);
    assert_int_equal(servers_of(&f, "render"), 2);
    assert_int_equal(servers_of(&f, "draft"), 0);
    assert_int_equal(servers_of(&f, "human_review"), 3);
    assert_int_equal(servers_of(&f, "lawyer"), 1);
    assert_int_equal(f.p.n_resources, 3);
    buf_release(&b);
    release(&f);
}

static void hours_wrap_around_the_week(void **state)
{
    static const struct opening late[] = {
        {3600, 7200}
    };
    near(hours_until_open(late, 1, 3600), 0, 0);
    near(hours_until_open(late, 1, 0), 3600, 0);
    near(hours_until_open(late, 1, 7200), 604800 - 3600, 0);
    near(hours_until_open(NULL, 0, 123), 0, 0);
    near(hours_week_second(INT64_C(1767571200) * 1000000000), 0, 0); /* 2026-01-05, a Monday */
    near(hours_week_second(-1000000000), 3 * 86400. - 1, 1e-9);      /* a Wednesday's last second */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_their_hours_and_the_arrivals_are_found),
        cmocka_unit_test(a_line_is_found_at_any_hour),
        cmocka_unit_test(where_nobody_waits_there_are_no_people_to_count),
        cmocka_unit_test(a_cut_log_is_fitted_as_it_was_then),
        cmocka_unit_test(each_step_with_a_line_has_its_own_servers),
        cmocka_unit_test(hours_wrap_around_the_week),
    };
    return cmocka_run_group_tests_name("estimate_desk", tests, NULL, NULL);
}
