/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Would the model have known?  A fit to the first part of a log predicts the rest. */
#ifndef SEAM_DECIDE_BACKTEST_H
#define SEAM_DECIDE_BACKTEST_H

#include "base/error.h"
#include "model/result.h"
#include "trace/log.h"
#include <stdatomic.h>

struct backtest_options {
    double level;     /* of the predicted intervals */
    double part;      /* share of the log's time that is fitted, in (0, 1) */
    uint32_t windows; /* of equally many items, at most; 0: 10 */
    uint32_t draws;   /* of the parameters; 0: as many as are quick, 100 to 199 */
    uint64_t seed;
    uint32_t threads;
    const atomic_bool *stop;         /* NULL, or: give up when set */
    const struct progress *progress; /* draws of the parameters; NULL: nobody looks */
};

/* Fills metrics (coverage over all windows and metrics), predictions and the curves `backtest` (x:
 * seconds from the first item to the window's middle, y: what came, low and high: the interval, at:
 * covered, missed or not known).  The log is cut where the first part ends.  ERR_INPUT when a part
 * has too few items, ERR_INTERRUPTED when stopped. */
MUST_CHECK int log_backtest(struct trace_log *log, const struct backtest_options *options,
                            struct result *out, struct error *err);

#endif
