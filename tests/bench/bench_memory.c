/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The most memory that a log takes which is many times longer than what it may take: OTLP/JSON
 * lines read plainly and within an eleventh of their length (`--memory`), and event logs within a
 * seventh.  Each log is written to a file piece by piece and read by a program of its own, whose
 * peak the system tells.
 *
 * Bounds: what is asked for and, beside it, 48 MiB of program, buffers and results; for plain
 * replay 256 MiB in all, of whatever length the log is.
 *
 * Usage: bench_memory [megabytes], by default 700. */
#include "base/file.h"
#include "math/gsl_guard.h"
#include "tests/bench/log_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY_MIB = 64, BESIDE_MIB = 48, PLAIN_MIB = 256, PIECE = 1 << 20 };

/* An event log of `bytes`: items of a draft, maybe a second one, and a check. */
struct events {
    struct rng_seq rng;
    uint64_t item, now_ms;
    bool xes;
};

static void put_instant(struct buf *out, uint64_t ms)
{
    uint64_t day = ms / 86400000, of_day = ms % 86400000;
    buf_printf(out, "2026-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(day / 28 % 12 + 1),
               (unsigned)(day % 28 + 1), (unsigned)(of_day / 3600000),
               (unsigned)(of_day / 60000 % 60), (unsigned)(of_day / 1000 % 60),
               (unsigned)(of_day % 1000));
}

static void put_event(struct events *e, struct buf *out, const char *step, bool fails)
{
    uint64_t took = 50 + rng_below(&e->rng, 900);
    const char *outcome = fails ? "error" : "ok";
    if (e->xes) {
        buf_printf(out, "<event><string key=\"concept:name\" value=\"%s\"/>", step);
        buf_puts(out, "<date key=\"start_timestamp\" value=\"");
        put_instant(out, e->now_ms);
        buf_puts(out, "\"/><date key=\"time:timestamp\" value=\"");
        put_instant(out, e->now_ms + took);
        buf_printf(out, "\"/><string key=\"outcome\" value=\"%s\"/></event>\n", outcome);
    } else {
        buf_printf(out, "item-%llu,%s,", (unsigned long long)e->item, step);
        put_instant(out, e->now_ms);
        buf_putc(out, ',');
        put_instant(out, e->now_ms + took);
        buf_printf(out, ",%s,a remark of somebody on this step\n", outcome);
    }
    e->now_ms += took;
}

static void put_item(struct events *e, struct buf *out)
{
    bool fails = rng_below(&e->rng, 10) == 0;
    e->item++;
    if (e->xes)
        buf_printf(out, "<trace><string key=\"concept:name\" value=\"item-%llu\"/>\n",
                   (unsigned long long)e->item);
    put_event(e, out, "draft", fails);
    if (fails)
        put_event(e, out, "draft", false);
    put_event(e, out, "check", false);
    if (e->xes)
        buf_puts(out, "</trace>\n");
}

static const char *const formats[] = {"OTLP/JSON lines", "CSV", "XES"};

static bool write_log(const char *path, size_t format, size_t bytes)
{
    struct log_writer spans = {
        .rng = {rng_key(42, 0, 0, 0, RNG_SPLIT), 0},
          .now_ns = 1767225600000000000
    };
    struct events events = {
        .rng = {rng_key(43, 0, 0, 0, RNG_SPLIT), 0},
          .xes = format == 2
    };
    struct buf piece = {0};
    size_t written = 0;
    FILE *file = fopen(path, "wb");
    bool fine = file != NULL;
    if (format == 1)
        buf_puts(&piece, "case_id,activity,start_time,end_time,outcome,remark\n");
    else if (format == 2)
        buf_puts(&piece, "<?xml version=\"1.0\"?>\n<log>\n");
    while (fine && written < bytes) {
        while (piece.len < PIECE)
            format ? put_item(&events, &piece) : log_request(&spans, &piece);
        fine = fwrite(piece.data, 1, piece.len, file) == piece.len;
        written += piece.len;
        buf_clear(&piece);
    }
    if (fine && format == 2)
        fine = fputs("</log>\n", file) >= 0;
    if (file)
        fine = fclose(file) == 0 && fine;
    buf_release(&piece);
    buf_release(&spans.span);
    buf_release(&spans.part);
    if (!fine)
        fprintf(stderr, "bench_memory: %s cannot be written\n", path);
    return fine;
}

/* Runs the program with its output thrown away; its peak in MiB, -1 when it fails. */
static double peak_of(const char *const argv[], double *cpu_s)
{
    struct rusage used;
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, 1);
        dup2(nowhere, 2);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) > 1)
        return -1;
    *cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
             1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    return (double)used.ru_maxrss / 1024;
}

struct row {
    const char *what, *command, *option, *value;
    bool plain;    /* with the memory that is usual */
    unsigned from; /* of these formats */
    unsigned to;
};
static const struct row rows[] = {
    {"replay",       "replay", NULL,    NULL,                      true,  0, 0},
    {"replay",       "replay", NULL,    NULL,                      false, 0, 2},
    {"replay --slo", "replay", "--slo", "completion at least 99%", false, 0, 2},
    {"fit",          "fit",    "-o",    "/dev/null",               false, 0, 2},
};

static bool measure(const struct row *row, const char *seam, const char *path, size_t format,
                    double mb)
{
    const char *argv[12] = {seam, row->command, path};
    size_t n = 3;
    double cpu_s = 0, most = row->plain ? PLAIN_MIB : MEMORY_MIB + BESIDE_MIB;
    if (row->option) {
        argv[n++] = row->option;
        argv[n++] = row->value;
    }
    if (!row->plain) {
        argv[n++] = "--memory";
        argv[n++] = "64M";
    }
    double peak = peak_of(argv, &cpu_s);
    bool fine = peak >= 0 && peak <= most;
    printf("%s, %.0f MB, %s%s: %.0f MiB at most (bound %.0f), %.1f s of CPU%s\n", formats[format],
           mb, row->what, row->plain ? "" : " --memory 64M", peak, most, cpu_s,
           peak < 0 ? ": it failed"
           : fine   ? ""
                    : ": beyond its bound");
    return fine;
}

int main(int argc, char **argv)
{
    double mb = argc > 1 ? atof(argv[1]) : 700;
    char path[64];
    struct buf seam = {0};
    const char *slash = strrchr(argv[0], '/');
    bool fine = true;
    math_init();
    setvbuf(stdout, NULL, _IOLBF, 0);
    buf_add(&seam, argv[0], slash ? (size_t)(slash - argv[0]) + 1 : 0);
    buf_puts(&seam, "../../seam");
    snprintf(path, sizeof path, "/tmp/seam-memory-%ld", (long)getpid());
    for (size_t format = 0; fine && format < 3; format++) {
        double part = format ? 0.64 * mb : mb;
        fine = write_log(path, format, (size_t)(part * 1e6));
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (format >= rows[i].from && format <= rows[i].to)
                fine &= measure(&rows[i], buf_text(&seam), path, format, part);
        unlink(path);
    }
    buf_release(&seam);
    return fine ? 0 : 1;
}
