/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trace logs: from the bytes of a file to what the system did (operations, attempts, error rates,
 * quantiles and mean confidence of every stage, traces put together), against simdjson parsing the
 * same lines and throwing them away, and against counting newlines.  All alternate; CPU time,
 * medians.
 *
 * Bounds: JSON lines are read at 0.6 of the parser's rate; Protocol Buffers at 1200 MB/s or, where
 * the parser itself makes less than 2000, at 0.6 of what it makes of JSON; two threads are 1.8
 * times as fast by the clock, where two threads of the parser are, which wait for nothing but the
 * machine.  The others hold where the machine gave nearly all of a processor: on a busy one caches
 * are shared with others, and the row says so.
 *
 * Usage: bench_logs [megabytes [file of JSON lines]]. */
#include "base/file.h"
#include "base/json_read.h"
#include "math/gsl_guard.h"
#include "tests/bench/log_writer.h"
#include "tests/bench/timing.h"
#include "trace/observe.h"
#include "trace/tally.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { ROUNDS = 5 };
static const double OF_PARSER = 0.6, PROTO_MB_S = 1200, TWICE = 1.8, GOT = 0.97;

static double seconds(clockid_t of)
{
    struct timespec t;
    clock_gettime(of, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* CPU time until the log is read, its stages told, all told; the clock's until stages are told. */
struct took {
    double read_s, stages_s, all_s, wall_s;
};

/* The share of a processor that one thread got. */
static double got(const struct took *t)
{
    return t->stages_s / t->wall_s;
}

static void or_end(int status, const struct error *err)
{
    if (!status)
        return;
    fprintf(stderr, "bench_logs: %s\n", err->text);
    exit(1);
}

static struct took observe(const char *path, uint32_t threads)
{
    const struct log_options options = {.threads = threads};
    struct error err = {0};
    struct trace_log log;
    struct result stages, all;
    struct took t;
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    or_end(log_read(&path, 1, &options, &log, &err), &err);
    t.read_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    result_init(&stages, "replay");
    struct tally *tally = tally_new(0);
    tally_add(tally, &log);
    observe_steps(tally, &log, 0.95, &stages);
    tally_free(tally);
    t.stages_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    t.wall_s = seconds(CLOCK_MONOTONIC) - wall;
    result_init(&all, "replay");
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    log_observe(&log, 0.95, &all);
    t.all_s = t.read_s + seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    result_release(&stages);
    result_release(&all);
    log_release(&log);
    return t;
}

/* Each line as a document of its own, that nobody looks at. */
static double parse_only(const char *text, size_t len)
{
    struct json_reader *reader = json_reader_new();
    struct error err = {0};
    struct json root;
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (const char *at = text, *end = text + len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        or_end(json_parse(reader, at, (size_t)(newline - at), &root, &err), &err);
        at = newline + 1;
    }
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    json_reader_free(reader);
    return cpu;
}

struct half {
    const char *text;
    size_t len;
};

static void *parse_half(void *arg)
{
    const struct half *h = arg;
    parse_only(h->text, h->len);
    return NULL;
}

/* How much faster by the clock two threads parse than one. */
static double parse_twice(const char *text, size_t len)
{
    const char *middle = (const char *)memchr(text + len / 2, '\n', len - len / 2) + 1;
    struct half first = {text, (size_t)(middle - text)}, second = {middle, len - first.len};
    pthread_t thread;
    double began = seconds(CLOCK_MONOTONIC);
    parse_only(text, len);
    double one = seconds(CLOCK_MONOTONIC) - began;
    began = seconds(CLOCK_MONOTONIC);
    if (pthread_create(&thread, NULL, parse_half, &second))
        return NAN;
    parse_half(&first);
    pthread_join(thread, NULL);
    return one / (seconds(CLOCK_MONOTONIC) - began);
}

static double count_lines(const char *path, size_t *lines)
{
    struct file_reader *file;
    struct error err = {0};
    const char *chunk;
    size_t len;
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    or_end(file_reader_open(path, &file, &err), &err);
    for (*lines = 0;;) {
        or_end(file_reader_next(file, &chunk, &len, &err), &err);
        if (len == 0)
            break;
        for (const char *at = chunk; (at = memchr(at, '\n', (size_t)(chunk + len - at))); at++)
            ++*lines;
    }
    file_reader_close(file);
    return seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

/* Ends a row; false: beyond the bound of it. */
static bool judge(double x, double least, double had)
{
    bool slow = x < least && had >= GOT;
    if (had < GOT)
        printf("; the machine is busy, it gave %.0f%% of what was asked for: no bound\n",
               100 * had);
    else
        printf("; at least %.2f%s\n", least, slow ? ": beyond its bound" : "");
    return !slow;
}

static bool bench_json(const char *path, const struct buf *text)
{
    double ours[ROUNDS], reading[ROUNDS], all[ROUNDS], parsing[ROUNDS], counting[ROUNDS];
    double ratio[ROUNDS], faster[ROUNDS], one[ROUNDS], floor[ROUNDS];
    double mb = (double)text->len / 1e6;
    size_t lines = 0;
    for (int i = 0; i < ROUNDS; i++) {
        parsing[i] = parse_only(text->data, text->len);
        struct took a = observe(path, 1), b = observe(path, 2);
        counting[i] = count_lines(path, &lines);
        floor[i] = parse_twice(text->data, text->len);
        ours[i] = a.stages_s;
        reading[i] = a.read_s;
        all[i] = a.all_s;
        ratio[i] = parsing[i] / a.stages_s;
        faster[i] = a.wall_s / b.wall_s;
        one[i] = got(&a);
    }
    double of_parser = median(ratio, ROUNDS), twice = median(faster, ROUNDS);
    printf("OTLP/JSON lines, %.0f MB, to stages: %.0f MB/s (log read %.0f, all of replay %.0f), "
           "simdjson parsing alone %.0f, newlines counted %.0f; %.2f of the parser's rate",
           mb, mb / median(ours, ROUNDS), mb / median(reading, ROUNDS), mb / median(all, ROUNDS),
           mb / median(parsing, ROUNDS), mb / median(counting, ROUNDS), of_parser);
    bool fine = judge(of_parser, OF_PARSER, median(one, ROUNDS));
    double parser = median(floor, ROUNDS);
    bool slow = parser >= TWICE && twice < TWICE;
    printf("  two threads: %.2f times as fast by the time that passes, the parser's %.2f; %s\n",
           twice, parser,
           parser < TWICE ? "the machine gave no two processors: no bound"
           : slow         ? "at least 1.80: beyond its bound"
                          : "at least 1.80");
    return !slow && fine;
}

/* `json`: some lines, for the parser's rate in the same rounds. */
static bool bench_proto(const char *path, size_t len, const struct buf *json)
{
    double ours[ROUNDS], reading[ROUNDS], parser[ROUNDS], ratio[ROUNDS], one[ROUNDS];
    double mb = (double)len / 1e6;
    for (int i = 0; i < ROUNDS; i++) {
        parser[i] = (double)json->len / 1e6 / parse_only(json->data, json->len);
        struct took a = observe(path, 1);
        ours[i] = a.stages_s;
        reading[i] = a.read_s;
        ratio[i] = mb / a.stages_s / parser[i];
        one[i] = got(&a);
    }
    double rate = mb / median(ours, ROUNDS), of_parser = median(ratio, ROUNDS);
    printf("OTLP in Protocol Buffers, %.0f MB, to stages: %.0f MB/s (log read %.0f); %.2f of the "
           "rate of simdjson parsing JSON",
           mb, rate, mb / median(reading, ROUNDS), of_parser);
    return judge(of_parser, fmin(OF_PARSER, PROTO_MB_S / median(parser, ROUNDS)),
                 median(one, ROUNDS));
}

static void put_file(const struct buf *text, char path[64])
{
    struct error err = {0};
    snprintf(path, 64, "/tmp/seam-bench-%ld", (long)getpid());
    or_end(file_write(path, text->data, text->len, &err), &err);
}

/* Keeps some of the lines. */
static void shorten(struct buf *text)
{
    enum { SOME = 20000000 };
    const char *newline =
        text->len > SOME ? memchr(text->data + SOME, '\n', text->len - SOME) : NULL;
    struct buf part = {0};
    if (!newline)
        return;
    buf_add(&part, text->data, (size_t)(newline - text->data) + 1);
    buf_release(text);
    *text = part;
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 100) * 1000000;
    char path[64];
    struct error err = {0};
    struct buf text = {0}, proto;
    bool fine;
    math_init();
    if (argc > 2) {
        or_end(file_read(argv[2], SIZE_MAX, &text, &err), &err);
        fine = bench_json(argv[2], &text);
    } else {
        text = log_write(false, bytes);
        put_file(&text, path);
        fine = bench_json(path, &text);
        unlink(path);
    }
    shorten(&text);
    proto = log_write(true, bytes * 2 / 3);
    put_file(&proto, path);
    size_t len = proto.len;
    buf_release(&proto);
    fine &= bench_proto(path, len, &text);
    buf_release(&text);
    unlink(path);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    printf("  peak memory of all this: %ld MiB\n", used.ru_maxrss / 1024);
    return fine ? 0 : 1;
}
