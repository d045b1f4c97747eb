/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pictures are drawn with: for plot_curves.c, plot_time.c, plot_watch.c, plot_bars.c and
 * plot_sides.c.
 *
 * A picture is a script for gnuplot and the blocks of its one data file.  Scripts are put together
 * from fixed texts and our own numbers; whatever comes from a result goes into the blocks.  A
 * script names a block in quotes ('bars'); '' is the block named before. */
#ifndef SEAM_REPORT_PLOT_PARTS_H
#define SEAM_REPORT_PLOT_PARTS_H

#include "model/result.h"
#include "report/document.h"

enum { PICTURE_BLOCKS_MAX = 12 };

struct picture {
    const char *title;
    int height;
    struct buf script, about; /* about: what it shows, in words */
    struct buf block[PICTURE_BLOCKS_MAX];
    const char *name[PICTURE_BLOCKS_MAX];
    size_t blocks;
    struct table *data;          /* the document's */
    const char *label;           /* of the result; NULL */
    const struct result *beside; /* NULL */
    const char *beside_label;
};

/* Height in pixels, of PLOT_WIDTH; grid and key. */
void picture_start(struct picture *p, int height);
/* The next of at most PICTURE_BLOCKS_MAX blocks, to be filled; heads: its columns, parted by tabs.
 * `label`, if any, heads one more column, for columnheader(). */
struct buf *picture_block(struct picture *p, const char *name, const char *heads,
                          const char *label);
/* Has the block a line yet? */
bool picture_filled(const struct buf *block);
/* One line of a block: n numbers; the label, if any, is its last cell. */
void picture_line(struct buf *out, const double *x, size_t n, const char *label);
/* The script as gnuplot reads it, and the blocks as one data file. */
void picture_source(struct document *d, struct picture *p, struct figure *f);

/* Okabe and Ito, in the order in which lines get them, with a dash and a mark of their own. */
enum { PICTURE_LINES = 4 };
struct picture_look {
    const char *colour, *dash;
    int mark;
};
extern const struct picture_look picture_look[PICTURE_LINES];
/* The colour of a layer's areas, the page's name for it, and whether words on it are light. */
struct layer_look {
    const char *colour, *paint;
    bool dark;
};
extern const struct layer_look layer_look[]; /* [enum layer] */
/* 1, 2 or 5 times a power of ten, at least x > 0: the step of an axis. */
double picture_step(double x);
/* A logarithmic axis, 'x' or 'y', whose tics between low and high > 0 people can read. */
void picture_log_axis(struct picture *p, char axis, double low, double high);
/* The unit in which `seconds` are a number that people read, in seconds, and its name. */
double picture_time_unit(double seconds, const char **name);

/* " ($)" where the result's currency is one of the usual signs, else "": a script holds no text of
 * a result. */
const char *picture_currency(const struct result *r);

/* Has the result what a picture needs, and the picture of it. */
#define PICTURES(X)                                                                                \
    X(frontier)                                                                                    \
    X(labels)                                                                                      \
    X(calibration)                                                                                 \
    X(latency)                                                                                     \
    X(percentiles)                                                                                 \
    X(improvement)                                                                                 \
    X(stages)                                                                                      \
    X(loss)                                                                                        \
    X(tornado)                                                                                     \
    X(backlog) X(learning) X(planner) X(evidence) X(budget) X(layers) X(cost) X(coverage) X(repeats)
#define X(name)                                                                                    \
    bool name##_has(const struct result *r);                                                       \
    void name##_draw(struct document *d, const struct result *r, struct picture *p);
PICTURES(X)
#undef X

#endif
