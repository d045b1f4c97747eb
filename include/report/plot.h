/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures by gnuplot, the only door to it: one process for a picture, no shell, names and numbers
 * in data files only.
 *
 * gnuplot runs as `gnuplot -d plot.gp` inside a fresh private folder, which goes afterwards; after
 * its time it is stopped.  Its SVG is cleaned (svg.h) before anybody sees it. */
#ifndef SEAM_REPORT_PLOT_H
#define SEAM_REPORT_PLOT_H

#include "base/error.h"
#include "model/result.h"
#include "report/document.h"

enum { PLOT_SECONDS = 10, PLOT_WIDTH = 760 };

struct plot_options {
    const char *gnuplot;  /* NULL: "gnuplot", looked up in PATH */
    const char *temp_dir; /* NULL: "/tmp" */
    unsigned seconds;     /* 0: PLOT_SECONDS */
};

/* name on the command line, what it shows */
#define PLOT_TABLE(X)                                                                              \
    X(LOSS, "loss", "where items are lost on the way to a right answer")                           \
    X(IMPROVEMENT, "improvement", "what each stage would give if it were perfect")                 \
    X(FRONTIER, "frontier", "review load against error, with the chosen point")                    \
    X(LABELS, "labels", "review load against the number of labels")                                \
    X(STAGES, "stages", "how often a visit of each stage ends well")                               \
    X(LATENCY, "latency", "distribution of the latency")                                           \
    X(BACKLOG, "backlog", "what waits for people, over time")                                      \
    X(CALIBRATION, "calibration", "confidence against accuracy")                                   \
    X(LEARNING, "learning", "what feedback changes, cycle by cycle")                               \
    X(PLANNER, "planner", "labels that a certificate needs, and the power of so many")             \
    X(EVIDENCE, "evidence", "evidence that something has changed, over time")                      \
    X(BUDGET, "budget", "objectives over time, and what is left of their error budgets")           \
    X(TORNADO, "tornado", "what the result is most sensitive to")
enum plot_kind {
#define X(id, name, what) PLOT_##id,
    PLOT_TABLE(X)
#undef X
        PLOT_KIND_COUNT
};
/* The name on the command line; static. */
const char *plot_name(enum plot_kind k);

/* Has the result what this picture needs? */
bool plot_has(enum plot_kind k, const struct result *r);
/* Adds the picture with its title, description and data to the document's last section.  Without
 * gnuplot the figure stands without its picture, and says how to get it. */
void plot_add(enum plot_kind k, const struct result *r, const char *label,
              const struct plot_options *options, struct document *d);

/* Has it latencies that can stand in the picture of another result? */
bool plot_beside(const struct result *r);
/* Likewise, with what `beside` says in the same picture (PLOT_LATENCY; others leave it out). */
void plot_add_beside(enum plot_kind k, const struct result *r, const char *label,
                     const struct result *beside, const char *beside_label,
                     const struct plot_options *options, struct document *d);

/* Runs `script` (fixed text that reads these files and writes plot.svg) and appends the raw SVG.
 * ERR_IO: gnuplot is missing, failed (its own words) or took too long. */
struct plot_file {
    const char *name;
    const struct buf *bytes;
};
MUST_CHECK int plot_run(const char *script, const struct plot_file *files, size_t n,
                        const struct plot_options *options, struct buf *svg, struct error *err);
/* A name as a cell of a data file: no tab, newline, quote or backslash, at most 28 columns. */
void plot_put_name(struct buf *out, const char *name);

#endif
