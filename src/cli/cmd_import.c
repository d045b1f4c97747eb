/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam import: trace logs into the store, read once and answered from afterwards; definitions of
 * other frameworks to scenarios (import_definition.c). */
#include "base/json_write.h"
#include "cli/cli.h"
#include "cli/import_definition.h"
#include "cli/progress_bar.h"
#include "cli/store_logs.h"
#include "report/csv.h"

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

/* What was read and is kept, with --json or --csv. */
static int tell(const struct cli *cli, const char *path, const struct trace_log *log,
                struct error *err)
{
    bool json = option_given(cli->options, OPTION_JSON);
    struct buf out = {0};
    struct json_write w;

    if (!json && !option_given(cli->options, OPTION_CSV))
        return 0;
    if (json) {
        json_init(&w, &out, 1);
        json_open(&w, '{');
        json_key(&w, "schema");
        json_string(&w, "seam.import/1");
        json_key(&w, "store");
        json_string(&w, path);
        json_key(&w, "format");
        json_string(&w, log->format);
        json_key(&w, "records");
        json_uint(&w, log->quality.records);
        json_key(&w, "spans");
        json_uint(&w, log->spans.len);
        json_close(&w, '}');
    } else {
        buf_puts(&out, "store,format,records,spans\n");
        csv_put_text(&out, path);
        buf_printf(&out, ",%s,%llu,%llu", log->format, (unsigned long long)log->quality.records,
                   (unsigned long long)log->spans.len);
    }
    buf_putc(&out, '\n');
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
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
    if (!status)
        status = tell(cli, path, &log, err);
    log_release(&log);
    return status;
}
