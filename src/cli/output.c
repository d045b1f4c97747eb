/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How every result leaves the program: stamped, judged, printed in one of three forms, saved. */
#include "cli/cli.h"

#include "report/csv.h"
#include "report/text.h"
#include "store/store.h"

#include <string.h>

void cli_stamp(const struct cli *cli, struct result *r, const struct pipeline *p)
{
    r->run.present = true;
    r->run.version = SEAM_VERSION;
    r->run.elapsed_s = cli_clock_s() - cli->started_s;
    if (!p)
        return;
    r->scenario_name = result_text(r, "%s", p->name && *p->name ? p->name : p->file);
    r->scenario_file = result_text(r, "%s", p->file ? p->file : "");
    r->scenario_sha256 = result_text(r, "%s", p->sha256);
    r->currency = result_text(r, "%s", p->currency ? p->currency : "$");
    result_judge(r, p->target, p->n_targets);
}

static int save(const struct cli *cli, const struct result *r, struct error *err)
{
    struct store *store = NULL;
    struct buf json;
    char now[32];
    int64_t id;
    int status = -1;

    buf_init(&json);
    result_write_json(r, &json);
    cli_time_text(now);
    if (store_open(option_text(cli->options, OPTION_DB, "seam.db"), &store, err) ||
        store_save_run(store, r, buf_text(&json), json.len, now, &id, err))
        goto out;
    cli_note(cli, "saved as run %lld", (long long)id);
    status = 0;
out:
    store_close(store);
    buf_release(&json);
    return status;
}

static int print(const struct cli *cli, const struct result *r, struct error *err)
{
    const struct options *o = cli->options;
    struct text_options text = {
        .width = cli->width, .color = cli->color, .quiet = option_given(o, OPTION_QUIET)};
    struct buf out;

    buf_init(&out);
    if (option_given(o, OPTION_JSON))
        result_write_json(r, &out);
    else if (option_given(o, OPTION_CSV))
        report_csv(r, &out);
    else
        report_text(r, &text, &out);
    if (out.len && out.data[out.len - 1] != '\n')
        buf_putc(&out, '\n');
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}

/* Standard output carries the answer only. */
static void say_warnings(const struct cli *cli, const struct result *r)
{
    for (size_t i = 0; i < r->warnings.len; i++)
        cli_note(cli, "%s", r->warnings.at[i]);
}

int cli_finish(const struct cli *cli, struct result *r, const struct pipeline *p, bool complete,
               struct error *err)
{
    cli_stamp(cli, r, p);
    if (cli->ranks->rank > 0)
        return 0;
    if ((option_given(cli->options, OPTION_DB) || option_given(cli->options, OPTION_SAVE)) &&
        save(cli, r, err))
        return -1;
    if (print(cli, r, err))
        return -1;
    say_warnings(cli, r);
    if (r->run.partial)
        return error_exit_status(ERR_INTERRUPTED);
    return r->passed == PASSED_FALSE || !complete ? 1 : 0;
}

int cli_tell(const struct cli *cli, struct result *r, const struct pipeline *p, const char *file,
             struct error *err)
{
    if (!option_given(cli->options, OPTION_JSON) && !option_given(cli->options, OPTION_CSV))
        return 0;
    cli_stamp(cli, r, p);
    if (file)
        r->scenario_file = result_text(r, "%s", file);
    return cli->ranks->rank > 0 ? 0 : print(cli, r, err);
}

int cli_needs_file(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    bool json = option_given(o, OPTION_JSON);
    if ((!json && !option_given(o, OPTION_CSV)) || strcmp(option_text(o, OPTION_OUT, "-"), "-"))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--%s tells about the scenario on standard output, so that the scenario "
                     "itself needs a file: -o FILE",
                     json ? "json" : "csv");
}
