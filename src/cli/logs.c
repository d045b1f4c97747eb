/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/logs.h"

#include "base/units.h"
#include "cli/store_logs.h"
#include "store/logs.h"
#include "trace/labels.h"
#include "trace/sample.h"

/* What is not told otherwise, where all items are held at once. */
static const uint64_t MEMORY = UINT64_C(1) << 30;

int cli_log_memory(const struct cli *cli, uint64_t usual, uint64_t *out, struct error *err)
{
    const char *text = option_text(cli->options, OPTION_MEMORY, NULL);
    *out = usual;
    if (!text || (units_size(text, out, err) == 0 && *out >= SAMPLE_LEAST))
        return 0;
    return error_set(err, ERR_USAGE, "--memory %s: write a size of 64M or more, such as 256M",
                     text);
}

int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
                  struct error *err)
{
    struct log_options options = cli_log_options(cli);
    const char *stored = NULL;
    uint64_t memory;

    log_init(out);
    if (cli_log_memory(cli, MEMORY, &memory, err))
        return -1;
    for (size_t i = 0; i < n && !stored; i++)
        stored = store_is(paths[i]) ? paths[i] : NULL;
    if (!stored)
        return log_read_sample(paths, n, &options, sample_room(memory), memory, out, err);
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
