/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam runs: what the store holds. */
#include "cli/cli.h"
#include "cli/trail.h"

#include "base/json_write.h"
#include "base/units.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/text.h"
#include "store/store.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 50 };

struct listing {
    struct document document;
    struct table *table;
    struct buf json, csv;
    struct json_write w;
};

static void put_share(struct document *d, struct table *t, double value)
{
    struct buf b;

    buf_init(&b);
    if (!isnan(value))
        units_put_probability(&b, value);
    table_cell(d, t, TONE_PLAIN, buf_text(&b));
    buf_release(&b);
}

static void put_number(struct listing *l, const char *key, double value)
{
    json_key(&l->w, key);
    json_number(&l->w, value);
    buf_putc(&l->csv, ',');
    if (!isnan(value))
        units_put_exact(&l->csv, value);
}

static void list_row(void *arg, const struct stored_run *run)
{
    struct listing *l = arg;
    char id[32];

    struct buf text;
    buf_init(&text);
    buf_printf(&text, "%lld", (long long)run->id);
    memcpy(id, text.data, text.len + 1);
    buf_release(&text);
    table_cell(&l->document, l->table, TONE_PLAIN, id);
    table_cell(&l->document, l->table, TONE_PLAIN, run->time);
    table_cell(&l->document, l->table, TONE_PLAIN, run->command);
    table_cell(&l->document, l->table, TONE_PLAIN, run->scenario);
    put_share(&l->document, l->table, run->reliability);
    put_share(&l->document, l->table, run->review_load);
    table_cell(&l->document, l->table,
               run->passed == PASSED_TRUE    ? TONE_GOOD
               : run->passed == PASSED_FALSE ? TONE_BAD
                                             : TONE_PLAIN,
               run->unfinished               ? "unfinished"
               : run->passed == PASSED_TRUE  ? "pass"
               : run->passed == PASSED_FALSE ? "fail"
                                             : "");
    json_open(&l->w, '{');
    json_key(&l->w, "id");
    json_uint(&l->w, (uint64_t)run->id);
    json_key(&l->w, "time");
    json_string(&l->w, run->time);
    json_key(&l->w, "command");
    json_string(&l->w, run->command);
    json_key(&l->w, "scenario");
    json_string(&l->w, run->scenario);
    buf_printf(&l->csv, "%s,", id);
    csv_put_text(&l->csv, run->time);
    buf_putc(&l->csv, ',');
    csv_put_text(&l->csv, run->command);
    buf_putc(&l->csv, ',');
    csv_put_text(&l->csv, run->scenario);
    put_number(l, "reliability", run->reliability);
    put_number(l, "review_load", run->review_load);
    buf_putc(&l->csv, '\n');
    json_close(&l->w, '}');
}

static int list(const struct cli *cli, struct store *store, struct error *err)
{
    static const struct column columns[] = {
        {"run",         true },
        {"time",        false},
        {"command",     false},
        {"scenario",    false},
        {"reliability", true },
        {"review load", true },
        {"targets",     false}
    };
    struct text_options text = {.width = cli->width, .color = cli->color};
    struct listing l;
    struct buf out;

    document_init(&l.document, "runs", "");
    l.table = document_table(&l.document, "Runs in the store, newest first");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        table_column(&l.document, l.table, columns[i].title, columns[i].number);
    buf_init(&l.json);
    buf_init(&l.csv);
    buf_puts(&l.csv, "id,time,command,scenario,reliability,review_load\n");
    json_init(&l.w, &l.json, 1);
    json_open(&l.w, '[');
    int status = store_list_runs(store, LIST_MAX, list_row, &l, err);
    json_close(&l.w, ']');
    buf_init(&out);
    if (option_given(cli->options, OPTION_JSON)) {
        buf_printf(&out, "%s\n", buf_text(&l.json));
    } else if (option_given(cli->options, OPTION_CSV)) {
        buf_puts(&out, buf_text(&l.csv));
    } else {
        text_table(l.table, &text, &out);
    }
    if (!status)
        status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    buf_release(&l.json);
    buf_release(&l.csv);
    document_release(&l.document);
    return status;
}

static int show(const struct cli *cli, struct store *store, const char *word, struct error *err)
{
    struct text_options text = {.width = cli->width, .color = cli->color};
    struct buf json, out;
    struct result r;
    uint64_t id;
    int status = -1;

    if (units_count(word, &id, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "`seam runs show`");
    }
    if (option_given(cli->options, OPTION_ITEM))
        return trail_print(cli, store, (int64_t)id, option_text(cli->options, OPTION_ITEM, ""),
                           err);
    buf_init(&json);
    buf_init(&out);
    if (store_get_run(store, (int64_t)id, &json, err))
        goto out;
    if (option_given(cli->options, OPTION_JSON)) {
        buf_add(&out, json.data, json.len);
    } else {
        if (result_read_json(word, buf_text(&json), json.len, &r, err))
            goto out;
        if (option_given(cli->options, OPTION_CSV))
            report_csv(&r, &out);
        else
            report_text(&r, &text, &out);
        result_release(&r);
    }
    if (out.len && out.data[out.len - 1] != '\n')
        buf_putc(&out, '\n');
    status = cli_print(buf_text(&out), out.len, err);
out:
    buf_release(&json);
    buf_release(&out);
    return status;
}

int cmd_runs(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *path = option_text(o, OPTION_DB, "seam.db"), *verb = o->args.at[0];
    bool is_show = !strcmp(verb, "show");
    struct store *store;
    int status;

    if (!is_show && strcmp(verb, "list"))
        return error_set(err, ERR_USAGE, "`seam runs` takes list or show, not \"%s\"", verb);
    if (is_show && o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam runs show` needs the number of a run");
    if (access(path, F_OK))
        return error_set(err, ERR_IO, "%s: there is no such store; --db FILE names one", path);
    if (store_open(path, &store, err))
        return -1;
    status = is_show ? show(cli, store, o->args.at[1], err) : list(cli, store, err);
    store_close(store);
    return status;
}
