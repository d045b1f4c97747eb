/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times in the manner of ISO 8601; days from the civil date by Hinnant's algorithm
 * ("chrono-compatible low-level date algorithms", days_from_civil). */
#include "trace/timestamp.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Exactly `digits` digits; -1 when they are not there. */
static int take(const char **s, int digits)
{
    int x = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return -1;
        x = 10 * x + (c - '0');
    }
    *s += digits;
    return x;
}

/* ".123456" -> nanoseconds; digits beyond nine are dropped. */
static int64_t take_fraction(const char **s)
{
    int64_t ns = 0, unit = 100000000;
    if (**s != '.' && **s != ',')
        return 0;
    for (++*s; **s >= '0' && **s <= '9'; ++*s, unit /= 10)
        ns += (**s - '0') * unit;
    return ns;
}

/* "HH:MM[:SS[.fraction]]" -> nanoseconds of the day; -1 when it is none. */
static int64_t take_clock(const char **s)
{
    int hour = take(s, 2);
    if (hour < 0 || hour > 24 || **s != ':')
        return -1;
    ++*s;
    int minute = take(s, 2), second = 0;
    if (minute < 0 || minute > 59)
        return -1;
    int64_t ns = 0;
    if (**s == ':') {
        ++*s;
        second = take(s, 2);
        if (second < 0 || second > 60)
            return -1;
        ns = take_fraction(s);
    }
    return (hour * 3600LL + minute * 60LL + second) * 1000000000LL + ns;
}

/* "", "Z", "+01:00", "-0530", "+01" -> seconds east of UTC; false when it is none of them. */
static bool take_offset(const char **s, int64_t *out_s)
{
    *out_s = 0;
    if (**s == 'Z' || **s == 'z') {
        ++*s;
        return true;
    }
    if (**s != '+' && **s != '-')
        return true;
    int sign = **s == '-' ? -1 : 1;
    ++*s;
    int hour = take(s, 2), minute = 0;
    if (hour < 0 || hour > 18)
        return false;
    if (**s == ':')
        ++*s;
    if (**s)
        minute = take(s, 2);
    *out_s = sign * (hour * 3600LL + minute * 60LL);
    return minute >= 0 && minute < 60;
}

static bool of_epoch(const char *text, int64_t *out_ns)
{
    struct error ignored = {0};
    double x;
    if (units_number(text, &x, &ignored) || x < 1e8)
        return false;
    double unit = x < 1e11 ? 1e9 : x < 1e14 ? 1e6 : x < 1e17 ? 1e3 : 1;
    if (x * unit > 9e18)
        return false;
    *out_ns = llround(x * unit);
    return true;
}

static bool of_date(const char *s, int64_t *out_ns)
{
    int64_t ns = 0, offset = 0;
    int year = take(&s, 4);
    char mark = *s;
    if (year < 1678 || year > 2261 || (mark != '-' && mark != '/'))
        return false;
    s++;
    int month = take(&s, 2);
    if (month < 1 || month > 12 || *s != mark)
        return false;
    s++;
    int day = take(&s, 2);
    if (day < 1 || day > 31)
        return false;
    if (*s == 'T' || *s == 't' || *s == ' ') {
        s++;
        ns = take_clock(&s);
        if (ns < 0)
            return false;
        s += strspn(s, " ");
        if (!take_offset(&s, &offset))
            return false;
    }
    *out_ns = (days_from_civil(year, month, day) * 86400 - offset) * 1000000000LL + ns;
    return *s == '\0';
}

int timestamp_parse(const char *text, int64_t *out_ns, struct error *err)
{
    text += strspn(text, " ");
    if (of_date(text, out_ns) || of_epoch(text, out_ns))
        return 0;
    return error_set(err, ERR_INPUT,
                     "\"%.60s\" is not a time: write 2010-12-30 14:32:00+01:00, or seconds or "
                     "milliseconds since 1970",
                     text);
}
