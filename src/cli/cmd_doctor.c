/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam doctor: what is installed, what is missing, is the store sound. */
#include "cli/cli.h"

#include "base/json_write.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/plot.h"
#include "store/store.h"

#include <string.h>
#include <unistd.h>

static const char *const plot_probe = "set terminal svg\nset output 'plot.svg'\nplot x\n";

struct finding {
    const char *what;
    bool sound;
    struct buf says;
};
enum { FINDINGS = 3 };

static void find_program(struct finding *f)
{
    *f = (struct finding){.what = "seam", .sound = true};
    buf_puts(&f->says, SEAM_VERSION);
}

static void find_gnuplot(struct finding *f)
{
    struct error fault = {0};
    struct buf svg;

    *f = (struct finding){.what = "gnuplot", .sound = true};
    buf_init(&svg);
    struct plot_out drawn = {"plot.svg", &svg, false};
    if (plot_run(plot_probe, NULL, 0, &drawn, 1, NULL, &fault)) {
        f->sound = false;
        buf_printf(&f->says, "missing: reports come without pictures (%s)", fault.text);
    } else {
        buf_puts(&f->says, "ok");
    }
    buf_release(&svg);
}

static void find_store(const char *db, struct finding *f)
{
    struct store *store = NULL;
    struct error fault = {0};

    *f = (struct finding){.what = "store", .sound = true};
    if (!db) {
        buf_puts(&f->says, "none named (--db FILE)");
    } else if (access(db, F_OK)) {
        buf_printf(&f->says, "%s: there is no such file", db);
        f->sound = false;
    } else if (store_open(db, &store, &fault) || store_check(store, &fault)) {
        buf_puts(&f->says, fault.text);
        f->sound = false;
    } else {
        buf_printf(&f->says, "%s: ok", db);
    }
    store_close(store);
}

static void put_json(const struct finding *f, struct buf *out)
{
    struct json_write w;

    json_init(&w, out, 2);
    json_open(&w, '{');
    json_key(&w, "schema");
    json_string(&w, "seam.doctor/1");
    json_key(&w, "findings");
    json_open(&w, '[');
    for (int i = 0; i < FINDINGS; i++) {
        json_open(&w, '{');
        json_key(&w, "what");
        json_string(&w, f[i].what);
        json_key(&w, "sound");
        json_bool(&w, f[i].sound);
        json_key(&w, "says");
        json_string(&w, buf_text(&f[i].says));
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
}

static void put_csv(const struct finding *f, struct buf *out)
{
    buf_puts(out, "what,sound,says\n");
    for (int i = 0; i < FINDINGS; i++) {
        csv_put_text(out, f[i].what);
        buf_puts(out, f[i].sound ? ",true," : ",false,");
        csv_put_text(out, buf_text(&f[i].says));
        buf_putc(out, '\n');
    }
}

static void put_line(struct buf *out, const struct finding *f)
{
    buf_printf(out, "%-8s ", f->what);
    text_clean(out, buf_text(&f->says));
    buf_putc(out, '\n');
}

int cmd_doctor(const struct cli *cli, struct error *err)
{
    struct finding f[FINDINGS];
    bool sound = true;
    struct buf out;

    find_program(&f[0]);
    find_gnuplot(&f[1]);
    find_store(option_text(cli->options, OPTION_DB, NULL), &f[2]);
    buf_init(&out);
    if (option_given(cli->options, OPTION_JSON))
        put_json(f, &out);
    else if (option_given(cli->options, OPTION_CSV))
        put_csv(f, &out);
    for (int i = 0; i < FINDINGS; i++) {
        if (!option_given(cli->options, OPTION_JSON) && !option_given(cli->options, OPTION_CSV))
            put_line(&out, &f[i]);
        sound = sound && f[i].sound;
        buf_release(&f[i].says);
    }
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status ? -1 : sound ? 0 : 1;
}
