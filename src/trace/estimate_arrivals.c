/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals by hour of the week.
 *
 * The counts of the hours are Poisson; hours are of one kind (no difference), of the day, of
 * working days and weekends, or of the week, as far as the log is long enough to show them.  Hours
 * that follow one another and do not differ are merged, the pair with the least loss of likelihood
 * first, as long as the loss is below ln n, the price of a rate and of the hour at which it changes
 * (Schwarz 1978); of the four the one with the best likelihood after that price is taken.
 *
 * Whether arrivals are Poisson at those rates is told by the gaps between them in rescaled time,
 * which then are exponential: the variance of n of them is (1 + z 2 / sqrt(n)) times their squared
 * mean, z being standard normal (Cox and Lewis 1966, ch. 6; the 4 is the delta method's). */
#include "model/hours.h"
#include "trace/estimate_parts.h"
#include "trace/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOURS_OF_WEEK = 168, HOUR_S = 3600, ITEMS_LEAST = 50, GAPS_TOLD = 100 };
enum partition { CONSTANT, OF_DAY, OF_DAY_KIND, OF_WEEK, PARTITIONS };

struct span_of_hours {
    uint64_t n;
    double exposure_s;
};
struct hourly {
    struct span_of_hours hour[HOURS_OF_WEEK];
    double rate_per_s[HOURS_OF_WEEK]; /* of the partition that was taken */
    uint64_t n;
};

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int64_t estimate_until(const struct trace_log *log)
{
    int64_t last = log->until_ns;
    for (size_t i = 0; log->until_ns == 0 && i < log->items.len; i++) {
        const struct log_item *it = &log->items.at[i];
        last = it->end_ns > last ? it->end_ns : last;
        last = it->start_ns > last ? it->start_ns : last;
    }
    return last;
}

/* Starts of items in order; the caller frees. */
static int64_t *starts_of(const struct trace_log *log, size_t *n)
{
    int64_t *at = mem_alloc((log->items.len + 1) * sizeof *at);
    *n = 0;
    for (size_t i = 0; i < log->items.len; i++)
        if (log->items.at[i].start_ns)
            at[(*n)++] = log->items.at[i].start_ns;
    qsort(at, *n, sizeof *at, by_time);
    return at;
}

/* ---- counts and merging ----------------------------------------------------------------- */

static void count_hours(const int64_t *at, size_t n, int64_t end_ns, struct hourly *h)
{
    memset(h, 0, sizeof *h);
    h->n = n;
    for (size_t i = 0; i < n; i++)
        h->hour[(size_t)(hours_week_second(at[i]) / HOUR_S) % HOURS_OF_WEEK].n++;
    double from = hours_week_second(at[0]), left = (double)(end_ns - at[0]) * 1e-9;
    double weeks = floor(left / WEEK_S);
    for (size_t k = 0; k < HOURS_OF_WEEK; k++)
        h->hour[k].exposure_s = weeks * HOUR_S;
    for (left -= weeks * WEEK_S; left > 0;) {
        size_t k = (size_t)(from / HOUR_S) % HOURS_OF_WEEK;
        double step = fmin(left, HOUR_S - fmod(from, HOUR_S));
        step = fmax(step, 1e-9);
        h->hour[k].exposure_s += step;
        from = fmod(from + step, WEEK_S);
        left -= step;
    }
}

/* n ln(n / exposure): the Poisson likelihood but for what all partitions share. */
static double likelihood(struct span_of_hours s)
{
    return s.n ? (double)s.n * log((double)s.n / s.exposure_s) : 0;
}

static struct span_of_hours together(struct span_of_hours a, struct span_of_hours b)
{
    return (struct span_of_hours){a.n + b.n, a.exposure_s + b.exposure_s};
}

static size_t cell_of(enum partition p, size_t hour)
{
    switch (p) {
    case CONSTANT:
        return 0;
    case OF_DAY:
        return hour % 24;
    case OF_DAY_KIND:
        return hour % 24 + (hour >= 120 ? 24 : 0);
    default:
        return hour;
    }
}

static size_t cells_of(enum partition p)
{
    static const size_t cells[] = {1, 24, 48, HOURS_OF_WEEK};
    return cells[p];
}

/* Merges neighbours in place; group[cell] is the segment that it fell to.  Returns how many. */
static size_t merge(struct span_of_hours *s, size_t n, double price, size_t *group)
{
    size_t len = n;
    for (size_t i = 0; i < n; i++)
        group[i] = i;
    while (len > 1) {
        size_t best = 0;
        double least = INFINITY;
        for (size_t i = 0; i + 1 < len; i++) {
            double loss =
                likelihood(s[i]) + likelihood(s[i + 1]) - likelihood(together(s[i], s[i + 1]));
            if (loss < least) {
                least = loss;
                best = i;
            }
        }
        if (least >= price)
            break;
        s[best] = together(s[best], s[best + 1]);
        memmove(&s[best + 1], &s[best + 2], (len - best - 2) * sizeof *s);
        for (size_t i = 0; i < n; i++)
            group[i] -= group[i] > best;
        len--;
    }
    return len;
}

/* The score of a partition, and its rates. */
static double score(const struct hourly *h, enum partition p, double rate[HOURS_OF_WEEK])
{
    struct span_of_hours s[HOURS_OF_WEEK] = {
        {0, 0}
    };
    size_t group[HOURS_OF_WEEK], n = cells_of(p);
    double price = log((double)h->n), sum = 0;
    for (size_t k = 0; k < HOURS_OF_WEEK; k++)
        s[cell_of(p, k)] = together(s[cell_of(p, k)], h->hour[k]);
    size_t len = merge(s, n, price, group);
    for (size_t i = 0; i < len; i++)
        sum += likelihood(s[i]) - price;
    for (size_t k = 0; k < HOURS_OF_WEEK; k++) {
        struct span_of_hours own = s[group[cell_of(p, k)]];
        rate[k] = own.exposure_s > 0 ? (double)own.n / own.exposure_s : 0;
    }
    return sum;
}

static enum partition choose(struct hourly *h, double span_s)
{
    static const double needs_s[] = {0, 2 * DAY_S, WEEK_S, 2 * WEEK_S};
    enum partition taken = CONSTANT;
    double best = -INFINITY, rate[HOURS_OF_WEEK];
    for (int p = CONSTANT; p < PARTITIONS; p++) {
        double s = span_s >= needs_s[p] ? score(h, (enum partition)p, rate) : -INFINITY;
        if (s <= best)
            continue;
        best = s;
        taken = (enum partition)p;
        memcpy(h->rate_per_s, rate, sizeof rate);
    }
    return taken;
}

/* ---- into the scenario ------------------------------------------------------------------ */

static void put_schedule(struct estimate *e, const struct hourly *h)
{
    struct arrivals *a = &e->out->arrivals;
    double scale = sample_scale(e->log);
    struct rate_interval *row = arena_alloc(&e->out->arena, HOURS_OF_WEEK * sizeof *row);
    uint32_t n = 0;
    for (int k = 0; k < HOURS_OF_WEEK; k++) {
        double rate = estimate_rounded(scale * h->rate_per_s[k] * HOUR_S, 4) / HOUR_S,
               from = k * (double)HOUR_S;
        if (!(rate > 0))
            continue;
        bool goes_on = n && row[n - 1].to_s == from && row[n - 1].rate_per_s == rate && k % 24;
        if (goes_on)
            row[n - 1].to_s += HOUR_S;
        else
            row[n++] = (struct rate_interval){from, from + HOUR_S, rate};
    }
    bool level = true;
    for (int k = 1; k < HOURS_OF_WEEK; k++)
        level = level && h->rate_per_s[k] == h->rate_per_s[0];
    a->kind = level ? ARRIVALS_POISSON : ARRIVALS_SCHEDULE;
    a->rate_per_s = estimate_rounded(scale * h->rate_per_s[0] * HOUR_S, 6) / HOUR_S;
    a->schedule = row;
    a->n_schedule = level ? 0 : n;
}

/* As long as the log, and over whole weeks where the hours matter. */
static void put_horizon(struct estimate *e, double span_s)
{
    struct horizon *h = &e->out->horizon;
    bool weekly = e->out->arrivals.kind == ARRIVALS_SCHEDULE;
    for (uint32_t r = 0; r < e->out->n_resources; r++)
        weekly = weekly || e->out->resource[r].n_hours > 0;
    double unit = weekly ? WEEK_S : span_s < DAY_S ? HOUR_S : DAY_S;
    h->length_s = fmax(1, ceil(span_s / unit)) * unit;
    h->warmup_s = weekly ? WEEK_S : h->length_s / 4;
    h->starts_s = 0;
    h->observe_s = h->length_s / 200;
    h->replications = 20;
}

/* Are gaps in rescaled time exponential?  z of their dispersion. */
static double dispersion(const struct hourly *h, const int64_t *at, size_t n)
{
    double sum = 0, sum2 = 0;
    size_t gaps = 0;
    for (size_t i = 1; i < n; i++) {
        double from = hours_week_second(at[i - 1]), left = (double)(at[i] - at[i - 1]) * 1e-9;
        double gap = floor(left / WEEK_S), weekly = 0;
        for (size_t k = 0; gap > 0 && k < HOURS_OF_WEEK; k++)
            weekly += h->rate_per_s[k] * HOUR_S;
        left -= gap * WEEK_S;
        gap *= weekly;
        while (left > 0) {
            double step = fmax(fmin(left, HOUR_S - fmod(from, HOUR_S)), 1e-9);
            gap += step * h->rate_per_s[(size_t)(from / HOUR_S) % HOURS_OF_WEEK];
            from = fmod(from + step, WEEK_S);
            left -= step;
        }
        sum += gap;
        sum2 += gap * gap;
        gaps++;
    }
    double mean = sum / (double)gaps;
    return (sum2 / (double)gaps / (mean * mean) - 2) * sqrt((double)gaps) / 2;
}

static void tell(struct estimate *e, const struct hourly *h, enum partition p, double span_s,
                 const int64_t *at, size_t n)
{
    static const char *const words[] = {"the same at all hours", "by hour of the day",
                                        "by hour, working days and weekends apart",
                                        "by hour of the week"};
    double z = n > GAPS_TOLD ? dispersion(h, at, n) : 0;
    result_assume(e->info, "arrivals: %zu items in %.4g hours, %s (UTC), Poisson at those rates", n,
                  span_s / HOUR_S, words[p]);
    if (e->log->pass.halvings)
        result_warn(e->info, "arrivals of a sample look like Poisson ones: those of the whole log "
                             "may come more in bursts");
    if (fabs(z) > 3.29)
        result_warn(e->info,
                    "arrivals come %s than Poisson ones (dispersion z = %.3g; false alarms 0.1%%): "
                    "queues in the scenario are %s than those in the log",
                    z > 0 ? "more in bursts" : "more evenly", z, z > 0 ? "shorter" : "longer");
}

bool estimate_shows_arrivals(const struct trace_log *log)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    size_t n = 0;
    for (size_t i = 0; i < log->items.len; i++) {
        int64_t start = log->items.at[i].start_ns;
        n += start != 0;
        first = start && start < first ? start : first;
        last = start > last ? start : last;
    }
    return n >= ITEMS_LEAST && (double)(last - first) * 1e-9 >= 2 * DAY_S;
}

void estimate_arrivals(struct estimate *e)
{
    struct hourly h;
    size_t n;
    int64_t *at = starts_of(e->log, &n);
    int64_t until = e->log->until_ns ? e->log->until_ns : n ? at[n - 1] : 0;
    double span_s = n ? (double)(until - at[0]) * 1e-9 : 0;
    bool shown = n >= ITEMS_LEAST && (span_s >= 2 * DAY_S || e->out->n_resources > 0);

    if (shown) {
        count_hours(at, n, until, &h);
        enum partition p = choose(&h, span_s);
        put_schedule(e, &h);
        put_horizon(e, span_s);
        tell(e, &h, p, span_s, at, n);
    } else if (n > 1 && span_s > 0) {
        result_assume(e->info,
                      "arrivals are left out, for no queue shows in %.4g hours of log; to add "
                      "them: arrivals: {poisson: %.6g/h}, horizon: {length: 1w}",
                      span_s / HOUR_S, sample_scale(e->log) * (double)n / span_s * HOUR_S);
    }
    mem_free(at);
}
