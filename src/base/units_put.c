/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain numbers to text with units.  Exact writers try 15, 16 and 17 significant digits and take
 * the first that reads back as the same double (17 always do: Steele and White 1990). */
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 };

/* "1e-07" to "1e-7", "1e+20" to "1e20". */
static void tidy_exponent(char *text)
{
    char *e = strchr(text, 'e');
    if (!e)
        return;
    char *to = e + 1, *from = e + 1;
    if (*from == '-')
        to++;
    from++;
    while (*from == '0' && from[1])
        from++;
    memmove(to, from, strlen(from) + 1);
}

static void put_general(struct buf *b, int digits, double x)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%.*g", digits, x);
    tidy_exponent(text);
    buf_puts(b, text);
}

void units_put_exact(struct buf *b, double x)
{
    if (x == floor(x) && fabs(x) < 9007199254740992.0) {
        buf_printf(b, "%.0f", x);
        return;
    }
    char text[TEXT_MAX];
    int digits = 15;
    do
        snprintf(text, sizeof text, "%.*g", digits, x);
    while (digits++ < 17 && strtod(text, NULL) != x);
    tidy_exponent(text);
    buf_puts(b, text);
}

double units_shortest_above(double below, double x)
{
    double lead = x > 0 && x < 1 ? fmin(x, 1 - x) : fabs(x);
    if (!(lead > 0) || !isfinite(lead))
        return x;
    int first = 3 - (int)floor(log10(lead));
    for (int digits = first > 0 ? first : 0; digits <= 17; digits++) {
        char text[400];
        for (int down = 0; down < 2; down++) {
            snprintf(text, sizeof text, "%.*f", digits, x - down * pow(10, -digits));
            double near = strtod(text, NULL);
            if (near > below && near <= x)
                return near;
        }
    }
    return x;
}

/* --- durations */

struct unit {
    const char *name;
    int power;
    double seconds, largest; /* the unit, and from where the next one is used */
};

static const struct unit units[] = {
    {"ns", -9, 1e-9,  1e-6    },
    {"us", -6, 1e-6,  1e-3    },
    {"ms", -3, 1e-3,  1       },
    {"s",  0,  1,     60      },
    {"m",  0,  60,    3600    },
    {"h",  0,  3600,  86400   },
    {"d",  0,  86400, INFINITY},
};

void units_put_duration(struct buf *b, double seconds)
{
    if (!isfinite(seconds)) {
        put_general(b, 3, seconds);
        return;
    }
    if (seconds < 0) {
        buf_putc(b, '-');
        seconds = -seconds;
    }
    if (seconds == 0) {
        buf_puts(b, "0s");
        return;
    }
    char text[TEXT_MAX];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const struct unit *u = &units[i];
        double x = seconds / u->seconds;
        if (i > 0 && x < 1)
            x = 1;
        snprintf(text, sizeof text, "%.3g", x);
        tidy_exponent(text); /* what is rounded up to the next unit is written in that */
        if (strtod(text, NULL) * u->seconds >= u->largest * (1 - 1e-9))
            continue;
        if (x >= 999.5)
            buf_printf(b, "%.0f%s", x, u->name);
        else
            buf_printf(b, "%s%s", text, u->name);
        return;
    }
    put_general(b, 3, seconds / 86400);
    buf_putc(b, 'd');
}

/* digits (no point) times 10^exponent in plain decimal. */
static void put_plain(struct buf *b, const char *digits, int exponent)
{
    int len = (int)strlen(digits), point = len + exponent; /* digits in front of the point */
    if (point <= 0) {
        buf_puts(b, "0.");
        for (int i = point; i < 0; i++)
            buf_putc(b, '0');
        buf_puts(b, digits);
        return;
    }
    for (int i = 0; i < point; i++)
        buf_putc(b, i < len ? digits[i] : '0');
    if (point < len) {
        buf_putc(b, '.');
        buf_puts(b, digits + point);
    }
}

/* The fewest significant digits of x > 0 without trailing zeros: x = digits * 10^*exponent. */
static void shortest_digits(double x, char digits[TEXT_MAX], int *exponent)
{
    char text[TEXT_MAX];
    int after = 14;
    do
        snprintf(text, sizeof text, "%.*e", after, x);
    while (after++ < 16 && strtod(text, NULL) != x);
    char *e = strchr(text, 'e');
    *exponent = atoi(e + 1);
    size_t n = 0;
    for (const char *p = text; p < e; p++)
        if (*p != '.')
            digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    *exponent -= (int)n - 1;
}

static void keep_shorter(struct buf *best, struct buf *other, const char *unit)
{
    buf_puts(other, unit);
    if (best->len == 0 || other->len < best->len) {
        buf_clear(best);
        buf_add(best, other->data, other->len);
    }
    buf_clear(other);
}

/* Decimal units shift the point of the digits of seconds, which is exact; the others are taken
 * when the quotient reads back as the same double.  The shortest text wins. */
void units_put_duration_exact(struct buf *b, double seconds)
{
    char digits[TEXT_MAX];
    int exponent;
    if (!(seconds > 0) || !isfinite(seconds)) {
        if (seconds != 0)
            BUG("%g is no duration", seconds);
        buf_puts(b, "0s");
        return;
    }
    shortest_digits(seconds, digits, &exponent);
    if (exponent < -30 || exponent > 15) {
        buf_printf(b, "%se%ds", digits, exponent);
        return;
    }
    static const struct unit week = {"w", 0, 604800, INFINITY};
    struct buf best = {0}, other = {0};
    for (int i = 3; i >= 0; i--) {
        put_plain(&other, digits, exponent - units[i].power);
        keep_shorter(&best, &other, units[i].name);
    }
    for (int i = 4; i <= 7; i++) {
        const struct unit *u = i < 7 ? &units[i] : &week;
        shortest_digits(seconds / u->seconds, digits, &exponent);
        put_plain(&other, digits, exponent);
        if (strtod(other.data, NULL) * u->seconds == seconds)
            keep_shorter(&best, &other, u->name);
        buf_clear(&other);
    }
    buf_add(b, best.data, best.len);
    buf_release(&best);
    buf_release(&other);
}

/* --- probabilities, money, counts */

void units_put_probability(struct buf *b, double p)
{
    double away = 1 - p;
    if (p == 0 || p == 1)
        buf_puts(b, p == 0 ? "0%" : "100%");
    else if (!isfinite(p) || fabs(p) < 1e-4)
        put_general(b, 2, p);
    else if (p < 1 && away < 6e-5) /* two digits of what is missing */
        buf_printf(b, "%.*f%%", (int)fmin(14, -floor(log10(away)) - 1), 100 * p);
    else
        buf_printf(b, "%.2f%%", 100 * p);
}

/* Commas between groups of three in the digits. */
static void put_grouped(struct buf *b, const char *digits)
{
    size_t len = strlen(digits);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_putc(b, ',');
        buf_putc(b, digits[i]);
    }
}

void units_put_count(struct buf *b, uint64_t n)
{
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    put_grouped(b, text);
}

/* --- instants: the civil date of a day by Hinnant's algorithm ("chrono-compatible low-level date
 * algorithms", civil_from_days) */

void units_put_instant(struct buf *b, double seconds)
{
    double day = floor(seconds / 86400);
    int64_t z = (int64_t)day + 719468, in_day = (int64_t)floor(seconds - day * 86400);
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9), year = (int)(yoe + era * 400 + (month <= 2));
    buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month,
               (int)(doy - (153 * mp + 2) / 5 + 1), (int)(in_day / 3600), (int)(in_day / 60 % 60),
               (int)(in_day % 60));
}
