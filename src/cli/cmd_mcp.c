/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam mcp --world FOLDER: the tools of the built-in world as an MCP server on standard input and
 * output, healthy or (for tests of what calls it) slow and garbled in a stated share of answers. */
#include "cli/cli.h"
#include "exec/tools.h"
#include "math/rng.h"
#include "service/mcp_server.h"

#include <time.h>
#include <unistd.h>

/* How much later a slow answer comes. */
enum { SLOW_S = 2 };

struct world_server {
    struct canon *canon;
    double slow, malformed; /* shares of answers */
    uint64_t seed;
};

static int call_tool(void *arg, size_t tool, const char *arguments, size_t len, struct buf *out,
                     struct error *err)
{
    const struct world_server *w = arg;
    size_t n;

    return tools_list(&n)[tool].call(w->canon, arguments, len, out, err);
}

/* A slow answer waits; a malformed one breaks off in the middle. */
static void disturb(void *arg, uint64_t call, struct buf *line)
{
    const struct world_server *w = arg;
    uint64_t key = rng_key(w->seed, 0, call, 0, RNG_OUTCOME);

    if (rng_unit(rng_at(key, 0)) < w->slow)
        nanosleep(&(struct timespec){.tv_sec = SLOW_S}, NULL);
    if (rng_unit(rng_at(key, 1)) < w->malformed) {
        line->len /= 2;
        line->data[line->len] = '\0';
        buf_putc(line, '\n');
    }
}

static int serve(const struct cli *cli, struct world_server *w, struct error *err)
{
    struct mcp_tool tool[16];
    size_t n;
    const struct tool *known = tools_list(&n);

    if (n > sizeof tool / sizeof *tool)
        BUG("%zu tools, and room for %zu", n, sizeof tool / sizeof *tool);
    for (size_t i = 0; i < n; i++)
        tool[i] = (struct mcp_tool){known[i].name, known[i].about, known[i].schema};
    struct mcp_server server = {
        .name = "seam-world",
        .about = "Tools of a film studio: assets, render jobs, and a check of continuity.",
        .tool = tool,
        .n_tools = n,
        .arg = w,
        .call = call_tool,
        .disturb = w->slow > 0 || w->malformed > 0 ? disturb : NULL};
    return mcp_serve(&server, STDIN_FILENO, STDOUT_FILENO, cli->stop, err);
}

int cmd_mcp(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *folder = option_text(o, OPTION_WORLD, NULL);
    struct world_server w = {.slow = option_number(o, OPTION_SLOW, 0),
                             .malformed = option_number(o, OPTION_MALFORMED, 0),
                             .seed = option_count(o, OPTION_SEED, 1)};

    if (!folder)
        return error_set(err, ERR_USAGE,
                         "`seam mcp` needs --world FOLDER, the canon whose tools it "
                         "serves: --world scenarios/canon");
    if (canon_read(folder, &w.canon, err))
        return -1;
    int status = serve(cli, &w, err);
    canon_free(w.canon);
    return status ? -1 : atomic_load(cli->stop) ? error_exit_status(ERR_INTERRUPTED) : 0;
}
