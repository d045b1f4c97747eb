/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the pictures are drawn with: for plot_curves.c, plot_time.c, plot_watch.c and plot_bars.c.
 *
 * A picture is a script for gnuplot and the files it reads.  Scripts are put together from fixed
 * texts and our own numbers; whatever comes from a result goes into the files. */
#ifndef SEAM_REPORT_PLOT_PARTS_H
#define SEAM_REPORT_PLOT_PARTS_H

#include "model/result.h"
#include "report/document.h"

enum { PLOT_FILES_MAX = 5 };

struct picture {
    const char *title;
    struct buf script, about; /* about: what it shows, in words */
    struct buf file[PLOT_FILES_MAX];
    const char *name[PLOT_FILES_MAX];
    size_t files;
    struct table *data;          /* the document's */
    const char *label;           /* of the result; NULL */
    const struct result *beside; /* NULL */
    const char *beside_label;
};

/* Terminal, grid and key; height in pixels. */
void picture_start(struct picture *p, int height);
/* The next of at most PLOT_FILES_MAX files, to be filled. */
struct buf *picture_file(struct picture *p, const char *name);
/* One line of a data file: n numbers; the label, if any, is its last cell. */
void picture_line(struct buf *out, const double *x, size_t n, const char *label);

/* Okabe and Ito, in the order in which lines get them. */
enum { PICTURE_LINES = 4 };
extern const char *const picture_colour[PICTURE_LINES];
/* The unit in which `seconds` are a number that people read, in seconds, and its name. */
double picture_time_unit(double seconds, const char **name);

/* Has the result what a picture needs, and the picture of it. */
#define PICTURES(X)                                                                                \
    X(frontier)                                                                                    \
    X(labels)                                                                                      \
    X(calibration)                                                                                 \
    X(latency)                                                                                     \
    X(improvement) X(stages) X(loss) X(tornado) X(backlog) X(learning) X(planner) X(evidence)      \
        X(budget)
#define X(name)                                                                                    \
    bool name##_has(const struct result *r);                                                       \
    void name##_draw(struct document *d, const struct result *r, struct picture *p);
PICTURES(X)
#undef X

#endif
