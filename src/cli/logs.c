/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/logs.h"

#include "cli/store_logs.h"
#include "store/logs.h"
#include "trace/labels.h"

int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
                  struct error *err)
{
    struct log_options options = cli_log_options(cli);
    const char *stored = NULL;

    for (size_t i = 0; i < n && !stored; i++)
        stored = store_is(paths[i]) ? paths[i] : NULL;
    if (!stored)
        return log_read(paths, n, &options, out, err);
    if (n == 1)
        return store_logs_read(stored, &options, out, err);
    log_init(out);
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
