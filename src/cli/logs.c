/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/logs.h"

#include "trace/labels.h"

int cli_log_alone(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
                  struct error *err)
{
    const struct options *o = cli->options;
    struct log_options options = {
        .stage_by = option_text(o, OPTION_STAGE_BY, NULL),
        .item_by = option_text(o, OPTION_ITEM_BY, NULL),
        .confidence = option_text(o, OPTION_CONFIDENCE, NULL),
        .decision = option_text(o, OPTION_DECISION, NULL),
        .failure_when = option_text(o, OPTION_FAILURE_WHEN, NULL),
        .strict = option_given(o, OPTION_STRICT),
    };

    return log_read(paths, n, &options, out, err);
}

int cli_log(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
            struct error *err)
{
    const char *labels = option_text(cli->options, OPTION_LABELS, NULL);

    if (cli_log_alone(cli, paths, n, out, err))
        return -1;
    return labels ? log_labels(out, labels, err) : 0;
}
