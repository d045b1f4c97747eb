/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a run: those of --input, else the built-in world's briefs where a step works on
 * them, else empty ones. */
#include "cli/run.h"

#include "exec/input.h"
#include "exec/world.h"

#include <string.h>

static const size_t INPUT_MAX = (size_t)1 << 30;

static int close_lines(void *arg, bool complete, struct result *r, struct error *err)
{
    (void)complete;
    (void)r;
    (void)err;
    input_lines_free(arg);
    return 0;
}

static int read_lines(struct run_parts *parts, const char *path, struct error *err)
{
    struct input_lines *lines;
    struct buf text = {0};
    int status = cli_read(parts->cli, path, INPUT_MAX, &text, err);

    if (!status)
        status = input_lines_read(path, buf_text(&text), text.len, parts->pipeline, &lines, err);
    buf_release(&text);
    if (status)
        return -1;
    run_close_later(parts, (struct run_part){lines, close_lines});
    parts->options.input = input_lines_of(lines);
    return 0;
}

int run_input_again(const struct run_parts *first, const struct pipeline *p, uint64_t seed,
                    const struct run_input **out, struct error *err)
{
    *out = first->options.input;
    if (option_given(first->cli->options, OPTION_INPUT))
        return 0;
    return world_briefs(first->options.setting.world, p, seed, first->options.items, out, err);
}

/* The first step that asks something outside what to do with an item; NULL: none. */
static const char *first_asked(const struct pipeline *p)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        for (uint32_t k = 0; k < p->step[i].n_exec_keys; k++) {
            const char *key = p->step[i].exec_key[k].key;
            if (!strcmp(key, "command") || !strcmp(key, "http") || !strcmp(key, "chat") ||
                !strcmp(key, "mcp"))
                return p->step[i].id;
        }
    return NULL;
}

int run_open_input(struct run_parts *parts, struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_INPUT, NULL);

    if (path)
        return read_lines(parts, path, err);
    if (world_briefs(parts->options.setting.world, parts->pipeline, parts->options.seed,
                     parts->options.items, &parts->options.input, err))
        return -1;
    const char *asked = parts->options.input ? NULL : first_asked(parts->pipeline);
    if (asked)
        cli_note(parts->cli,
                 "the items are empty, and `%s` works on what they hold: --input FILE gives them "
                 "something, a line {\"id\": \"a\", \"input\": {...}} for each",
                 asked);
    return 0;
}
