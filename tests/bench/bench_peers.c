/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `seam replay` on a log in OTLP/JSON lines beside DuckDB and ClickHouse, where somebody has them
 * from npm (`npm install @duckdb/node-api chdb`): for each name of spans the count, the share that
 * failed, three quantiles of durations and the mean confidence.  All use one thread, alternate, and
 * must give the same answer; ours puts traces together as well.
 *
 * Usage: SEAM_PEERS=folder bench_peers [megabytes [file of JSON lines]], from the top folder of the
 * sources; SEAM_PEERS holds node_modules. */
#include "base/file.h"
#include "base/json_read.h"
#include "math/gsl_guard.h"
#include "tests/bench/log_writer.h"
#include "tests/bench/timing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 3, NAMES = LOG_SPANS, VALUES = 6 };
static const char peer_js[] = "tests/bench/peers/peer.js";

/* Of one name: n, share of errors, p50, p95, p99, mean confidence (0: none). */
struct answer {
    char name[64];
    double value[VALUES];
};
struct run {
    double cpu_s, peak_mib;
    struct answer at[NAMES];
    size_t n;
};

/* What a program prints; false when it ends in an error.  Takes its CPU time and peak memory. */
static bool run_program(const char *const argv[], struct buf *out, struct run *run)
{
    int ends[2];
    char part[1 << 16];
    struct rusage used;
    int status = -1;
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(ends[1], 1);
        if (nowhere >= 0)
            dup2(nowhere, 2);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], part, sizeof part)) > 0;)
        buf_add(out, part, (size_t)n);
    close(ends[0]);
    if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
        return false;
    run->cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    run->peak_mib = (double)used.ru_maxrss / 1024;
    return true;
}

static double number(struct json v)
{
    double x = 0;
    return json_as_double(v, &x) ? x : 0;
}

static struct answer *add_name(struct run *run, struct json name)
{
    const char *s = "";
    size_t len = 0;
    if (run->n == NAMES || !json_text(name, &s, &len))
        return NULL;
    struct answer *a = &run->at[run->n++];
    *a = (struct answer){0};
    memcpy(a->name, s, len < sizeof a->name ? len : sizeof a->name - 1);
    return a;
}

static bool read_ours(struct json root, struct run *run)
{
    static const char *const keys[] = {"/spans/value",       "/errors/value",
                                       "/latency_p50/value", "/latency_p95/value",
                                       "/latency_p99/value", "/confidence_mean/value"};
    for (struct json_iter it = json_each(json_get(root, "names")); json_next(&it);) {
        struct answer *a = add_name(run, json_get2(it.value, "name", "id"));
        for (size_t k = 0; a && k < VALUES; k++)
            a->value[k] = number(json_pointer(json_get(it.value, "metrics"), keys[k]));
        if (a && a->value[0] > 0)
            a->value[1] /= a->value[0];
    }
    return run->n > 0;
}

static bool read_theirs(struct json root, struct run *run)
{
    static const char *const keys[] = {"/n",           "/error_rate",  "/quantiles/0",
                                       "/quantiles/1", "/quantiles/2", "/confidence"};
    run->cpu_s = number(json_get(root, "cpu_s")); /* without the start of node */
    run->peak_mib = number(json_get(root, "peak_mib"));
    for (struct json_iter it = json_each(json_get(root, "rows")); json_next(&it);) {
        struct answer *a = add_name(run, json_get(it.value, "name"));
        for (size_t k = 0; a && k < VALUES; k++)
            a->value[k] = number(json_pointer(it.value, keys[k]));
    }
    return run->n > 0;
}

static bool ask(const char *const argv[], bool ours, struct run *run)
{
    struct buf out = {0};
    struct json root;
    struct error err = {0};
    struct json_reader *reader = json_reader_new();
    memset(run, 0, sizeof *run);
    bool fine = run_program(argv, &out, run) &&
                json_parse(reader, buf_text(&out), out.len, &root, &err) == 0 &&
                (ours ? read_ours(root, run) : read_theirs(root, run));
    json_reader_free(reader);
    buf_release(&out);
    return fine;
}

/* The value of theirs that ours has otherwise; NULL: none. */
static const char *difference(const struct run *ours, const struct run *theirs)
{
    static const char *const words[] = {"count",        "share of errors", "median",
                                        "95% quantile", "99% quantile",    "mean confidence"};
    if (ours->n != theirs->n)
        return "number of names";
    for (size_t i = 0; i < theirs->n; i++) {
        size_t k = 0;
        while (k < ours->n && strcmp(ours->at[k].name, theirs->at[i].name) != 0)
            k++;
        if (k == ours->n)
            return "name";
        for (size_t v = 0; v < VALUES; v++) {
            double a = ours->at[k].value[v], b = theirs->at[i].value[v];
            if (fabs(a - b) > 1e-9 * fabs(a))
                return words[v];
        }
    }
    return NULL;
}

/* Could the peer be asked, and is its answer ours? */
static bool bench_peer(const char *engine, const char *const ours_argv[], const char *path,
                       double mb)
{
    const char *const argv[] = {"node", peer_js, engine, path, NULL};
    double cpu[ROUNDS], ours_cpu[ROUNDS], ratio[ROUNDS];
    struct run ours, theirs;
    for (int i = 0; i < ROUNDS; i++) {
        if (!ask(argv, false, &theirs)) {
            printf("%s from npm: not to be had, or it does not work; left out\n", engine);
            return true;
        }
        if (!ask(ours_argv, true, &ours)) {
            printf("seam replay failed\n");
            return false;
        }
        cpu[i] = theirs.cpu_s;
        ours_cpu[i] = ours.cpu_s;
        ratio[i] = ours.cpu_s / theirs.cpu_s;
    }
    const char *differs = difference(&ours, &theirs);
    printf("OTLP/JSON lines, %.0f MB, per name: seam replay %.0f MB/s and %.0f MiB, %s %.0f MB/s "
           "and %.0f MiB; ratio %.3f%s%s\n",
           mb, mb / median(ours_cpu, ROUNDS), ours.peak_mib, engine, mb / median(cpu, ROUNDS),
           theirs.peak_mib, median(ratio, ROUNDS), differs ? "; the answers differ in a " : "",
           differs ? differs : "");
    return !differs;
}

/* NODE_PATH as SEAM_PEERS says; false: there are no peers here. */
static bool find_peers(void)
{
    struct buf path = {0};
    const char *folder = getenv("SEAM_PEERS");
    if (folder)
        buf_printf(&path, "%s/node_modules", folder);
    bool there = folder && access(buf_text(&path), R_OK) == 0 && access(peer_js, R_OK) == 0;
    if (there)
        setenv("NODE_PATH", buf_text(&path), 1);
    else
        printf(
            "DuckDB and ClickHouse: left out (npm install @duckdb/node-api chdb in a folder, and "
            "SEAM_PEERS=folder make bench)\n");
    buf_release(&path);
    return there;
}

/* Asks all of the log at `path`. */
static bool bench_log(const char *program, const char *path)
{
    struct buf seam = {0};
    struct stat st = {0};
    const char *slash = strrchr(program, '/');
    buf_add(&seam, program, slash ? (size_t)(slash - program) + 1 : 0);
    buf_puts(&seam, "../../seam");
    const char *const ours[] = {buf_text(&seam), "replay", path, "--json", "--threads", "1", NULL};
    double mb = stat(path, &st) == 0 ? (double)st.st_size / 1e6 : 0;
    bool duckdb = bench_peer("duckdb", ours, path, mb);
    bool clickhouse = bench_peer("clickhouse", ours, path, mb);
    buf_release(&seam);
    return duckdb && clickhouse;
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 100) * 1000000;
    char path[64];
    struct error err = {0};
    math_init();
    if (!find_peers())
        return 0;
    if (argc > 2)
        return bench_log(argv[0], argv[2]) ? 0 : 1;
    snprintf(path, sizeof path, "/tmp/seam-peers-%ld", (long)getpid());
    struct buf text = log_write(false, bytes);
    bool fine = file_write(path, text.data, text.len, &err) == 0;
    buf_release(&text);
    if (fine)
        fine = bench_log(argv[0], path);
    else
        fprintf(stderr, "bench_peers: %s\n", err.text);
    unlink(path);
    return fine ? 0 : 1;
}
