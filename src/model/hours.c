/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 1970-01-01 was a Thursday, the fourth day of a week that begins on Monday. */
#include "model/hours.h"

#include <math.h>

double hours_week_second(int64_t unix_ns)
{
    const int64_t week_ns = (int64_t)WEEK_S * 1000000000,
                  thursday_ns = INT64_C(259200) * 1000000000;
    int64_t in_week = (unix_ns % week_ns + thursday_ns) % week_ns;
    return (double)(in_week < 0 ? in_week + week_ns : in_week) * 1e-9;
}

double hours_until_open(const struct opening *hours, uint32_t n, double week_s)
{
    double s = fmod(week_s, WEEK_S);
    if (n == 0)
        return 0;
    for (uint32_t i = 0; i < n; i++)
        if (s < hours[i].to_s)
            return fmax(hours[i].from_s - s, 0);
    return hours[0].from_s + WEEK_S - s;
}
