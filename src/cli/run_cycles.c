/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam run --cycles: runs that learn from their reviews, compared on items that are held out; and
 * --learnt, what they have learnt, kept in a file from one run to the next. */
#include "cli/run.h"

#include "base/file.h"
#include "base/workers.h"
#include "exec/cycles.h"
#include "exec/feedback.h"

#include <string.h>
#include <unistd.h>

static const size_t LEARNT_MAX = (size_t)1 << 28;
enum { CYCLES_MAX = 1000, DEFAULT_ITEMS = 1000 };

/* What the file holds; nothing, where there is none yet. */
static int read_learnt(const struct cli *cli, const char *path, struct learnt *l, struct error *err)
{
    struct buf text = {0};
    int status;

    if (!path || access(path, F_OK) != 0)
        return 0;
    status = cli_read(cli, path, LEARNT_MAX, &text, err);
    if (!status)
        status = learnt_read(l, path, buf_text(&text), text.len, err);
    buf_release(&text);
    return status;
}

static int write_learnt(const char *path, const struct learnt *l, struct error *err)
{
    struct buf text = {0};
    int status = 0;

    learnt_write(l, &text);
    if (path)
        status = file_write(path, text.data, text.len, err);
    buf_release(&text);
    return status;
}

/* --- a plain run with what was learnt */

struct taken {
    struct learnt learnt;
    struct arena arena;
};

static int close_taken(void *arg, bool complete, struct result *r, struct error *err)
{
    struct taken *t = arg;
    (void)complete;
    (void)r;
    (void)err;
    learnt_release(&t->learnt);
    arena_release(&t->arena);
    mem_free(t);
    return 0;
}

int run_open_learnt(struct run_parts *parts, struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_LEARNT, NULL);
    struct taken *t;

    if (option_given(parts->cli->options, OPTION_NO_FEEDBACK))
        return error_set(err, ERR_USAGE, "--no-feedback goes with --cycles");
    if (!path)
        return 0;
    if (access(path, R_OK) != 0)
        return error_set(err, ERR_USAGE, "--learnt %s: no such file; --cycles N makes one", path);
    t = mem_zero(1, sizeof *t);
    run_close_later(parts, (struct run_part){t, close_taken});
    if (read_learnt(parts->cli, path, &t->learnt, err) ||
        learnt_give(&t->learnt, parts->options.setting.world, err))
        return -1;
    parts->options.map = feedback_maps(parts->pipeline, &t->learnt, &t->arena);
    return 0;
}

/* --- cycles */

static int check_options(const struct options *o, uint64_t cycles, struct error *err)
{
    static const struct {
        int option;
        const char *word;
    } without[] = {
        {OPTION_RESUME,  "--resume" },
        {OPTION_COMPARE, "--compare"},
        {OPTION_THEN,    "--then"   },
    };

    if (cycles == 0 || cycles > CYCLES_MAX)
        return error_set(err, ERR_USAGE, "--cycles: from 1 to %d", CYCLES_MAX);
    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (option_given(o, without[i].option))
            return error_set(err, ERR_USAGE,
                             "%s: of a single run; with --cycles, --learnt FILE keeps what was "
                             "learnt",
                             without[i].word);
    return 0;
}

/* As many items for each cycle as there are for cycles + 1 parts. */
static int open_items(struct run_parts *parts, struct cycles_options *c, struct error *err)
{
    const struct options *o = parts->cli->options;
    bool from_file = option_given(o, OPTION_INPUT);

    c->items = option_count(o, OPTION_ITEMS, from_file ? 0 : DEFAULT_ITEMS);
    if (c->items > UINT64_MAX / 2 / (c->cycles + 1))
        return error_set(err, ERR_USAGE, "--items: too many");
    parts->options.items = c->items * (c->cycles + 1);
    if (run_open_input(parts, err))
        return -1;
    c->input = parts->options.input;
    if (!c->input)
        return error_set(err, ERR_USAGE,
                         "--cycles: the items need a truth; give --input FILE, or a scenario whose "
                         "steps are of the built-in world");
    uint64_t most = c->input->items / (c->cycles + 1);
    if (c->items == 0 || c->items > most)
        c->items = most;
    if (c->items < 2)
        return error_set(err, ERR_USAGE,
                         "--cycles %u: %llu item%s cannot be shared among as many cycles and those "
                         "that are held out",
                         c->cycles, (unsigned long long)c->input->items,
                         c->input->items == 1 ? "" : "s");
    return 0;
}

int run_execute_cycles(struct run_parts *parts, struct result *r, struct error *err)
{
    const struct options *o = parts->cli->options;
    const char *path = option_text(o, OPTION_LEARNT, NULL);
    uint64_t cycles = option_count(o, OPTION_CYCLES, 0);
    struct cycles_options c = {.off = option_given(o, OPTION_NO_FEEDBACK),
                               .level = option_number(o, OPTION_LEVEL, 0.95)};
    struct learnt l;
    int status = check_options(o, cycles, err);

    learnt_init(&l);
    c.cycles = (uint32_t)cycles;
    if (parts->pipeline->feedback.n_learns == 0) {
        c.off = true;
        result_warn(r, "the scenario has no `feedback`, so nothing is learnt from one cycle to the "
                       "next");
    }
    if (!status)
        status = open_items(parts, &c, err) || read_learnt(parts->cli, path, &l, err) ||
                 run_open_faults(parts, err);
    cli_heed_stop();
    if (!status)
        status = run_open_items(parts, err) || run_open_traces(parts, err) ||
                 run_open_progress(parts, err);
    parts->options.listeners = parts->listeners.at;
    parts->options.n_listeners = parts->listeners.len;
    if (!status)
        status = run_cycles(parts->pipeline, &parts->options, &c, &l, r, err);
    if (!status && !c.off)
        status = write_learnt(path, &l, err);
    r->run.method = "executed";
    r->run.seed = parts->options.seed;
    r->run.trials = c.items;
    r->run.threads = workers_count(parts->options.threads);
    r->run.covers = "sampling";
    learnt_release(&l);
    return status ? -1 : 0;
}
