/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks with hours and changing arrivals, against values computed apart from this program. */
#include "sim/exact/cycle.h"
#include "tests/support/support.h"

#include <math.h>

static const double HOUR = 3600;

/* E09: the stationary vector of the transition matrix of 24 hours, by matrix exponentials. */
static const struct opening nine_to_five[7] = {
    {32400,  61200 },
    {118800, 147600},
    {205200, 234000},
    {291600, 320400},
    {378000, 406800},
    {464400, 493200},
    {550800, 579600},
};

static void shifts_are_the_periodic_markov_chain(void **state)
{
    (void)state;
    static const struct {
        enum at_close at_close;
        double morning, evening, average, empty;
    } cases[] = {
        {CLOSE_INTERRUPT, 17.89555161284073,  1.895551612840623,  9.23699337007404,
         0.27519959389677723                                                             },
        {CLOSE_FINISH,    16.200199256901467, 1.5221836437756406, 7.7570577792508075, NAN},
    };
    for (int i = 0; i < 2; i++) {
        struct resource r = {.servers = 4,
                             .n_hours = 7,
                             .hours = nine_to_five,
                             .at_close = cases[i].at_close,
                             .waiting_room = ROOM_UNLIMITED};
        struct arrivals a = {.kind = ARRIVALS_POISSON, .rate_per_s = 1 / HOUR};
        struct cycle_point point[2] = {{.at_s = 9 * HOUR}, {.at_s = 17 * HOUR}};
        struct cycle_values v;
        struct cycle_desk d;
        struct error err = {0};
        cycle_desk_init(&d, &r, &a, 1, HOUR, INFINITY);
        assert_true(d.period_s == DAY_S);
        ok(cycle_steady(&d, 0, point, 2, &v, &err), &err);
        assert_true(v.residual < 1e-12 && v.lost < 1e-12);
        near_rel(point[0].system, cases[i].morning, 1e-7);
        near_rel(point[1].system, cases[i].evening, 1e-7);
        near_rel(v.sums.system / v.sums.time_s, cases[i].average, 1e-7);
        if (!isnan(cases[i].empty))
            near_rel(point[1].empty, cases[i].empty, 1e-7);
        cycle_desk_release(&d);
    }
}

/* Two servers 07:00-19:00, three places, work of 30 minutes, (2 + 1.5 cos(2 pi (t - 15 h) / 24 h))
 * items an hour; the equations solved by Runge and Kutta's method of fourth order in steps of
 * 0.004 h, integrals by Simpson's rule (both to about 1e-11), day after day until nothing changes.
 */
static void rooms_patience_and_a_daily_rate_follow_the_equations(void **state)
{
    (void)state;
    static const struct {
        enum at_close at_close;
        double patience_h, morning, evening, busy, line, system, block, abandon, waited;
    } cases[] = {
        {CLOSE_FINISH,    8,        2.53801567351, 1.92606602877, 0.651054559244, 1.49178351235,
         2.17087737903, 0.227669663792, 0.093236469522, 0.568079042803},
        {CLOSE_INTERRUPT, INFINITY, 3.28444545537, 2.00311963065, 0.672087700205, 1.91087412436,
         2.58296182457, 0.327912299787, 0,              0.52569920425 },
    };
    struct opening hours[7];
    for (int day = 0; day < 7; day++)
        hours[day] = (struct opening){day * DAY_S + 7 * HOUR, day * DAY_S + 19 * HOUR};
    for (int i = 0; i < 2; i++) {
        struct resource r = {.servers = 2,
                             .n_hours = 7,
                             .hours = hours,
                             .at_close = cases[i].at_close,
                             .waiting_room = 3};
        struct arrivals a = {.kind = ARRIVALS_DAILY,
                             .mean_per_s = 4 / HOUR,
                             .amplitude_per_s = 3 / HOUR,
                             .peak_s = 15 * HOUR};
        struct cycle_point point[2] = {{.at_s = 7 * HOUR}, {.at_s = 19 * HOUR}};
        struct cycle_values v;
        struct cycle_desk d;
        struct error err = {0};
        cycle_desk_init(&d, &r, &a, 0.5, HOUR / 2, cases[i].patience_h * HOUR);
        ok(cycle_steady(&d, 0, point, 2, &v, &err), &err);
        near_rel(point[0].system, cases[i].morning, 1e-9);
        near_rel(point[1].system, cases[i].evening, 1e-9);
        near_rel(v.sums.busy / (2 * v.sums.open_s), cases[i].busy, 1e-9);
        near_rel(v.sums.waiting / DAY_S, cases[i].line, 1e-9);
        near_rel(v.sums.system / DAY_S, cases[i].system, 1e-9);
        near_rel(v.sums.blocked / v.sums.asked, cases[i].block, 1e-9);
        near(v.sums.abandoned / v.sums.asked, cases[i].abandon, 1e-10);
        near_rel(v.sums.waited / (v.sums.asked - v.sums.blocked), cases[i].waited, 1e-9);
        assert_true(v.lost == 0);
        cycle_desk_release(&d);
    }
}

/* With servers for all, M(t)/M/infinity: dE/dt = lambda(t) - mu E, so that for a rate
 * m + a cos(w t) it is m / mu + a (mu cos(w t) + w sin(w t)) / (mu^2 + w^2). */
static void servers_for_all_are_a_linear_equation(void **state)
{
    (void)state;
    struct resource r = {.servers = 60, .waiting_room = ROOM_UNLIMITED};
    struct arrivals a = {
        .kind = ARRIVALS_DAILY, .mean_per_s = 3 / HOUR, .amplitude_per_s = 2 / HOUR};
    struct cycle_point point[24];
    struct cycle_values v;
    struct cycle_desk d;
    struct error err = {0};
    double w = 2 * 3.14159265358979323846 / 24, mu = 0.5;
    for (int k = 0; k < 24; k++)
        point[k].at_s = k * HOUR;
    cycle_desk_init(&d, &r, &a, 1, HOUR / mu, INFINITY);
    ok(cycle_steady(&d, 5 * HOUR, point, 24, &v, &err), &err);
    for (int k = 0; k < 24; k++) {
        double t = k + 5;
        double want = 3 / mu + 2 * (mu * cos(w * t) + w * sin(w * t)) / (mu * mu + w * w);
        near_rel(point[k].system, want, 1e-11);
        near(point[k].waiting, 0, 1e-12);
    }
    near_rel(v.sums.asked, 72, 1e-12);
    cycle_desk_release(&d);
}

/* Begun empty, E grows as (lambda / mu) (1 - exp(-mu t)) with servers for all. */
static void an_empty_beginning_fills_up(void **state)
{
    (void)state;
    struct resource r = {.servers = 40, .waiting_room = ROOM_UNLIMITED};
    struct arrivals a = {.kind = ARRIVALS_POISSON, .rate_per_s = 2 / HOUR};
    struct cycle_point point[3] = {{.at_s = 0}, {.at_s = HOUR}, {.at_s = 100 * HOUR}};
    struct cycle_values v;
    struct cycle_desk d;
    struct error err = {0};
    cycle_desk_init(&d, &r, &a, 1, 2 * HOUR, INFINITY);
    ok(cycle_transient(&d, 0, 99 * HOUR, 100 * HOUR, point, 3, &v, &err), &err);
    near(point[0].system, 0, 1e-15);
    near(point[0].empty, 1, 1e-12);
    near_rel(point[1].system, 4 * (1 - exp(-0.5)), 1e-10);
    near_rel(point[2].system, 4, 1e-10);
    near_rel(v.sums.system, 4 * HOUR, 1e-10);
    near_rel(v.left, 4, 1e-10);
    cycle_desk_release(&d);
}

static void what_has_no_steady_state_or_is_too_large_is_said(void **state)
{
    (void)state;
    struct resource r = {
        .servers = 3, .n_hours = 7, .hours = nine_to_five, .waiting_room = ROOM_UNLIMITED};
    struct arrivals a = {.kind = ARRIVALS_POISSON, .rate_per_s = 1.2 / HOUR};
    struct cycle_values v;
    struct cycle_desk d;
    struct error err = {0};
    cycle_desk_init(&d, &r, &a, 1, HOUR, INFINITY);
    d.interrupt = true; /* 28.8 hours of work for 24 of people */
    near_rel(cycle_load(&d), 1.2, 1e-12);
    assert_int_equal(cycle_steady(&d, 0, NULL, 0, &v, &err), -1);
    error_is(&err, ERR_NUMERIC, "overloaded");
    d.interrupt = false; /* and 3 (1 - exp(-16)) more in overtime */
    near_rel(cycle_load(&d), 28.8 / (24 + 3 * (1 - exp(-16))), 1e-12);
    cycle_desk_release(&d);
    a.rate_per_s = 1000;
    r.servers = 100;
    cycle_desk_init(&d, &r, &a, 1, 0.01, INFINITY);
    assert_int_equal(cycle_steady(&d, 0, NULL, 0, &v, &err), -1);
    error_is(&err, ERR_UNSUPPORTED, "too many");
    cycle_desk_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shifts_are_the_periodic_markov_chain),
        cmocka_unit_test(rooms_patience_and_a_daily_rate_follow_the_equations),
        cmocka_unit_test(servers_for_all_are_a_linear_equation),
        cmocka_unit_test(an_empty_beginning_fills_up),
        cmocka_unit_test(what_has_no_steady_state_or_is_too_large_is_said),
    };
    return cmocka_run_group_tests_name("exact_cycle", tests, NULL, NULL);
}
