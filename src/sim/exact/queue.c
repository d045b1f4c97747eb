/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closed forms: Erlang (1917) with his recursion for B; birth-death with a finite room, and with
 * patience after Palm (1957), where the time to the head of j others is a sum of exponentials of
 * rates a + i theta, i = 0..j, so that exp(-theta V) is Beta(a / theta, j + 1); Pollaczek and
 * Khinchine; Cobham (1954) and, with preemption, Kleinrock (1976, vol. 2, section 3.4). */
#include "sim/exact/queue.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

enum { STATES_MAX = 1000000 };

static int overloaded(double load, uint32_t servers, struct error *err)
{
    return error_set(err, ERR_NUMERIC,
                     "the desk is overloaded: work for %.4g servers arrives at %u, and there is no "
                     "steady state",
                     load, servers);
}

/* P(wait) of M/M/c with load a < c. */
static double erlang_c(uint32_t servers, double a)
{
    double b = 1;
    for (uint32_t k = 1; k <= servers; k++)
        b = a * b / (k + a * b);
    return b / (1 - a / servers * (1 - b));
}

static void markov_unlimited(const struct desk *d, double a, struct desk_values *out)
{
    double c = erlang_c(d->servers, a), spare = d->servers / d->mean_s - d->rate_per_s;
    *out = (struct desk_values){.utilisation = a / d->servers, .p_wait = c};
    out->wait_mean_s = c / spare;
    out->wait_p95_s = c > 0.05 ? log(c / 0.05) / spare : 0;
    out->wait_served_mean_s = out->wait_mean_s;
    out->service_level =
        isfinite(d->answer_within_s) ? 1 - c * exp(-spare * d->answer_within_s) : NAN;
    out->queue_length = d->rate_per_s * out->wait_mean_s;
    out->in_system = out->queue_length + a;
}

double *desk_states(const struct desk *d, size_t *len)
{
    double a = d->rate_per_s * d->mean_s;
    size_t room = d->room == ROOM_UNLIMITED ? STATES_MAX : d->room;
    struct {
        double *at;
        size_t len, cap;
    } p = {0};
    double sum = 1, term = 1;
    vec_push(&p, 1.0);
    for (size_t n = 1; n <= d->servers + room; n++) {
        double leave = n > d->servers ? (double)(n - d->servers) * d->mean_s / d->patience_s : 0;
        term *= a / (fmin((double)n, d->servers) + leave);
        vec_push(&p, term);
        sum += term;
        if (sum > 1e200) {
            for (size_t i = 0; i < p.len; i++)
                p.at[i] /= sum;
            term /= sum;
            sum = 1;
        }
        if (n > d->servers + a && term < 1e-18 * sum)
            break;
    }
    for (size_t i = 0; i < p.len; i++)
        p.at[i] /= sum;
    *len = p.len;
    return p.at;
}

/* P(wait > t) of those who joined: p[servers + j] finds j others waiting. */
static double waits_beyond(const struct desk *d, const double *p, size_t joins, double t)
{
    double sum = 0, all = 0, pace = d->servers / d->mean_s;
    for (size_t n = 0; n < joins; n++) {
        all += p[n];
        if (n < d->servers)
            continue;
        uint32_t j = (uint32_t)(n - d->servers);
        if (isfinite(d->patience_s)) {
            double still = exp(-t / d->patience_s);
            sum += p[n] * still * gsl_cdf_beta_P(still, pace * d->patience_s, j + 1.0);
        } else {
            sum += p[n] * (t > 0 ? gsl_cdf_poisson_P(j, pace * t) : 1);
        }
    }
    return sum / all;
}

static double waits_p95(const struct desk *d, const double *p, size_t joins)
{
    double low = 0, high = d->mean_s;
    if (waits_beyond(d, p, joins, 0) <= 0.05)
        return 0;
    while (waits_beyond(d, p, joins, high) > 0.05)
        high *= 2;
    for (double mid = high / 2; mid > low && mid < high; mid = low + (high - low) / 2)
        *(waits_beyond(d, p, joins, mid) > 0.05 ? &low : &high) = mid;
    return high;
}

/* Of those who joined: P(served within t), and the mean wait of those who are served.  Who finds j
 * others waiting is served with probability E[Y], Y = exp(-theta V) being Beta(A, j + 1) with
 * A = pace / theta; and E[V Y] = E[Y] (psi(A + j + 2) - psi(A + 1)) / theta. */
static void served_of(const struct desk *d, const double *p, size_t joins, struct desk_values *out)
{
    double theta = 1 / d->patience_s, pace = d->servers / d->mean_s, a = pace / theta;
    double all = 0, served = 0, within = 0, wait = 0, sum = 0;
    bool asked = isfinite(d->answer_within_s);
    for (size_t n = 0; n < joins; n++) {
        double j = (double)n - d->servers, gets = j < 0 ? 1 : a / (a + j + 1);
        all += p[n];
        served += p[n] * gets;
        if (j >= 0) {
            sum += 1 / (a + 1 + j);
            wait += p[n] * gets * sum / theta;
        }
        if (asked)
            within += p[n] * gets *
                      (j < 0 ? 1 : gsl_cdf_beta_Q(exp(-theta * d->answer_within_s), a + 1, j + 1));
    }
    out->wait_served_mean_s = wait / served;
    out->service_level = asked ? within / all : NAN;
}

int desk_markov(const struct desk *d, struct desk_values *out, struct error *err)
{
    double a = d->rate_per_s * d->mean_s;
    if (d->room == ROOM_UNLIMITED && !isfinite(d->patience_s)) {
        if (!(a < d->servers))
            return overloaded(a, d->servers, err);
        markov_unlimited(d, a, out);
        return 0;
    }
    size_t len;
    double *p = desk_states(d, &len), busy = 0;
    size_t full = d->room == ROOM_UNLIMITED ? len : (size_t)d->servers + d->room;
    *out = (struct desk_values){.block = len > full ? p[full] : 0};
    for (size_t n = 0; n < len; n++) {
        busy += p[n] * fmin((double)n, d->servers);
        out->queue_length += n > d->servers ? p[n] * (double)(n - d->servers) : 0;
        out->in_system += p[n] * (double)n;
        out->p_wait += n >= d->servers && n < full ? p[n] : 0;
    }
    double joined = 1 - out->block;
    out->utilisation = busy / d->servers;
    out->p_wait /= joined;
    out->wait_mean_s = out->queue_length / (d->rate_per_s * joined);
    out->abandon = joined * out->wait_mean_s / d->patience_s;
    size_t joins = len < full ? len : full;
    out->wait_p95_s = waits_p95(d, p, joins);
    if (isfinite(d->patience_s)) {
        served_of(d, p, joins, out);
    } else {
        double t = d->answer_within_s;
        out->wait_served_mean_s = out->wait_mean_s;
        out->service_level = isfinite(t) ? 1 - waits_beyond(d, p, joins, t) : NAN;
    }
    mem_free(p);
    return 0;
}

static void streams_sum(const struct desk_stream *s, uint32_t n, double *rate, double *load,
                        double *residual)
{
    *rate = *load = *residual = 0;
    for (uint32_t i = 0; i < n; i++) {
        *rate += s[i].rate_per_s;
        *load += s[i].rate_per_s * s[i].service[0];
        *residual += s[i].rate_per_s * s[i].service[1] / 2;
    }
}

int desk_general(const struct desk_stream *s, uint32_t n, struct desk_values *out,
                 struct error *err)
{
    double rate, load, residual;
    streams_sum(s, n, &rate, &load, &residual);
    if (!(load < 1))
        return overloaded(load, 1, err);
    *out = (struct desk_values){
        .utilisation = load, .p_wait = load, .wait_p95_s = NAN, .service_level = NAN};
    out->wait_mean_s = out->wait_served_mean_s = residual / (1 - load);
    out->queue_length = rate * out->wait_mean_s;
    out->in_system = out->queue_length + load;
    return 0;
}

/* Mean wait of one stream; above: load of those served before it, with: and of its own rank. */
static double wait_of(const struct desk_stream *s, uint32_t n, uint32_t i, uint32_t servers,
                      bool preemptive, double first)
{
    double above = 0, with = 0, residual = 0;
    for (uint32_t k = 0; k < n; k++) {
        double load = s[k].rate_per_s * s[k].service[0] / servers;
        above += s[k].rank < s[i].rank ? load : 0;
        with += s[k].rank <= s[i].rank ? load : 0;
        residual += s[k].rank <= s[i].rank ? s[k].rate_per_s * s[k].service[1] / 2 : 0;
    }
    if (!preemptive)
        return first / ((1 - above) * (1 - with));
    return s[i].service[0] * above / (1 - above) + residual / ((1 - above) * (1 - with));
}

int desk_ranks(const struct desk_stream *s, uint32_t n, uint32_t servers, bool preemptive,
               double *wait_s, struct desk_values *out, struct error *err)
{
    double rate, load, residual;
    streams_sum(s, n, &rate, &load, &residual);
    if (!(load < servers))
        return overloaded(load, servers, err);
    double first = residual, p_wait = load;
    if (servers > 1) {
        p_wait = erlang_c(servers, load);
        first = p_wait * (load / rate) / servers;
    }
    *out = (struct desk_values){
        .utilisation = load / servers, .wait_p95_s = NAN, .service_level = NAN};
    out->p_wait = preemptive ? NAN : p_wait;
    for (uint32_t i = 0; i < n; i++) {
        wait_s[i] = wait_of(s, n, i, servers, preemptive, first);
        out->wait_mean_s += s[i].rate_per_s / rate * wait_s[i];
    }
    out->wait_served_mean_s = out->wait_mean_s;
    out->queue_length = rate * out->wait_mean_s;
    out->in_system = out->queue_length + load;
    return 0;
}
