/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam import: trace logs into the store, read once and answered from afterwards; definitions of
 * other frameworks to scenarios (import_definition.c). */
#include "cli/cli.h"
#include "cli/import_definition.h"
#include "cli/progress_bar.h"
#include "cli/store_logs.h"

#include <string.h>

static int not_known(const char *word, struct error *err)
{
    static const char *const words[] = {"log", "langgraph", "n8n", "crewai", "autogen"};
    const char *near = nearest_word(word, words, sizeof words / sizeof *words);

    return near ? error_set(err, ERR_USAGE, "`seam import` knows no \"%.60s\"; did you mean `%s`?",
                            word, near)
                : error_set(err, ERR_USAGE,
                            "`seam import` takes log, langgraph, n8n, crewai or autogen and then "
                            "files, not \"%.60s\"",
                            word);
}

int cmd_import(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *path = option_text(o, OPTION_DB, "seam.db");
    struct log_options options = cli_log_options(cli);
    struct trace_log log;

    options.documents = true;
    if (import_knows(o->args.at[0]))
        return import_definition(cli, err);
    if (strcmp(o->args.at[0], "log"))
        return not_known(o->args.at[0], err);
    if (o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam import log` needs a LOG");
    struct progress_bar bar;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar);
    int status = log_collect(o->args.at + 1, o->args.len - 1, &options, &log, err);
    progress_close(&bar);
    if (!status)
        status = store_logs_keep(path, &log, &options, err);
    if (!status)
        cli_note(cli, "%s: %llu spans of %s", path, (unsigned long long)log.spans.len, log.format);
    log_release(&log);
    return status;
}
