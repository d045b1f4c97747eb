/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/import_definition.h"

#include "base/file.h"
#include "cli/logs.h"
#include "model/definition.h"
#include "trace/estimate.h"

#include <string.h>

static const struct definition_reader *reader_of(const char *framework)
{
    for (size_t i = 0; i < definition_readers_count; i++)
        if (strcmp(definition_readers[i].framework, framework) == 0)
            return &definition_readers[i];
    return NULL;
}

bool import_knows(const char *framework)
{
    return reader_of(framework) != NULL;
}

/* The files one after the other (tasks.yaml and agents.yaml are two), and the name of the first. */
static int read_files(const struct cli *cli, struct buf *text, const char **name, struct error *err)
{
    const struct options *o = cli->options;

    for (size_t i = 1; i < o->args.len; i++) {
        if (file_read(o->args.at[i], DEFINITION_TEXT_MAX, text, err))
            return -1;
        if (text->len && text->data[text->len - 1] != '\n')
            buf_putc(text, '\n');
    }
    const char *slash = strrchr(o->args.at[1], '/');
    *name = slash ? slash + 1 : o->args.at[1];
    return 0;
}

/* The pipeline that the logs of --parameters show. */
static int fit_parameters(const struct cli *cli, struct pipeline *out, struct error *err)
{
    const struct option_value *logs = &cli->options->value[OPTION_PARAMETERS];
    struct fit_options options = {.seed = option_count(cli->options, OPTION_SEED, 1)};
    const char **notes = NULL;
    struct trace_log log;
    struct result info;

    result_init(&info, "import");
    int status = cli_log(cli, logs->all.at, logs->all.len, &log, err);
    if (!status)
        status = log_fit(&log, &options, out, &notes, &info, err);
    result_release(&info);
    log_release(&log);
    return status;
}

/* Which steps the log filled, and which names it and the definition do not share. */
static void say_matches(const struct cli *cli, const struct definition *d,
                        const struct pipeline *fitted, uint32_t taken)
{
    struct buf assumed = {0}, unused = {0};

    definition_unmatched(d, fitted, &assumed, &unused);
    cli_note(cli, "%u steps have their numbers from the log; what is left is marked `assumed`",
             taken);
    if (assumed.len)
        cli_note(cli, "not in the log: %s", buf_text(&assumed));
    if (unused.len)
        cli_note(cli, "in the log, and no step of the definition: %s", buf_text(&unused));
    if (taken == 0)
        cli_note(cli, "no step of the log has the name of one of the definition: see `seam replay` "
                      "and --stage-by");
    buf_release(&assumed);
    buf_release(&unused);
}

/* What the scenario holds: its steps, and how many have their numbers from a log. */
static int tell(const struct cli *cli, const struct definition *d, const char *path, bool with_log,
                uint32_t taken, struct error *err)
{
    struct result r;

    result_init(&r, "import");
    r.scenario_name = *d->name ? d->name : d->file;
    for (size_t i = 0; i < d->notes.len; i++)
        result_assume(&r, "%s", d->notes.at[i]);
    result_assume(&r,
                  "%zu steps of %s; %u of them have their numbers from a log, the others are "
                  "marked `assumed`",
                  d->nodes.len, d->framework, with_log ? taken : 0);
    int status = cli_tell(cli, &r, NULL, path, err);
    result_release(&r);
    return status;
}

static int write_scenario(const struct cli *cli, const struct definition *d,
                          const struct pipeline *fitted, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_OUT, "-");
    struct buf text = {0};
    uint32_t taken;

    definition_write(d, fitted, &text, &taken);
    int status = file_write(path, buf_text(&text), text.len, err);
    if (!status && fitted)
        say_matches(cli, d, fitted, taken);
    if (!status && strcmp(path, "-"))
        cli_note(cli, "%s: %zu steps of %s", path, d->nodes.len, d->framework);
    if (!status)
        status = tell(cli, d, path, fitted != NULL, taken, err);
    buf_release(&text);
    return status;
}

int import_definition(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const struct definition_reader *reader = reader_of(o->args.at[0]);
    bool with_log = option_given(o, OPTION_PARAMETERS);
    struct definition d = {0};
    struct pipeline fitted;
    struct buf text = {0};
    const char *name;
    int status = -1;

    if (o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam import %s` needs a FILE", o->args.at[0]);
    if (cli_needs_file(cli, err))
        return -1;
    pipeline_init(&fitted);
    if (read_files(cli, &text, &name, err))
        goto out;
    if (reader->read(name, buf_text(&text), text.len, &d, err))
        goto out;
    if (with_log && fit_parameters(cli, &fitted, err))
        goto out;
    status = write_scenario(cli, &d, with_log ? &fitted : NULL, err);
out:
    definition_release(&d);
    pipeline_release(&fitted);
    buf_release(&text);
    return status;
}
