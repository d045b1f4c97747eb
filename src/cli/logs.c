/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/logs.h"

#include "trace/labels.h"

int cli_log(const struct cli *cli, const char *const *paths, size_t n, struct trace_log *out,
            struct error *err)
{
    const struct options *o = cli->options;
    const char *labels = option_text(o, OPTION_LABELS, NULL);
    struct log_options options = {
        .stage_by = option_text(o, OPTION_STAGE_BY, NULL),
        .item_by = option_text(o, OPTION_ITEM_BY, NULL),
        .confidence = option_text(o, OPTION_CONFIDENCE, NULL),
        .decision = option_text(o, OPTION_DECISION, NULL),
        .failure_when = option_text(o, OPTION_FAILURE_WHEN, NULL),
        .strict = option_given(o, OPTION_STRICT),
    };

    if (log_read(paths, n, &options, out, err))
        return -1;
    return labels ? log_labels(out, labels, err) : 0;
}
