/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening hours of a resource, as simulations walk through them. */
#ifndef SEAM_SIM_CALENDAR_H
#define SEAM_SIM_CALENDAR_H

#include "model/pipeline.h"

struct calendar {
    const struct resource *resource; /* borrowed */
    double starts_s;                 /* of the horizon, in its week */
    bool open;
    double opened_s, next_s; /* since when; when it changes, INFINITY: never */
    uint64_t week;           /* of the next change */
    uint32_t opening;
};

/* At instant 0 of a horizon that starts at starts_s of a week. */
void calendar_start(struct calendar *c, const struct resource *r, double starts_s);
/* Opens or closes at c->next_s and finds the next such instant. */
void calendar_turn(struct calendar *c);
/* Has a server been on duty for so long at now_s? */
bool calendar_tired(const struct calendar *c, double now_s, double after_s);
/* How long it is open between two instants, in s, of which the calendar has not passed the first;
 * it goes on to the second. */
double calendar_open_s(struct calendar *c, double from_s, double to_s);

#endif
