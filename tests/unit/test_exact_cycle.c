/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Desks with hours and changing arrivals, against values computed apart from this program. */
#include "sim/exact_cycle.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>

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
        printf("residual %g lost %g\n", v.residual, v.lost);
        near_rel(point[0].system, cases[i].morning, 1e-7);
        near_rel(point[1].system, cases[i].evening, 1e-7);
        near_rel(v.sums.system / v.sums.time_s, cases[i].average, 1e-7);
        if (!isnan(cases[i].empty))
            near_rel(point[1].empty, cases[i].empty, 1e-7);
        cycle_desk_release(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shifts_are_the_periodic_markov_chain),
    };
    return cmocka_run_group_tests_name("exact_cycle", tests, NULL, NULL);
}
