/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A metric's text: the scale comes from its unit and size, the digits from its interval. */
#include "report/format.h"

#include <math.h>
#include <string.h>

/* How a value is written: value * scale with `digits` decimals between before and after. */
struct form {
    double scale;
    int digits;
    const char *before, *after;
    bool count, trim; /* trim: no trailing zeros */
};

bool format_is_share(const char *name)
{
    const struct metric_def *def = metric_def(name);
    return def && def->share;
}

void format_name(struct buf *out, const char *name)
{
    for (; *name; name++)
        buf_putc(out, *name == '_' ? ' ' : *name);
}

const char *format_axis_unit(const char *name)
{
    const struct metric_def *def = metric_def(name);
    if (!def)
        return "";
    return def->share ? " (%)" : !strcmp(def->unit, "s") ? " (s)" : "";
}

static void time_form(struct form *f, double seconds)
{
    if (seconds == 0) {
        f->after = " s";
        return;
    }
    static const struct {
        double below, scale;
        const char *after;
    } step[] = {
        {1e-3,   1e6,        " µs"},
        {1,      1e3,        " ms" },
        {120,    1,          " s"  },
        {7200,   1 / 60.0,   " min"},
        {172800, 1 / 3600.0, " h"  }
    };
    for (size_t i = 0; i < sizeof step / sizeof *step; i++)
        if (fabs(seconds) < step[i].below) {
            f->scale = step[i].scale;
            f->after = step[i].after;
            return;
        }
    f->scale = 1 / 86400.0;
    f->after = " d";
}

static int clamp(int x, int low, int high)
{
    return x < low ? low : x > high ? high : x;
}

static int magnitude(double x)
{
    return (int)floor(log10(x));
}

/* One significant digit of the half-width, two where it begins with 1 or 2 (the rule of the
 * Particle Data Group's Review, section 5.3, in short); four of an exact value, and for a share two
 * of its distance from 0 and 1, so that 99.9997% is not 100%. */
static int digits_for(const struct form *f, double value, double half, bool share)
{
    double x = fabs(value) * f->scale;
    if (isfinite(half) && half > 1e-12 * fabs(value)) {
        double unit = half * f->scale;
        int digits = -magnitude(unit);
        return clamp(digits + (unit * pow(10, digits) < 2.95), 0, 9);
    }
    if (share && value > 0 && value < 1 - 1e-9)
        return clamp(1 - magnitude(fmin(value, 1 - value) * 100), 2, 9);
    if (!(x > 0) || (fabs(x - round(x)) < 1e-9 * x && x < 1e6))
        return 0;
    return clamp(3 - magnitude(x), 0, 9);
}

static struct form form_of(const struct metric *m, const char *currency)
{
    struct form f = {.scale = 1, .before = "", .after = ""};
    const char *unit = m->unit ? m->unit : "1";
    double size = isnan(m->value) ? m->high : m->value;
    double half = fmax(m->high - (isnan(m->value) ? m->low : m->value),
                       isnan(m->value) ? 0 : m->value - m->low);
    bool share = !strcmp(unit, "1") && format_is_share(m->name);
    if (share) {
        f.scale = 100;
        f.after = "%";
    } else if (!strcmp(unit, "s")) {
        time_form(&f, size);
    } else if (!strcmp(unit, "$")) {
        f.before = currency ? currency : "$";
    }
    f.count = !strcmp(unit, "count");
    f.trim = !share && *f.before == '\0' && !(half > 0);
    f.digits = digits_for(&f, size, half, share);
    if (!strcmp(unit, "$") && f.digits < 2 && !(half * f.scale > 10))
        f.digits = 2;
    if (f.count)
        f.digits = f.digits > 1 ? f.digits : 0;
    return f;
}

static void put_decimal(struct buf *out, double x, int digits, bool trim)
{
    buf_printf(out, "%.*f", digits, x);
    if (!trim || digits == 0)
        return;
    while (out->data[out->len - 1] == '0')
        out->data[--out->len] = '\0';
    if (out->data[out->len - 1] == '.')
        out->data[--out->len] = '\0';
}

static void put_bare(struct buf *out, const struct form *f, double value)
{
    double x = value * f->scale;
    if (x == 0) {
        buf_puts(out, f->before);
        buf_putc(out, '0');
        return;
    }
    if (isnan(x)) {
        buf_puts(out, "unknown");
        return;
    }
    if (isinf(x)) {
        buf_puts(out, x > 0 ? "unbounded" : "-unbounded");
        return;
    }
    if (x < 0) {
        buf_puts(out, "-");
        x = -x;
    }
    buf_puts(out, f->before);
    if (f->count && x == floor(x) && x < 1e15)
        units_put_count(out, (uint64_t)x);
    else if (x > 0 && x < 1e-4)
        buf_printf(out, "%.2g", x);
    else
        put_decimal(out, x, f->digits, f->trim);
}

static bool has_interval(const struct metric *m)
{
    if (isnan(m->low) && isnan(m->high))
        return false;
    return m->low != m->value || m->high != m->value;
}

/* "97.69–97.82"; "-7.82 to -7.69", where a dash would look like a sign. */
static void put_range(struct buf *out, const struct form *f, double low, double high)
{
    put_bare(out, f, low);
    buf_puts(out, low < 0 ? " to " : "–");
    put_bare(out, f, high);
}

void format_value(struct buf *out, const struct metric *m, const char *currency)
{
    struct form f = form_of(m, currency);
    put_bare(out, &f, m->value);
    if (!isnan(m->value))
        buf_puts(out, f.after);
}

void format_interval(struct buf *out, const struct metric *m, const char *currency)
{
    if (!has_interval(m))
        return;
    struct form f = form_of(m, currency);
    put_range(out, &f, m->low, m->high);
    buf_puts(out, f.after);
}

void format_both(struct buf *out, const struct metric *m, const char *currency)
{
    if (isnan(m->value) && has_interval(m)) {
        format_interval(out, m, currency);
        return;
    }
    format_value(out, m, currency);
    if (!has_interval(m))
        return;
    struct form f = form_of(m, currency);
    f.before = "";
    buf_puts(out, " (");
    put_range(out, &f, m->low, m->high);
    buf_puts(out, ")");
}

void format_number(struct buf *out, double x, int digits)
{
    if (isnan(x))
        return;
    buf_printf(out, "%.*g", digits, x);
}
