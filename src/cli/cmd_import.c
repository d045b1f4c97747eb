/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam import log: trace logs into the store, read once and answered from afterwards. */
#include "cli/cli.h"
#include "cli/store_logs.h"

#include <string.h>

int cmd_import(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *path = option_text(o, OPTION_DB, "seam.db");
    struct log_options options = cli_log_options(cli);
    struct trace_log log;

    options.documents = true;
    if (strcmp(o->args.at[0], "log"))
        return error_set(err, ERR_USAGE, "`seam import` takes log and then LOG..., not \"%s\"",
                         o->args.at[0]);
    if (o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam import log` needs a LOG");
    int status = log_collect(o->args.at + 1, o->args.len - 1, &options, &log, err);
    if (!status)
        status = store_logs_keep(path, &log, &options, err);
    if (!status)
        cli_note(cli, "%s: %llu spans of %s", path, (unsigned long long)log.spans.len, log.format);
    log_release(&log);
    return status;
}
