/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/logs.h"

#include "base/units.h"
#include "cli/progress_bar.h"
#include "cli/store_logs.h"
#include "store/logs.h"
#include "trace/labels.h"
#include "trace/observe.h"
#include "trace/sample.h"

#include <string.h>

/* What is not told otherwise: where all items are held at once, and in one pass. */
static const uint64_t MEMORY = UINT64_C(1) << 30, MEMORY_PASS = UINT64_C(256) << 20;

/* --memory, or the usual bound where it is not given. */
static int memory_of(const struct cli *cli, uint64_t usual, uint64_t *out, struct error *err)
{
    const char *text = option_text(cli->options, OPTION_MEMORY, NULL);
    *out = usual;
    if (!text || (units_size(text, out, err) == 0 && *out >= SAMPLE_LEAST))
        return 0;
    return error_set(err, ERR_USAGE, "--memory %s: write a size of 64M or more, such as 256M",
                     text);
}

/* NULL: none is. */
static const char *store_among(const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (store_is(paths[i]))
            return paths[i];
    return NULL;
}

/* NULL, or the one that its name shows to be a scenario. */
static const char *scenario_among(const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *end = strrchr(paths[i], '.');
        if (end && (!strcmp(end, ".yaml") || !strcmp(end, ".yml")))
            return paths[i];
    }
    return NULL;
}

static int refuse_scenario(const char *path, struct error *err)
{
    return error_set(err, ERR_INPUT,
                     "%s: this is a scenario, no log; `seam solve` and `seam simulate` read "
                     "scenarios",
                     path);
}

int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
                  struct error *err)
{
    struct log_options options = cli_log_options(cli);
    const char *stored = store_among(paths, n);
    uint64_t memory;

    log_init(out);
    if (scenario_among(paths, n))
        return refuse_scenario(scenario_among(paths, n), err);
    if (memory_of(cli, MEMORY, &memory, err))
        return -1;
    if (!stored) {
        struct progress_bar bar;
        progress_open(&bar, cli);
        options.progress = progress_of(&bar);
        int status = log_read_sample(paths, n, &options, sample_room(memory), memory, out, err);
        progress_close(&bar);
        return status;
    }
    if (n == 1 && option_given(cli->options, OPTION_MEMORY))
        return error_set(err, ERR_USAGE, "--memory: %s is a store, which is read whole", stored);
    if (n == 1)
        return store_logs_read(stored, &options, out, err);
    return error_set(err, ERR_USAGE,
                     "%s: a store stands alone; `seam import log` puts further logs into it",
                     stored);
}

int cli_log(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
            struct error *err)
{
    const char *labels = option_text(cli->options, OPTION_LABELS, NULL);

    if (cli_log_alone(cli, paths, n, out, err))
        return -1;
    return labels ? log_labels(out, labels, err) : 0;
}

int cli_log_observe(const struct cli *cli, const char *const *paths, size_t n,
                    const struct stream_watch *watch, struct trace_log *log, struct result *out,
                    struct error *err)
{
    struct log_options options = cli_log_options(cli);
    double level = option_number(cli->options, OPTION_LEVEL, 0.95);
    struct tally *tally = NULL;
    uint64_t memory;

    if (store_among(paths, n)) {
        if (cli_log(cli, paths, n, log, err))
            return -1;
        log_observe(log, level, out);
        if (watch)
            watch->add(watch->arg, log, false);
        return 0;
    }
    log_init(log);
    if (scenario_among(paths, n))
        return refuse_scenario(scenario_among(paths, n), err);
    if (memory_of(cli, MEMORY_PASS, &memory, err))
        return -1;
    const struct stream_room room = stream_room_of(memory);
    struct progress_bar bar;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar);
    int status = log_read_tally(paths, n, &options, option_text(cli->options, OPTION_LABELS, NULL),
                                &room, watch, log, &tally, err);
    progress_close(&bar);
    if (!status)
        observe_tally(tally, log, level, out);
    tally_free(tally);
    return status;
}
