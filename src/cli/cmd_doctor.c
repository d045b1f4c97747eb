/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam doctor: what is installed, what is missing, is the store sound. */
#include "cli/cli.h"

#include "report/plot.h"
#include "store/store.h"

#include <string.h>
#include <unistd.h>

static const char *const plot_probe = "set terminal svg\nset output 'plot.svg'\nplot x\n";

int cmd_doctor(const struct cli *cli, struct error *err)
{
    const char *db = option_text(cli->options, OPTION_DB, NULL);
    struct error fault = {0};
    struct buf out, svg;
    struct store *store = NULL;
    bool sound = true;

    buf_init(&out);
    buf_init(&svg);
    buf_printf(&out, "seam     %s\n", SEAM_VERSION);
    if (plot_run(plot_probe, NULL, 0, NULL, &svg, &fault)) {
        sound = false;
        buf_printf(&out, "gnuplot  missing: reports come without pictures (%s)\n", fault.text);
    } else {
        buf_puts(&out, "gnuplot  ok\n");
    }
    if (!db) {
        buf_puts(&out, "store    none named (--db FILE)\n");
    } else if (access(db, F_OK)) {
        buf_printf(&out, "store    %s: there is no such file\n", db);
        sound = false;
    } else if (store_open(db, &store, &fault) || store_check(store, &fault)) {
        buf_printf(&out, "store    %s\n", fault.text);
        sound = false;
    } else {
        buf_printf(&out, "store    %s: ok\n", db);
    }
    store_close(store);
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    buf_release(&svg);
    return status ? -1 : sound ? 0 : 1;
}
