/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each shape goes into the SVG and into the block of its kind.  Round corners are polygons of a few
 * points for gnuplot, which knows only straight lines. */
#include "report/drawing.h"

#include "model/pipeline.h"
#include "report/html.h"
#include "report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *svg, *block, *plot;
    double lower; /* how far below its middle the line of the text stands */
} texts[DRAWING_TEXTS] = {
    [DRAWING_NAME] = {"class=\"ink\" font-size=\"15\" font-weight=\"600\"",                        "names",
                      "left font strong textcolor rgb '#1c2126'",                                                                                       5.3},
    [DRAWING_LINE] = {"class=\"quiet\" font-size=\"12.5\"",                                        "lines",
                      "left font small textcolor rgb '#59636d'",                                                                                        4.4},
    [DRAWING_SHARE] = {"class=\"quiet\" font-size=\"12.5\" text-anchor=\"end\"",                    "shares",
                      "right font small textcolor rgb '#59636d'",                                                                                       4.4},
    [DRAWING_PILL] = {"class=\"ink\" font-size=\"12.5\" text-anchor=\"middle\"",                   "pills",
                      "center font small textcolor rgb '#1c2126'",                                                                                      4.4},
    [DRAWING_END] = {"class=\"ink\" font-size=\"14\" font-weight=\"600\" text-anchor=\"middle\"",
                      "ends",                                                                                "center font end textcolor rgb '#1c2126'", 5  },
};

void drawing_init(struct drawing *s)
{
    *s = (struct drawing){0};
    s->frames = picture_block(&s->picture, "frames", "x\ty", NULL);
    s->ways = picture_block(&s->picture, "ways", "x\ty", NULL);
    s->back = picture_block(&s->picture, "back", "x\ty", NULL);
    s->tips = picture_block(&s->picture, "tips", "x\ty", NULL);
    s->back_tips = picture_block(&s->picture, "backtips", "x\ty", NULL);
    s->boxes = picture_block(&s->picture, "boxes", "x\ty", NULL);
    s->marks = picture_block(&s->picture, "marks", "x\ty\tleft\tright\ttop\tbottom\tcolour", NULL);
    for (int k = 0; k < DRAWING_TEXTS; k++)
        s->text[k] = picture_block(&s->picture, texts[k].block, "x\ty\ttext", NULL);
}

static void put_point(struct buf *out, double x, double y)
{
    picture_line(out, (double[]){x, y}, 2, NULL);
}

/* A shape ends with an empty line. */
static void put_outline(struct buf *out, double x, double y, double w, double h, double radius)
{
    enum { STEPS = 6 };
    const double centre[4][2] = {
        {x + w - radius, y + radius    },
        {x + w - radius, y + h - radius},
        {x + radius,     y + h - radius},
        {x + radius,     y + radius    }
    };
    for (int corner = 0; corner < 4; corner++)
        for (int k = 0; k <= STEPS; k++) {
            double angle = M_PI / 2 * (corner - 1 + (double)k / STEPS);
            put_point(out, round(100 * (centre[corner][0] + radius * cos(angle))) / 100,
                      round(100 * (centre[corner][1] + radius * sin(angle))) / 100);
        }
    put_point(out, centre[0][0], y);
    buf_putc(out, '\n');
}

void drawing_box(struct drawing *s, double x, double y, double width, double height, double radius)
{
    buf_printf(&s->svg,
               "<rect class=\"box\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"%g\"/>", x, y,
               width, height, radius);
    put_outline(s->boxes, x, y, width, height, radius);
}

void drawing_frame(struct drawing *s, double x, double y, double width, double height)
{
    buf_printf(&s->svg,
               "<rect class=\"way\" stroke-dasharray=\"2,4\" x=\"%g\" y=\"%g\" width=\"%g\" "
               "height=\"%g\" rx=\"10\"/>",
               x, y, width, height);
    put_outline(s->frames, x, y, width, height, 10);
}

void drawing_mark(struct drawing *s, double x, double y, double width, double height,
                  const char *layer)
{
    const char *paint = "--soft";
    double rgb = 0x788088;
    for (int l = 0; layer && l < LAYER_COUNT; l++)
        if (!strcmp(layer, layer_name((enum layer)l))) {
            paint = layer_look[l].paint;
            rgb = (double)strtoul(layer_look[l].colour + 1, NULL, 16);
        }
    buf_printf(&s->svg,
               "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" rx=\"2.5\" "
               "style=\"fill:var(%s)\"/>",
               x, y, width, height, paint);
    picture_line(s->marks, (double[]){x, y, x, x + width, y, y + height, rgb}, 7, NULL);
}

void drawing_way(struct drawing *s, double (*at)[2], size_t n, bool back)
{
    enum { LONG = 8, WIDE = 5 };
    struct buf *line = back ? s->back : s->ways, *tip = back ? s->back_tips : s->tips;
    double x = at[n - 1][0], y = at[n - 1][1];
    double dx = x - at[n - 2][0], dy = y - at[n - 2][1], length = hypot(dx, dy);
    dx /= length;
    dy /= length;
    at[n - 1][0] -= (LONG - 1) * dx;
    at[n - 1][1] -= (LONG - 1) * dy;
    buf_printf(&s->svg, "<path class=\"way%s\" stroke-width=\"1.5\"%s d=\"M", back ? " back" : "",
               back ? " stroke-dasharray=\"5,4\"" : "");
    for (size_t i = 0; i < n; i++) {
        buf_printf(&s->svg, "%s%g,%g", i ? " L" : "", at[i][0], at[i][1]);
        put_point(line, at[i][0], at[i][1]);
    }
    buf_putc(line, '\n');
    double corner[3][2] = {
        {x,                         y                        },
        {x - LONG * dx + WIDE * dy, y - LONG * dy - WIDE * dx},
        {x - LONG * dx - WIDE * dy, y - LONG * dy + WIDE * dx}
    };
    buf_printf(&s->svg, "\"/><path class=\"%s\" d=\"M%g,%g L%g,%g L%g,%g z\"/>",
               back ? "backtip" : "tip", corner[0][0], corner[0][1], corner[1][0], corner[1][1],
               corner[2][0], corner[2][1]);
    for (int k = 0; k < 4; k++)
        put_point(tip, corner[k % 3][0], corner[k % 3][1]);
    buf_putc(tip, '\n');
}

void drawing_text(struct drawing *s, enum drawing_text style, double x, double y, const char *text,
                  size_t columns)
{
    struct buf clean, cut;
    buf_init(&clean);
    buf_init(&cut);
    text_clean(&clean, text);
    text_cut(&cut, buf_text(&clean), columns, style == DRAWING_NAME ? columns / 2 : columns - 1);
    buf_release(&clean);
    buf_printf(&s->svg, "<text x=\"%g\" y=\"%g\" %s>", x, y + texts[style].lower, texts[style].svg);
    html_escape(&s->svg, buf_text(&cut));
    buf_puts(&s->svg, "</text>");
    picture_line(s->text[style], (double[]){x, y}, 2, "");
    plot_put_cell(s->text[style], "", 0);
    s->text[style]->len--; /* the end of the line stands behind the text */
    plot_put_cell(s->text[style], buf_text(&cut), cut.len);
    buf_putc(s->text[style], '\n');
    buf_release(&cut);
}

static void put_script(struct drawing *s, double width, double height)
{
    struct buf *out = &s->picture.script;
    const char *between = "plot ";
    picture_start(&s->picture, (int)height);
    buf_printf(out,
               "set margins 0,0,0,0\nunset border\nunset tics\nunset grid\nset key off\n"
               "set xrange [0:%g]\nset yrange [%g:0]\n",
               width, height);
    const struct {
        const struct buf *block;
        const char *plot;
    } parts[] = {
        {s->frames,    "'frames' using 1:2 with lines lc rgb '#788088' dt '.'"         },
        {s->ways,      "'ways' using 1:2 with lines lc rgb '#788088' lw 1.5"           },
        {s->back,      "'back' using 1:2 with lines lc rgb '#d55e00' lw 1.5 dt '-'"    },
        {s->tips,      "'tips' using 1:2 with filledcurves closed lc rgb '#788088'"    },
        {s->back_tips, "'backtips' using 1:2 with filledcurves closed lc rgb '#d55e00'"},
        {s->boxes,     "'boxes' using 1:2 with filledcurves closed lc rgb '#f6f7f9', "
                   "'' using 1:2 with lines lc rgb '#b9c0c8'"        },
        {s->marks,     "'marks' using 1:2:3:4:5:6:7 with boxxyerror lc rgb variable"   }
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (picture_filled(parts[i].block)) {
            buf_printf(out, "%s%s", between, parts[i].plot);
            between = ", ";
        }
    for (int k = 0; k < DRAWING_TEXTS; k++)
        if (picture_filled(s->text[k])) {
            buf_printf(out, "%s'%s' using 1:2:3 with labels %s", between, texts[k].block,
                       texts[k].plot);
            between = ", ";
        }
    buf_putc(out, '\n');
}

void drawing_finish(struct drawing *s, struct document *d, struct figure *f, double width,
                    double height)
{
    put_script(s, width, height);
    f->width = width;
    f->height = height;
    f->svg = arena_strndup(&d->arena, buf_text(&s->svg), s->svg.len);
    picture_source(d, &s->picture, f);
    buf_release(&s->svg);
}
