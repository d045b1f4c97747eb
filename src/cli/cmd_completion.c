/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam completion: the script of a shell. */
#include "cli/cli.h"
#include "cli/completion.h"

#include <string.h>

int cmd_completion(const struct cli *cli, struct error *err)
{
    const char *shell = cli->options->args.at[0];
    struct buf out;

    buf_init(&out);
    if (!strcmp(shell, "bash"))
        completion_bash(&out);
    else if (!strcmp(shell, "zsh"))
        completion_zsh(&out);
    else
        completion_fish(&out);
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}
