/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers, probabilities, durations or money between two ends. */
#include "cli/range.h"

#include "base/units.h"

#include <string.h>

static int value(const char *option, const char *text, double *out, bool *duration,
                 struct error *err)
{
    struct error ignored = {0};

    *duration = false;
    if (!units_number(text, out, &ignored) ||
        !units_probability(text, out, &(uint64_t){0}, &(uint64_t){0}, &ignored))
        return 0;
    *duration = !units_duration(text, out, &ignored);
    if (*duration || !units_money(text, out, &ignored))
        return 0;
    return error_set(err, ERR_USAGE, "--%s: \"%s\" is not a number", option, text);
}

/* FROM:TO or FROM:TO:N in pieces; how many there are, 0 when it is neither. */
static int pieces(const char *at, char part[3][64])
{
    int n = 0;

    for (; n < 3 && *at; n++) {
        size_t len = strcspn(at, ":");
        if (!len || len >= sizeof part[n])
            return 0;
        memcpy(part[n], at, len);
        part[n][len] = '\0';
        at += len;
        if (*at == ':' && !*++at)
            return 0;
    }
    return *at ? 0 : n;
}

static int count(const char *option, const char *text, uint64_t *out, struct error *err)
{
    if (units_count(text, out, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--%s", option);
    }
    if (*out < 1 || *out > RANGE_POINTS_MAX)
        return error_set(err, ERR_USAGE, "--%s: between 1 and %d points, not %s", option,
                         RANGE_POINTS_MAX, text);
    return 0;
}

int range_parse(const char *option, const char *text, bool optional, struct range *out,
                struct error *err)
{
    static const char digits[] = "0123456789";
    char part[3][64];
    const char *at = strchr(text, '=');
    bool from_duration;
    int n = at && at > text && (size_t)(at - text) < sizeof out->path ? pieces(at + 1, part) : 0;

    *out = (struct range){0};
    if (n < (optional ? 2 : 3))
        return error_set(
            err, ERR_USAGE,
            "--%s %s: write PATH=FROM:TO%s, such as flow.confident.threshold=0.5:0.95%s", option,
            text, optional ? " or PATH=FROM:TO:N" : ":N", optional ? "" : ":10");
    memcpy(out->path, text, (size_t)(at - text));
    if (value(option, part[0], &out->from, &from_duration, err) ||
        value(option, part[1], &out->to, &out->duration, err))
        return -1;
    if (from_duration != out->duration)
        return error_set(err, ERR_USAGE, "--%s: of \"%s\" and \"%s\" only one is a duration",
                         option, part[0], part[1]);
    out->whole = !part[0][strspn(part[0], digits)] && !part[1][strspn(part[1], digits)];
    return n == 3 ? count(option, part[2], &out->n, err) : 0;
}
