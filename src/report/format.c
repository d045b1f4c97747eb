/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A metric's text: the scale comes from its unit and size, the digits from its interval. */
#include "report/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How a value is written: value * scale with `digits` decimals between before and after. */
struct form {
    double scale;
    int digits;
    const char *before, *after;
    bool share, count, trim; /* trim: no trailing zeros */
    bool small;              /* so small a value has digits of its own */
};

bool format_is_share(const char *name)
{
    const struct metric_def *def = metric_def(name);
    return def && def->share;
}

/* The one metric whose unit neither its values nor its name show: items a day. */
static const char per_day[] = "backlog_growth";

void format_name(struct buf *out, const char *name)
{
    for (const char *c = name; *c; c++)
        buf_putc(out, *c == '_' ? ' ' : *c);
    if (!strcmp(name, per_day))
        buf_puts(out, " a day");
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

/* An exact value has four significant digits; a share has two of its distance from 0 and 1, so that
 * 99.9997% is not 100%. */
static int digits_of_exact(const struct form *f, double value)
{
    double x = fabs(value) * f->scale, part = fabs(value);
    if (f->share && part > 0 && part < 1 - 1e-9)
        return clamp(1 - magnitude(fmin(part, 1 - part) * 100), 2, 9);
    if (!(x > 0) || isinf(x) || (fabs(x - round(x)) < 1e-9 * x && x < 1e6))
        return 0;
    return clamp(3 - magnitude(x), 0, 9);
}

/* One significant digit of the half-width, two where it begins with 1 or 2 (the rule of the
 * Particle Data Group's Review, section 5.3, in short), and of a percentage the tenths at least;
 * no more than five of the value, or of its distance from 100%, as nobody reads further. */
static int digits_of_uncertain(const struct form *f, double value, double half)
{
    double x = fabs(value) * f->scale, unit = half * f->scale;
    int digits = -magnitude(unit);
    digits += unit * pow(10, digits) < 2.95;
    if (f->share)
        x = fmin(x, fabs(100 - x));
    if (x > 0 && isfinite(x) && x > unit)
        digits = digits < 4 - magnitude(x) ? digits : 4 - magnitude(x);
    return clamp(digits, f->share, 9);
}

/* Cents below a thousand, and whole units from there on. */
static int digits_of_money(const struct form *f, double value, double half)
{
    double x = fabs(value);
    if (f->digits == 1)
        return 2;
    if (half > 0)
        return f->digits == 0 && x < 1000 && half <= 10 ? 2 : f->digits;
    return x >= 1000 ? 0 : x >= 1 || x == 0 ? 2 : f->digits;
}

/* The wider side of the interval; its only side where the other is open. */
static double half_width(const struct metric *m)
{
    double up = m->high - (isnan(m->value) ? m->low : m->value);
    double down = isnan(m->value) ? 0 : m->value - m->low;
    return fmax(isfinite(up) ? up : 0, isfinite(down) ? down : 0);
}

/* With a comma between thousands, as counts have it. */
static void put_grouped(struct buf *out, double x, int digits)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%.*f", digits, x);
    int whole = (int)strcspn(text, ".");
    for (int i = 0; i < len; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0)
            buf_putc(out, ',');
        buf_putc(out, text[i]);
    }
}

static const double MOST_DIGITS = 1e15; /* a double has no more */
static const double SMALL = 1e-4;

static void put_decimal(struct buf *out, double x, int digits, bool trim)
{
    if (x >= MOST_DIGITS) {
        buf_printf(out, "%.4g", x);
        return;
    }
    put_grouped(out, x, digits);
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
    if (x == 0 || (f->share && fabs(value - 1) < 1e-12)) { /* none or all: no digits behind */
        buf_puts(out, f->before);
        buf_puts(out, x == 0 ? "0" : "100");
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
    bool own = f->small && x < SMALL;
    if (own && f->share && x >= 1e-9) /* with zeros: 0.0000008% stands beside 0.000001% */
        put_decimal(out, x, 1 - magnitude(x), true);
    else if (own)
        buf_printf(out, "%.2g", x);
    else
        put_decimal(out, x, f->digits, f->trim);
}

/* A side without a finite end is open. */
static bool open_end(double x)
{
    return !isfinite(x);
}

/* "97.69–97.82"; "-7.82 to -7.69", where a dash would look like a sign; "at least 200". */
static void put_range(struct buf *out, const struct form *f, double low, double high)
{
    if (open_end(low) || open_end(high)) {
        buf_puts(out, open_end(high) ? "at least " : "at most ");
        put_bare(out, f, open_end(high) ? low : high);
        return;
    }
    put_bare(out, f, low);
    buf_puts(out, low < 0 ? " to " : "–");
    put_bare(out, f, high);
}

static bool same_text(const struct form *f, double x, double y)
{
    struct buf a, b;
    buf_init(&a);
    buf_init(&b);
    put_bare(&a, f, x);
    put_bare(&b, f, y);
    bool same = !strcmp(buf_text(&a), buf_text(&b));
    buf_release(&a);
    buf_release(&b);
    return same;
}

/* An interval that would read as its value three times is none. */
static bool has_interval(const struct metric *m, const struct form *f)
{
    if (open_end(m->low) && open_end(m->high))
        return false;
    if (m->low == m->value && m->high == m->value)
        return false;
    return isnan(m->value) || !same_text(f, m->low, m->value) || !same_text(f, m->high, m->value);
}

static void set_digits(struct form *f, const struct metric *m, double size, double half)
{
    bool money = m->unit && !strcmp(m->unit, "$");
    f->digits = half > 0 ? digits_of_uncertain(f, size, half) : digits_of_exact(f, size);
    f->trim = !f->share && !money && !(half > 0);
    if (money)
        f->digits = digits_of_money(f, size, half);
    if (f->count)
        f->digits = f->digits > 1 ? f->digits : 0;
}

/* An interval that its digits do not tell from the value is none: the value then reads as exact. */
static struct form form_of(const struct metric *m, const char *currency)
{
    struct form f = {.scale = 1, .before = "", .after = ""};
    const char *unit = m->unit ? m->unit : "1";
    double end = isfinite(m->high) ? m->high : m->low;
    double size = isnan(m->value) ? end : m->value, half = half_width(m);
    if (!strcmp(unit, "1") && format_is_share(m->name)) {
        f.share = true;
        f.scale = 100;
        f.after = "%";
    } else if (!strcmp(unit, "s")) {
        time_form(&f, size);
    } else if (!strcmp(unit, "$")) {
        f.before = currency ? currency : "$";
    }
    f.count = !strcmp(unit, "count");
    f.small = fabs(size) * f.scale < SMALL;
    set_digits(&f, m, size, half > 1e-12 * fabs(size) ? half : 0);
    if (half > 0 && !has_interval(m, &f))
        set_digits(&f, m, size, 0);
    return f;
}

/* Between 1970 and 2262, as times of logs are. */
static bool is_instant(const struct metric *m)
{
    return m->unit && !strcmp(m->unit, "time") && m->value >= 0 && m->value < 9.3e9;
}

void format_value(struct buf *out, const struct metric *m, const char *currency)
{
    struct form f = form_of(m, currency);
    if (is_instant(m)) {
        units_put_instant(out, m->value);
        return;
    }
    put_bare(out, &f, m->value);
    if (!isnan(m->value))
        buf_puts(out, f.after);
}

void format_interval(struct buf *out, const struct metric *m, const char *currency)
{
    struct form f = form_of(m, currency);
    if (is_instant(m)) {
        units_put_instant(out, m->low);
        buf_puts(out, " to ");
        units_put_instant(out, m->high);
        return;
    }
    if (!has_interval(m, &f))
        return;
    put_range(out, &f, m->low, m->high);
    buf_puts(out, f.after);
}

void format_both(struct buf *out, const struct metric *m, const char *currency)
{
    struct form f = form_of(m, currency);
    bool interval = has_interval(m, &f);
    if (isnan(m->value) && interval) {
        format_interval(out, m, currency);
        return;
    }
    format_value(out, m, currency);
    if (!interval || is_instant(m))
        return;
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

void format_method(struct buf *out, const struct result *r)
{
    const struct run_info *run = &r->run;
    const char *method = run->method ? run->method : "";
    if (!strcmp(method, "log") && r->data.present) {
        units_put_count(out, r->data.items ? r->data.items : run->trials);
        buf_printf(out, " items from %s (", r->data.format ? r->data.format : "a log");
        units_put_count(out, r->data.spans);
        buf_puts(out, " spans)");
        return;
    }
    if (r->alternatives.len && run->trials == 0) {
        buf_printf(out, "%zu architectures, exact", r->alternatives.len);
        return;
    }
    if (r->alternatives.len)
        buf_printf(out, "%zu architectures, %s", r->alternatives.len,
                   strcmp(method, "monte-carlo") ? "some exact, others by Monte Carlo"
                                                 : "Monte Carlo");
    else if (!strcmp(method, "monte-carlo"))
        buf_puts(out, "Monte Carlo");
    else if (!strcmp(method, "exact") && !r->metrics.list.len && !r->curves.len)
        buf_puts(out, "no exact values");
    else if (run->engine && !strcmp(run->engine, "chain") && !strcmp(method, "exact"))
        buf_puts(out, "exact, by absorbing chain");
    else if (run->engine && !strcmp(run->engine, "labels"))
        buf_printf(out, "from labels, by the method %s", method);
    else
        buf_puts(out, method);
    if (!run->trials)
        return;
    buf_puts(out, ", ");
    units_put_count(out, run->trials);
    const char *what = strcmp(method, "executed") ? "trial" : "item";
    buf_printf(out, " %s%s, seed %llu", what, run->trials == 1 ? "" : "s",
               (unsigned long long)run->seed);
}
