/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam doctor: what is installed, what is missing, is the store sound. */
#include "cli/cli.h"

#include "base/json_write.h"
#include "base/talk.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/plot.h"
#include "store/store.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static const char *const plot_probe = "set terminal svg\nset output 'plot.svg'\nplot x\n";

/* Programs that are asked for something, none of which is needed to solve, simulate or replay. */
static const struct helper {
    const char *name, *version; /* the option that makes it tell its version */
    const char *lacks;          /* what there is not without it */
    const char *package;        /* of Debian */
} helpers[] = {
    {"gnuplot",    "--version", "reports come without pictures",      "gnuplot-nox"},
    {"weasyprint", "--version", "no reports as PDF",                  "weasyprint" },
    {"dot",        "-V",        "nothing draws `seam check --dot`",   "graphviz"   },
    {"man",        "--version", "nothing shows `seam help --man`",    "man-db"     },
    {"mpirun",     "--version", "no runs over many machines (MPI=1)", "openmpi-bin"},
};
enum {
    HELPERS = sizeof helpers / sizeof *helpers,
    FINDINGS = HELPERS + 3,
    VERSION_SECONDS = 20,
    VERSION_BYTES = 1 << 16
};

struct finding {
    const char *what;
    bool sound;
    struct buf says, version;
    const struct helper *missing; /* NULL: it is there */
};

/* From the first digit of the first line to what stands in brackets. */
static void take_version(const struct buf *text, struct buf *out)
{
    const char *from = buf_text(text), *to;
    size_t line = strcspn(from, "\n");
    while (line && !isdigit((unsigned char)*from))
        from++, line--;
    to = memchr(from, '(', line);
    size_t len = to ? (size_t)(to - from) : line;
    while (len && isspace((unsigned char)from[len - 1]))
        len--;
    buf_add(out, from, len > 40 ? 40 : len);
}

static void ask_version(const struct helper *h, struct finding *f)
{
    const char *const argv[] = {h->name, h->version, NULL};
    struct process_limit limit = {cli_clock_s, cli_clock_s() + VERSION_SECONDS, NULL};
    struct error fault = {0};
    struct talk t;

    if (talk_begin(&t, argv, (const char *const *)environ, NULL, &fault)) {
        f->missing = h;
        return;
    }
    talk(&t, "", 0, false, VERSION_BYTES, &limit);
    talk_stop(&t, &limit);
    take_version(t.out.len ? &t.out : &t.err, &f->version);
    talk_release(&t);
}

/* Does it draw? */
static void try_gnuplot(struct finding *f)
{
    struct error fault = {0};
    struct buf svg;

    buf_init(&svg);
    struct plot_out drawn = {"plot.svg", &svg, false};
    if (plot_run(plot_probe, NULL, 0, &drawn, 1, NULL, &fault)) {
        f->sound = false;
        buf_printf(&f->says, "does not draw: reports come without pictures (%s)", fault.text);
    }
    buf_release(&svg);
}

static void find_helper(const struct helper *h, struct finding *f)
{
    *f = (struct finding){.what = h->name, .sound = true};
    ask_version(h, f);
    if (f->missing)
        buf_printf(&f->says, "missing: %s; apt-get install %s", h->lacks, h->package);
    else if (h == helpers)
        try_gnuplot(f);
    if (f->missing && h == helpers)
        f->sound = false;
    if (!f->says.len)
        buf_printf(&f->says, "ok%s%s", f->version.len ? ", " : "", buf_text(&f->version));
}

/* What `seam review` edits items with. */
static void find_editor(struct finding *f)
{
    const char *editor = getenv("VISUAL");
    if (!editor || !*editor)
        editor = getenv("EDITOR");
    *f = (struct finding){.what = "editor", .sound = true};
    if (editor && *editor)
        buf_printf(&f->says, "ok, %s", editor);
    else
        buf_puts(&f->says, "none: `seam review` edits one member at a time; set EDITOR");
}

static void find_program(struct finding *f)
{
    *f = (struct finding){.what = "seam", .sound = true};
    buf_puts(&f->version, SEAM_VERSION);
    buf_puts(&f->says, "ok, " SEAM_VERSION);
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
        const struct {
            const char *key, *text;
        } texts[] = {
            {"says",    buf_text(&f[i].says)                     },
            {"version", buf_text(&f[i].version)                  },
            {"lacks",   f[i].missing ? f[i].missing->lacks : ""  },
            {"package", f[i].missing ? f[i].missing->package : ""},
        };
        json_open(&w, '{');
        json_key(&w, "what");
        json_string(&w, f[i].what);
        json_key(&w, "sound");
        json_bool(&w, f[i].sound);
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (*texts[k].text) {
                json_key(&w, texts[k].key);
                json_string(&w, texts[k].text);
            }
        json_close(&w, '}');
    }
    json_close(&w, ']');
    json_close(&w, '}');
    buf_putc(out, '\n');
}

static void put_csv(const struct finding *f, struct buf *out)
{
    buf_puts(out, "what,sound,says,version,lacks,package\n");
    for (int i = 0; i < FINDINGS; i++) {
        csv_put_text(out, f[i].what);
        buf_puts(out, f[i].sound ? ",true," : ",false,");
        csv_put_text(out, buf_text(&f[i].says));
        buf_putc(out, ',');
        csv_put_text(out, buf_text(&f[i].version));
        buf_putc(out, ',');
        csv_put_text(out, f[i].missing ? f[i].missing->lacks : "");
        buf_putc(out, ',');
        csv_put_text(out, f[i].missing ? f[i].missing->package : "");
        buf_putc(out, '\n');
    }
}

static void put_text(const struct finding *f, size_t width, struct buf *out)
{
    enum { COLUMN = 11 };
    struct buf clean;

    buf_init(&clean);
    text_clean(&clean, buf_text(&f->says));
    buf_printf(out, "%-*s", COLUMN, f->what);
    text_fill(out, buf_text(&clean), COLUMN, COLUMN, width);
    buf_release(&clean);
}

int cmd_doctor(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    struct finding f[FINDINGS];
    bool sound = true;
    struct buf out;

    find_program(&f[0]);
    for (int i = 0; i < HELPERS; i++)
        find_helper(&helpers[i], &f[i + 1]);
    find_editor(&f[HELPERS + 1]);
    find_store(option_text(o, OPTION_DB, NULL), &f[HELPERS + 2]);
    buf_init(&out);
    if (option_given(o, OPTION_JSON))
        put_json(f, &out);
    else if (option_given(o, OPTION_CSV))
        put_csv(f, &out);
    for (int i = 0; i < FINDINGS; i++) {
        if (!option_given(o, OPTION_JSON) && !option_given(o, OPTION_CSV))
            put_text(&f[i], (size_t)cli->width, &out);
        sound = sound && f[i].sound;
        buf_release(&f[i].says);
        buf_release(&f[i].version);
    }
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status ? -1 : sound ? 0 : 1;
}
