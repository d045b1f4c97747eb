/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of day and hours of the week: "09:00", "mon 09:00", "mon-fri 09:00-18:00",
 * "mon,wed 22:00-06:00" (which ends on the next day), "24:00". */
#include "model/scenario_internal.h"

#include <ctype.h>
#include <stdlib.h>

enum { MONDAY_TO_SUNDAY = 127, HOURS_MAX = 200 };

struct scanner {
    const char *at;
};

static void skip_spaces(struct scanner *s)
{
    while (*s->at == ' ' || *s->at == '\t')
        s->at++;
}

static bool take(struct scanner *s, char c)
{
    skip_spaces(s);
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

/* 0 for "mon" and "monday"; -1 when there is no day. */
static int take_day(struct scanner *s)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    size_t n = 0;

    skip_spaces(s);
    while (isalpha((unsigned char)s->at[n]))
        n++;
    for (int d = 0; d < 7; d++) {
        size_t i = 0;
        while (i < n && days[d][i] == tolower((unsigned char)s->at[i]))
            i++;
        if (i == n && (n == 3 || days[d][n] == '\0') && n > 0) {
            s->at += n;
            return d;
        }
    }
    return -1;
}

/* "mon-fri", "sat,sun", "fri-mon" as bits; *first is the first day named.  0 when there is none. */
static uint32_t take_days(struct scanner *s, int *first)
{
    uint32_t days = 0;

    do {
        int from = take_day(s), to = from;
        if (from < 0)
            return 0;
        if (take(s, '-') && (to = take_day(s)) < 0)
            return 0;
        if (days == 0)
            *first = from;
        for (int d = from;; d = (d + 1) % 7) {
            days |= 1u << d;
            if (d == to)
                break;
        }
    } while (take(s, ','));
    return days;
}

/* "09:00", "9:30", "24:00" as seconds of the day. */
static bool take_time(struct scanner *s, double *out)
{
    unsigned hour = 0, minute = 0;
    size_t n = 0;

    skip_spaces(s);
    while (isdigit((unsigned char)s->at[n]) && n < 2)
        hour = hour * 10 + (unsigned)(s->at[n++] - '0');
    if (n == 0 || s->at[n] != ':' || !isdigit((unsigned char)s->at[n + 1]) ||
        !isdigit((unsigned char)s->at[n + 2]))
        return false;
    minute = (unsigned)(s->at[n + 1] - '0') * 10 + (unsigned)(s->at[n + 2] - '0');
    s->at += n + 3;
    *out = hour * 3600.0 + minute * 60.0;
    return minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
}

static bool at_end(struct scanner *s)
{
    skip_spaces(s);
    return *s->at == '\0';
}

/* A moment with or without days. */
static bool take_moment(struct scanner *s, uint32_t *days, int *first, double *time)
{
    skip_spaces(s);
    *days = 0;
    *first = 0;
    if (isalpha((unsigned char)*s->at) && (*days = take_days(s, first)) == 0)
        return false;
    return take_time(s, time);
}

static int want_clock(struct reading *r, const struct yaml_node *n, const char *what)
{
    if (want_scalar(r, n, what))
        return -1;
    if (n->quoted || n->origin)
        return 0;
    fault_at(r, n, "`%s`: times of day are written in quotes, as in %s", r->key, what);
    return -1;
}

int value_clock(struct reading *r, const struct yaml_node *n, double *out)
{
    struct scanner s = {n->text};
    uint32_t days;
    int first;

    if (want_clock(r, n, "\"09:00\" or \"mon 09:00\""))
        return -1;
    s.at = n->text;
    if (take_moment(&s, &days, &first, out) && at_end(&s) && (days & (days - 1)) == 0 &&
        *out < DAY_S) {
        *out += first * (double)DAY_S;
        return 0;
    }
    fault_at(r, n, "`%s`: \"%.40s\" is not a time: write \"09:00\" or \"mon 09:00\"", r->key,
             n->text);
    return -1;
}

/* --- openings */

/* [from, to) into the list, cut at the end of the week; `to` may lie behind it. */
static void add_opening(struct opening *list, uint32_t *n, double from_s, double to_s)
{
    if (from_s >= WEEK_S) {
        from_s -= WEEK_S;
        to_s -= WEEK_S;
    }
    if (to_s > WEEK_S) {
        list[(*n)++] = (struct opening){0, to_s - WEEK_S};
        to_s = WEEK_S;
    }
    list[(*n)++] = (struct opening){from_s, to_s};
}

/* From `from` to `to` on each of the days; an end that is not later is on the next day. */
static void add_days(uint32_t days, double from_s, double to_s, struct opening *list, uint32_t *n)
{
    if (to_s <= from_s)
        to_s += DAY_S;
    for (int d = 0; d < 7; d++)
        if (days & 1u << d)
            add_opening(list, n, d * (double)DAY_S + from_s, d * (double)DAY_S + to_s);
}

int value_span(struct reading *r, const struct yaml_node *from, const struct yaml_node *to,
               struct opening *out, uint32_t *n_out)
{
    uint32_t days, end_days;
    int day, end_day;
    double from_s, to_s;
    struct scanner s;

    *n_out = 0;
    r->key = "from";
    if (want_clock(r, from, "\"mon-fri 09:00\""))
        return -1;
    r->key = "to";
    if (want_clock(r, to, "\"18:00\""))
        return -1;
    s.at = from->text;
    if (!take_moment(&s, &days, &day, &from_s) || !at_end(&s) || from_s >= DAY_S) {
        fault_at(r, from, "`from`: \"%.40s\" is not a time: write \"09:00\" or \"mon-fri 09:00\"",
                 from->text);
        return -1;
    }
    s.at = to->text;
    if (!take_moment(&s, &end_days, &end_day, &to_s) || !at_end(&s) ||
        (end_days && ((end_days & (end_days - 1)) || (days & (days - 1)) || days == 0))) {
        fault_at(r, to,
                 "`to`: \"%.40s\" is not a time: write \"18:00\", or a day and a time when "
                 "`from` has one",
                 to->text);
        return -1;
    }
    if (end_days) {
        from_s += day * (double)DAY_S;
        to_s += end_day * (double)DAY_S;
        add_opening(out, n_out, from_s, to_s > from_s ? to_s : to_s + WEEK_S);
    } else {
        add_days(days ? days : MONDAY_TO_SUNDAY, from_s, to_s, out, n_out);
    }
    return 0;
}

static int by_start(const void *a, const void *b)
{
    double x = ((const struct opening *)a)->from_s, y = ((const struct opening *)b)->from_s;

    return (x > y) - (x < y);
}

/* Sorts, and joins what touches or overlaps. */
static uint32_t join_openings(struct opening *list, uint32_t n)
{
    uint32_t kept = 0;

    qsort(list, n, sizeof *list, by_start);
    for (uint32_t i = 0; i < n; i++) {
        if (kept && list[i].from_s <= list[kept - 1].to_s) {
            if (list[i].to_s > list[kept - 1].to_s)
                list[kept - 1].to_s = list[i].to_s;
        } else {
            list[kept++] = list[i];
        }
    }
    return kept;
}

static int read_hours_text(struct reading *r, const struct yaml_node *n, struct opening *list,
                           uint32_t *count)
{
    struct scanner s;
    uint32_t days;
    int first;
    double from_s, to_s;

    if (want_clock(r, n, "\"mon-fri 09:00-18:00\""))
        return -1;
    s.at = n->text;
    if (!take_moment(&s, &days, &first, &from_s) || from_s >= DAY_S || !take(&s, '-') ||
        !take_time(&s, &to_s) || !at_end(&s)) {
        fault_at(r, n,
                 "`%s`: \"%.40s\" is not a part of the week: write \"09:00-17:00\" or \"mon-fri "
                 "09:00-18:00\"",
                 r->key, n->text);
        return -1;
    }
    if (to_s == from_s) {
        fault_at(r, n, "`%s`: \"%.40s\" never opens: it ends when it begins", r->key, n->text);
        return -1;
    }
    add_days(days ? days : MONDAY_TO_SUNDAY, from_s, to_s, list, count);
    return 0;
}

int value_hours(struct reading *r, const struct yaml_node *n, const struct opening **out,
                uint32_t *n_out)
{
    uint32_t parts = n->kind == YAML_LIST ? n->n : 1;
    struct opening *list;

    *n_out = 0;
    if (parts == 0 || parts > HOURS_MAX) {
        fault_at(r, n,
                 parts ? "`%s`: at most %d parts of the week are read"
                       : "`%s` never opens: the list is empty",
                 r->key, HOURS_MAX);
        return -1;
    }
    list = arena_alloc(&r->p->arena, parts * 14 * sizeof *list);
    for (uint32_t i = 0; i < parts; i++)
        if (read_hours_text(r, n->kind == YAML_LIST ? n->child[i] : n, list, n_out)) {
            *n_out = 0;
            return -1;
        }
    *n_out = join_openings(list, *n_out);
    if (*n_out == 1 && list[0].from_s == 0 && list[0].to_s == WEEK_S)
        *n_out = 0; /* always */
    *out = list;
    return 0;
}
