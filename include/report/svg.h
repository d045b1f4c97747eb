/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SVG that may stand inside a page: a list of what is allowed, everything else is left out. */
#ifndef SEAM_REPORT_SVG_H
#define SEAM_REPORT_SVG_H

#include "base/buf.h"
#include "base/error.h"

/* Appends the inside of the <svg> of `text` with only shapes, groups, text and their geometry;
 * every id and reference gets `prefix-` in front; black becomes the colour of the text around, and
 * the colours of the pictures become --c1 to --c6, --grid (the page's, with themselves as a
 * fallback).  *width and *height are of its viewBox.  ERR_INPUT when it is no SVG. */
MUST_CHECK int svg_clean(const char *text, size_t len, const char *prefix, struct buf *out,
                         double *width, double *height, struct error *err);
/* The whole <svg> element of a figure, with role, title and description. */
struct figure;
/* f has a picture (f->svg), clean already; its texts are escaped here. */
void svg_put_figure(struct buf *out, const struct figure *f);
/* The same as a file that stands alone, with its paints for light and dark. */
void svg_put_file(struct buf *out, const struct figure *f);
/* The same for typesetters that know no variables: paints of the light page, classes inside. */
void svg_put_paper(struct buf *out, const struct figure *f);
/* The paints as declarations of a style sheet, and the classes of the figures that use them. */
extern const char svg_paints_light[], svg_paints_dark[], svg_classes[];

#endif
