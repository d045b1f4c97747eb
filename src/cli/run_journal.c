/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam run --db: the run is kept as it goes, and --resume goes on with one that was broken off. */
#include "cli/run.h"

#include "base/file.h"
#include "base/units.h"
#include "exec/journal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const size_t INPUT_MAX = (size_t)1 << 30;

struct kept_run {
    const struct cli *cli;
    struct store *store;
    struct run_journal *journal;
    const char *path;
};

static int close_journal(void *arg, bool complete, struct result *r, struct error *err)
{
    struct kept_run *k = arg;
    uint64_t disagreed = 0;
    int64_t id = run_journal_id(k->journal);
    int status = run_journal_close(k->journal, complete, &disagreed, err);
    r->run.kept = id;
    if (disagreed)
        result_warn(r,
                    "%llu items ended otherwise than before the run was broken off: the journal "
                    "keeps their first end",
                    (unsigned long long)disagreed);
    if (!complete)
        cli_note(k->cli, "run %lld is broken off; the same line with --db %s --resume %lld goes on",
                 (long long)id, k->path, (long long)id);
    store_close(k->store);
    mem_free(k);
    return status;
}

/* What the items come from, by content: what stands in the file may have changed. */
static int put_input(const struct run_parts *parts, char out[65], struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_INPUT, "");
    struct buf text = {0};
    int status = 0;
    snprintf(out, 65, "%s", !strcmp(path, "-") ? "standard input" : "");
    if (*path && strcmp(path, "-")) {
        status = cli_read(parts->cli, path, INPUT_MAX, &text, err);
        if (!status)
            file_sha256(buf_text(&text), text.len, out);
    }
    buf_release(&text);
    return status;
}

static int read_resume(const struct options *o, int64_t *resume, struct error *err)
{
    const char *word = option_text(o, OPTION_RESUME, "");
    uint64_t id = RESUME_LAST;
    *resume = RESUME_NONE;
    if (!option_given(o, OPTION_RESUME))
        return 0;
    if (*word && (units_count(word, &id, err) || id == 0 || id > INT64_MAX))
        return error_set(err, ERR_USAGE,
                         "--resume %s: the number of a run, or nothing for the last one that was "
                         "broken off; `seam runs list` shows them",
                         word);
    *resume = (int64_t)id;
    return 0;
}

static int open_kept(struct run_parts *parts, struct kept_run *k, struct error *err)
{
    const struct options *o = parts->cli->options;
    char items[24] = "all", input[65], now[32];
    struct journal_option options[4];
    struct run_journal_options opening = {.pipeline = parts->pipeline,
                                          .seed = parts->options.seed,
                                          .time = now,
                                          .option = options,
                                          .n_options = sizeof options / sizeof *options};
    if (parts->options.items)
        snprintf(items, sizeof items, "%llu", (unsigned long long)parts->options.items);
    options[0] = (struct journal_option){"--items", items};
    options[1] = (struct journal_option){"--input", input};
    options[2] = (struct journal_option){"--time-scale", option_text(o, OPTION_TIME_SCALE, "1")};
    options[3] = (struct journal_option){"--faults", option_text(o, OPTION_FAULTS, "none")};
    cli_time_text(now);
    if (read_resume(o, &opening.resume, err) || put_input(parts, input, err))
        return -1;
    if (opening.resume != RESUME_NONE && access(k->path, F_OK))
        return error_set(err, ERR_IO, "%s: there is no such store; --db FILE names one", k->path);
    return store_open(k->path, &k->store, err) ||
                   run_journal_open(k->store, &opening, &k->journal, err)
               ? -1
               : 0;
}

int run_open_journal(struct run_parts *parts, struct error *err)
{
    const struct options *o = parts->cli->options;
    parts->options.setting.stop = parts->cli->stop;
    if (!option_given(o, OPTION_DB) && !option_given(o, OPTION_SAVE) &&
        !option_given(o, OPTION_RESUME))
        return 0;
    struct kept_run *k = mem_zero(1, sizeof *k);
    k->cli = parts->cli;
    k->path = option_text(o, OPTION_DB, "seam.db");
    if (open_kept(parts, k, err)) {
        store_close(k->store);
        mem_free(k);
        return -1;
    }
    run_close_later(parts, (struct run_part){k, close_journal});
    run_listen(parts, run_journal_listener(k->journal));
    parts->options.memory = run_journal_memory(k->journal);
    parts->options.setting.store = k->store;
    parts->options.setting.run = run_journal_id(k->journal);
    return 0;
}
