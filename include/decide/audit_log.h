/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The labels of a trace log, as a sample of its items. */
#ifndef SEAM_DECIDE_AUDIT_LOG_H
#define SEAM_DECIDE_AUDIT_LOG_H

#include "decide/audit.h"
#include "trace/log.h"

struct audit_log {
    struct audit_sample sample;          /* points into the two below */
    VEC(struct scored) known;            /* items with a confidence and a known draft; owned */
    VEC(double) shipped;                 /* owned */
    uint64_t n_shipped, n_shipped_known; /* that ship at the threshold in use, and with a truth */
    bool plain;                          /* every item with a confidence has a truth */
    bool reviewed_only;                  /* none that ships has one */
};

/* Does an item that has a confidence ship unseen at the threshold in use? */
bool audit_log_ships(const struct trace_log *log, const struct log_item *item);

/* Parts the items that have a confidence into those that the threshold in use ships (or, where it
 * is not known, that nobody reviewed) and the others.  The known ones of a part stand for all of
 * it, alike: a uniform audit; those with a weight of their own in the label file for so many. Items
 * a day where the log lasts a day or longer.  Release with audit_log_release. */
void audit_log_take(const struct trace_log *log, struct audit_log *out);
/* Frees the lists and leaves *l zero. */
void audit_log_release(struct audit_log *l);

#endif
