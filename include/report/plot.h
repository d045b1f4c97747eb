/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures by gnuplot, the only door to it: no shell, names and numbers in data files only.
 *
 * plot_add puts figures into a document, each with the script and the data of its picture;
 * plot_draw then has one gnuplot draw them all.  It runs as `gnuplot -d plot.gp` inside a fresh
 * private folder, which goes afterwards; after its time it is stopped.  Its SVG is cleaned (svg.h)
 * before anybody sees it.  The flow needs no gnuplot: it is drawn at once. */
#ifndef SEAM_REPORT_PLOT_H
#define SEAM_REPORT_PLOT_H

#include "base/error.h"
#include "model/result.h"
#include "report/document.h"

enum { PLOT_SECONDS = 20, PLOT_WIDTH = 680 };

struct plot_options {
    const char *gnuplot;  /* NULL: "gnuplot", looked up in PATH */
    const char *temp_dir; /* NULL: "/tmp" */
    unsigned seconds;     /* 0: PLOT_SECONDS */
};

/* name on the command line, what it shows, what has the data for it */
#define PLOT_TABLE(X)                                                                              \
    X(FLOW, "flow", "the steps and the ways between them, with their reliabilities",               \
      "a scenario or a log has steps")                                                             \
    X(LOSS, "waterfall", "where items are lost on the way to a right answer",                      \
      "`seam solve` and `seam simulate` of a scenario know it, of a log `seam replay` with "       \
      "--labels")                                                                                  \
    X(IMPROVEMENT, "improvement", "what each stage loses, or would give if it were perfect",       \
      "`seam solve` and `seam simulate` know it")                                                  \
    X(LAYERS, "layers", "what each layer loses, of alternatives side by side",                     \
      "`seam compare` and `seam solve` know it")                                                   \
    X(COST, "cost", "cost against reliability, with the one that the targets ask for",             \
      "`seam compare` of scenarios with costs, or `seam size` of one, has it")                     \
    X(FRONTIER, "frontier", "review load against error, with the chosen point",                    \
      "`seam size` has it, and `seam replay` of a log whose confidences and labels are known")     \
    X(LABELS, "labels", "review load against the number of labels",                                \
      "`seam size --labels CSV` has it")                                                           \
    X(STAGES, "stages", "how often a visit of each stage ends well",                               \
      "a scenario or a log has stages")                                                            \
    X(LATENCY, "latency", "distribution of the latency",                                           \
      "a log has it, and a scenario whose stages have a `latency`")                                \
    X(PERCENTILES, "percentiles", "latency by percentile, on an axis that spreads out the tail",   \
      "a log has them, and a scenario whose stages have a `latency`")                              \
    X(BACKLOG, "backlog", "what waits for people, over time",                                      \
      "`seam simulate` of a scenario with `arrivals` and `resources` has it, and a log with "      \
      "reviews")                                                                                   \
    X(CALIBRATION, "calibration", "confidence against accuracy, and how many items have it",       \
      "a log with confidences and labels has it, and `seam size --labels CSV`")                    \
    X(LEARNING, "learning", "what feedback changes, cycle by cycle",                               \
      "a scenario with `feedback` has it, and `seam run --cycles N`")                              \
    X(PLANNER, "planner", "labels that a certificate needs, and the power of so many",             \
      "`seam size --plan` has it")                                                                 \
    X(COVERAGE, "coverage", "what a backtest expected of each window, and what came",              \
      "`seam backtest LOG --windows N` has it")                                                    \
    X(REPEATS, "repeats", "chances that one, or that all, of k runs of a task are right",          \
      "`seam replay LOG --task-by ATTR` with labels has it")                                       \
    X(EVIDENCE, "evidence", "evidence that something has changed, over time",                      \
      "`seam drift` has it")                                                                       \
    X(BUDGET, "budget", "objectives over time, and what is left of their error budgets",           \
      "`seam replay LOG --slo OBJECTIVE` has it")                                                  \
    X(TORNADO, "tornado", "what the result is most sensitive to",                                  \
      "`seam solve` knows it, and `seam simulate --gap`")
enum plot_kind {
#define X(id, name, what, needs) PLOT_##id,
    PLOT_TABLE(X)
#undef X
        PLOT_KIND_COUNT
};
struct plot_def {
    const char *name, *what, *needs;
};
/* What the table says of the picture; static. */
const struct plot_def *plot_def(enum plot_kind k);

/* Has the result what this picture needs? */
bool plot_has(enum plot_kind k, const struct result *r);
/* Adds the picture with its title, description and data to the document's last section, to be drawn
 * by plot_draw; nothing when the result has not what it needs. */
void plot_add(enum plot_kind k, const struct result *r, const char *label, struct document *d);

/* Has it latencies that can stand in the picture of another result? */
bool plot_beside(const struct result *r);
/* Likewise, with what `beside` says in the same picture (PLOT_LATENCY and PLOT_PERCENTILES; others
 * leave it out). */
void plot_add_beside(enum plot_kind k, const struct result *r, const char *label,
                     const struct result *beside, const char *beside_label, struct document *d);

/* Draws all figures of the document that have a script and no picture.  Without gnuplot they stand
 * without it, and say how to get it. */
void plot_draw(struct document *d, const struct plot_options *options);

/* Pictures as files of their own: from gnuplot's terminals svg, pngcairo and pdfcairo. */
#define PLOT_FORMATS(X) X(SVG, "svg") X(PNG, "png") X(PDF, "pdf")
enum plot_format {
#define X(id, name) PLOT_##id,
    PLOT_FORMATS(X)
#undef X
        PLOT_FORMAT_COUNT
};
/* The option's word for it, which ends the file's name, too. */
const char *plot_format_name(enum plot_format f);
/* May a file be called that in a script?  No quotes, back-quotes, backslashes, < > | $, control
 * characters or folders. */
bool plot_file_name(const char *name);
/* Gives the figure a heading for where it stands alone: its title, and under it what it is of. */
void plot_subject(struct document *d, struct figure *f, const char *subject);
/* Pixels that the heading takes above the picture; 0: it has none. */
double plot_heading(const struct figure *f);
/* The whole script: it reads `name`.tsv and writes `name`.svg, .png or .pdf. */
void plot_script(const struct figure *f, enum plot_format format, const char *name,
                 struct buf *out);
/* The bytes of the picture in a format.  ERR_IO as plot_run. */
MUST_CHECK int plot_picture(const struct figure *f, enum plot_format format,
                            const struct plot_options *options, struct buf *out, struct error *err);

/* Runs `script` (fixed text that reads these files and writes those) and appends what it wrote; of
 * a script that failed, what it wrote before.
 * ERR_IO: gnuplot is missing, failed (its own words) or took too long. */
struct plot_file {
    const char *name;
    const struct buf *bytes;
};
struct plot_out {
    const char *name;
    struct buf *bytes;
    bool begun; /* set by plot_run: it was opened at least */
};
MUST_CHECK int plot_run(const char *script, const struct plot_file *in, size_t n_in,
                        struct plot_out *out, size_t n_out, const struct plot_options *options,
                        struct error *err);
/* A name as a cell of a data file: no tab, newline, quote or backslash, at most 32 columns:
 * cut in its middle, since paths differ at their ends. */
void plot_put_name(struct buf *out, const char *name);
/* A text that is clean (text_clean) already, whole. */
void plot_put_cell(struct buf *out, const char *text, size_t len);

#endif
