/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events behind objectives, shared by slo.c and slo_events.c, and by nobody else. */
#ifndef SEAM_TRACE_SLO_PARTS_H
#define SEAM_TRACE_SLO_PARTS_H

#include "trace/slo.h"

/* Good and bad ones of one instant, or of a slice of time that begins there. */
struct slo_event {
    int64_t at_ns;
    uint32_t n, bad;
};
struct slo_slice {
    uint32_t n, bad;
};
struct slo_series {
    VEC(struct slo_event) events; /* each by itself, before slo_events_sort */
    struct slo_slice *slice;      /* [SLO_SLICES]; NULL: there are none */
    struct slo_slice untimed;     /* what has no time */
};
struct slo_events {
    const struct objective *objective;
    size_t n;
    struct slo_series *series; /* [n] */
    int64_t first_ns, last_ns; /* of the log */
    int64_t base_ns, width_ns; /* of the slices of all series; width 0: none yet */
    int64_t top_ns;            /* the last instant in a slice */
};

/* Puts every series into its events, in order of time; what has no time stands at first_ns. */
void slo_events_sort(struct slo_events *e);

#endif
