/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first byte says how the rest is read: as a checkpoint, as the content of one whose checksum
 * is right, or as what an engine or an outer loop has counted.  All are files of strangers. */
#include "tests/fuzz/fuzz.h"

#include "base/file.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/checkpoint.h"
#include "sim/outer_draws.h"

#include <string.h>

static const char blocks[] = "seam: 1\nflow:\n"
                             "  - stage: get\n    error: 25%\n    retry: {attempts: 2}\n"
                             "    latency: {exponential: {mean: 200ms}}\n"
                             "  - stage: make\n    wrong: 1/10\n    cost: {per_call: $0.2}\n";
static const char horizons[] = "seam: 1\narrivals: {poisson: 2/h}\n"
                               "horizon: {warmup: 1h, length: 10h, observe: 5h}\nflow:\n"
                               "  - review: desk\n    by: people\n"
                               "    latency: {exponential: {mean: 6m}}\n"
                               "resources: {people: {servers: 1}}\n";

static void refused_by_name(const struct error *err)
{
    if (err->code != ERR_INPUT || strncmp(err->text, "name: ", 6) != 0)
        BUG("refused with %s: %s", error_code_name(err->code), err->text);
}

/* What was read is written again to the same bytes, but for the shortest form of each number. */
static void read_file(const void *bytes, size_t len)
{
    struct checkpoint c, again;
    struct error err = {0};
    struct buf out = {0}, twice = {0};
    if (checkpoint_read("name", bytes, len, &c, &err)) {
        refused_by_name(&err);
    } else {
        checkpoint_write(&c, &out);
        if (checkpoint_read("name", out.data, out.len, &again, &err))
            BUG("what was written is refused: %s", err.text);
        checkpoint_write(&again, &twice);
        if (out.len != twice.len || memcmp(out.data, twice.data, out.len) != 0)
            BUG("%zu bytes, then %zu", out.len, twice.len);
        checkpoint_release(&again);
    }
    checkpoint_release(&c);
    buf_release(&out);
    buf_release(&twice);
}

static void read_content(const void *bytes, size_t len)
{
    struct buf file = {0};
    char sum[65];
    buf_puts(&file, "seam checkpoint 1\n");
    buf_add(&file, bytes, len);
    file_sha256(file.data, file.len, sum);
    buf_puts(&file, sum);
    read_file(file.data, file.len);
    buf_release(&file);
}

static void parse(const char *text, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    if (scenario_parse("fuzz.yaml", text, strlen(text), NULL, p, &faults, &err))
        BUG("%s", err.text);
    faults_release(&faults);
}

/* A sum that is taken makes a result, whatever it says. */
static void read_sum(const struct pipeline *p, const void *bytes, size_t len)
{
    const struct engine_options options = {.trials = 4000, .seed = 1, .threads = 1};
    const struct metrics_options how = {.level = 0.95};
    struct error err = {0};
    struct engine e;
    struct result r;
    if (engine_open(&e, engine_for(p), p, &options, &err))
        BUG("%s", err.text);
    struct pack reader = pack_reader(bytes, len);
    e.def->pack(&e, &reader);
    result_init(&r, "fuzz");
    if (pack_whole(&reader) && e.def->count(&e) > 0) {
        e.def->fill(&e, &how, &r);
        e.def->say(&e, 0.95, &r);
    }
    result_release(&r);
    e.def->close(&e);
}

static void read_draws(const struct pipeline *p, const void *bytes, size_t len)
{
    struct draws d;
    struct buf out = {0};
    draws_init(&d, p, 1000, 256);
    struct pack reader = pack_reader(bytes, len);
    draws_pack(&d, &reader);
    if (pack_whole(&reader)) {
        struct pack writer = pack_writer(&out);
        draws_pack(&d, &writer);
    }
    buf_release(&out);
    draws_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pipeline p;
    if (size == 0)
        return 0;
    math_init();
    parse(data[0] % 5 == 3 ? horizons : blocks, &p);
    switch (data[0] % 5) {
    case 0:
        read_file(data + 1, size - 1);
        break;
    case 1:
        read_content(data + 1, size - 1);
        break;
    case 4:
        read_draws(&p, data + 1, size - 1);
        break;
    default:
        read_sum(&p, data + 1, size - 1);
    }
    pipeline_release(&p);
    return 0;
}
