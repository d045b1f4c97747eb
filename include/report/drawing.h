/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A drawing of boxes, ways and words, made at once as SVG for the page and as points for gnuplot.
 *
 * Coordinates are pixels from the top left corner.  Texts are cleaned and cut here. */
#ifndef SEAM_REPORT_DRAWING_H
#define SEAM_REPORT_DRAWING_H

#include "report/document.h"
#include "report/plot_parts.h"

enum drawing_text {
    DRAWING_NAME,  /* bold, from its left end */
    DRAWING_LINE,  /* small and quiet, from its left end */
    DRAWING_SHARE, /* the same, to its right end */
    DRAWING_PILL,  /* small, around its middle */
    DRAWING_END,   /* bold, around its middle */
    DRAWING_TEXTS
};
struct drawing {
    struct buf svg;
    struct picture picture;
    struct buf *frames, *ways, *back, *tips, *back_tips, *boxes, *marks, *text[DRAWING_TEXTS];
};

/* An empty drawing; drawing_finish frees it. */
void drawing_init(struct drawing *s);
/* A box with corners of that radius. */
void drawing_box(struct drawing *s, double x, double y, double width, double height, double radius);
/* The same, dashed and empty. */
void drawing_frame(struct drawing *s, double x, double y, double width, double height);
/* A small upright bar in the colour of a layer; NULL: a quiet one. */
void drawing_mark(struct drawing *s, double x, double y, double width, double height,
                  const char *layer);
/* A way through n points [x, y], with an arrow at its end; `back`: dashed. */
void drawing_way(struct drawing *s, double (*at)[2], size_t n, bool back);
/* A text of at most so many columns. */
void drawing_text(struct drawing *s, enum drawing_text style, double x, double y, const char *text,
                  size_t columns);
/* Gives the figure the drawing: svg, script, points, size. */
void drawing_finish(struct drawing *s, struct document *d, struct figure *f, double width,
                    double height);

#endif
