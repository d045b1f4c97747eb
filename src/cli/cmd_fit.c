/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam fit: trace logs to a scenario with evidence. */
#include "cli/cli.h"
#include "cli/logs.h"
#include "cli/progress_bar.h"

#include "base/file.h"
#include "model/scenario.h"
#include "trace/estimate.h"

#include <string.h>

/* The scenario opens with where it came from and what it rests on. */
static void put_head(const struct result *info, const struct trace_log *log, struct buf *out)
{
    buf_printf(out, "Fitted by seam %s from ", SEAM_VERSION);
    for (size_t i = 0; i < log->files.len; i++) {
        const char *slash = strrchr(log->files.at[i], '/');
        buf_printf(out, "%s%s", i ? ", " : "", slash ? slash + 1 : log->files.at[i]);
    }
    buf_printf(out,
               ": %llu items.\nRates are evidence (k/n); distributions say from how many "
               "observations they were fitted.",
               (unsigned long long)log->items.len);
    for (size_t i = 0; i < info->assumptions.len; i++)
        buf_printf(out, "\nAssumed: %s", info->assumptions.at[i]);
    for (size_t i = 0; i < info->warnings.len; i++)
        buf_printf(out, "\nNote: %s", info->warnings.at[i]);
}

static int emit(const struct cli *cli, struct pipeline *p, const char *const *notes,
                const struct trace_log *log, const struct result *info, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_OUT, "-");
    struct buf head, text;
    int status;

    buf_init(&head);
    buf_init(&text);
    put_head(info, log, &head);
    scenario_write(p, buf_text(&head), notes, &text);
    file_sha256(buf_text(&text), text.len, p->sha256);
    status = file_write(path, buf_text(&text), text.len, err);
    if (!status && strcmp(path, "-"))
        cli_note(cli, "%s: %u steps from %llu items", path, p->n_steps,
                 (unsigned long long)log->items.len);
    buf_release(&head);
    buf_release(&text);
    return status;
}

int cmd_fit(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct fit_options options = {.seed = option_count(o, OPTION_SEED, 1)};
    struct trace_log log;
    struct pipeline p;
    struct result info;
    const char **notes = NULL;
    int status;

    if (cli_needs_file(cli, err))
        return -1;
    result_init(&info, "fit");
    pipeline_init(&p);
    status = cli_log(cli, o->args.at, o->args.len, &log, err);
    struct progress_bar bar;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar);
    if (!status)
        status = log_fit(&log, &options, &p, &notes, &info, err);
    progress_close(&bar);
    if (!status)
        status = emit(cli, &p, notes, &log, &info, err);
    info.run.seed = options.seed;
    if (!status)
        status = cli_tell(cli, &info, &p, option_text(o, OPTION_OUT, "-"), err);
    for (size_t i = 0; !status && i < info.warnings.len; i++)
        cli_note(cli, "%s", info.warnings.at[i]);
    pipeline_release(&p);
    result_release(&info);
    log_release(&log);
    return status;
}
