/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam labels: decisions out of the store as labels, and labels from elsewhere into it. */
#include "cli/cli.h"

#include "base/csv_read.h"
#include "base/file.h"
#include "base/intern.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "base/units.h"
#include "report/csv.h"
#include "store/labels.h"
#include "trace/labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LABELS_TEXT_MAX = 256 << 20 };

struct export
{
    struct buf out;
    bool jsonl;
    struct json_reader *reader;
    struct intern ids;
    VEC(uint32_t) seen; /* [id] how often */
    uint64_t labels, unsure;
};

/* An item has one label: later ones of the same name are told apart by a number. */
static void put_id(struct export *x, const char *item, struct buf *out)
{
    uint32_t id = intern_put(&x->ids, item, strlen(item));
    while (x->seen.len <= id)
        vec_push(&x->seen, 0);
    buf_puts(out, item);
    if (x->seen.at[id]++)
        buf_printf(out, "#%u", x->seen.at[id]);
}

static void put_number(struct buf *out, double x)
{
    if (!isnan(x))
        units_put_exact(out, x);
    buf_putc(out, ',');
}

static void put_text(struct buf *out, const char *text, char after)
{
    csv_put_text(out, text);
    buf_putc(out, after);
}

static void csv_row(struct export *x, const struct stored_label *l)
{
    struct buf id = {0};
    if (isnan(l->confidence)) { /* nothing that a threshold could be held against */
        x->unsure++;
        return;
    }
    put_id(x, l->item, &id);
    put_text(&x->out, buf_text(&id), ',');
    put_number(&x->out, l->confidence);
    buf_puts(&x->out, l->correct ? "1," : "0,");
    put_text(&x->out, l->class, ',');
    put_number(&x->out, l->weight);
    buf_printf(&x->out, "%s,%s,", label_source_words[l->source],
               l->run ? task_verdict_name(l->verdict) : "");
    put_text(&x->out, l->reviewer, ',');
    put_text(&x->out, l->reason, ',');
    put_text(&x->out, l->step, ',');
    put_number(&x->out, l->threshold);
    if (l->run)
        buf_printf(&x->out, "%lld", (long long)l->run);
    buf_putc(&x->out, ',');
    put_text(&x->out, l->sha256, '\n');
    buf_release(&id);
}

/* A JSON text as it stands in the store, on one line; what is none stays a string. */
static void put_json(struct export *x, struct json_write *w, const char *key, const char *text)
{
    struct buf line = {0};
    struct json value;
    struct error ignored = {0};
    if (!text)
        return;
    json_key(w, key);
    if (json_parse(x->reader, text, strlen(text), &value, &ignored)) {
        json_string(w, text);
        return;
    }
    json_dump(value, &line);
    json_raw(w, buf_text(&line));
    buf_release(&line);
}

static void jsonl_row(struct export *x, const struct stored_label *l)
{
    struct json_write w;
    struct buf id = {0};
    put_id(x, l->item, &id);
    json_init(&w, &x->out, 0);
    json_open(&w, '{');
    json_key(&w, "id");
    json_string(&w, buf_text(&id));
    put_json(x, &w, "input", l->input);
    put_json(x, &w, "output", l->output);
    json_key(&w, "decision");
    json_string(&w, task_verdict_name(l->verdict));
    put_json(x, &w, "edit", l->edit);
    const struct {
        const char *key, *text;
    } texts[] = {
        {"reason",   l->reason                    },
        {"reviewer", l->reviewer                  },
        {"class",    l->class                     },
        {"step",     l->step                      },
        {"source",   label_source_words[l->source]},
        {"scenario", l->sha256                    }
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i].text) {
            json_key(&w, texts[i].key);
            json_string(&w, texts[i].text);
        }
    json_key(&w, "confidence");
    json_number(&w, l->confidence);
    json_key(&w, "weight");
    json_number(&w, l->weight);
    json_key(&w, "run");
    json_uint(&w, (uint64_t)l->run);
    json_close(&w, '}');
    buf_putc(&x->out, '\n');
    buf_release(&id);
}

static void on_label(void *arg, const struct stored_label *l)
{
    struct export *x = arg;
    x->labels++;
    if (x->jsonl)
        jsonl_row(x, l);
    else
        csv_row(x, l);
}

static int read_format(const struct cli *cli, bool *jsonl, struct error *err)
{
    const struct options *o = cli->options;
    bool json = option_given(o, OPTION_JSON), csv = option_given(o, OPTION_CSV);
    const char *format = option_text(o, OPTION_FORMAT, json ? "jsonl" : "csv");
    *jsonl = !strcmp(format, "jsonl");
    if ((json && !*jsonl) || (csv && *jsonl))
        return error_set(err, ERR_USAGE, "--%s: labels are to be written as %s",
                         json ? "json" : "csv", format);
    if (*jsonl || !strcmp(format, "csv"))
        return 0;
    return error_set(err, ERR_USAGE, "--format %s: labels are written as csv or jsonl", format);
}

/* JSON lines to one object. */
static void wrap_lines(struct buf *lines)
{
    struct buf out = {0};
    buf_puts(&out, "{\"schema\": \"seam.labels/1\", \"labels\": [\n");
    for (const char *at = buf_text(lines); *at;) {
        size_t len = strcspn(at, "\n");
        buf_add(&out, at, len);
        at += len + 1;
        buf_puts(&out, *at ? ",\n" : "\n");
    }
    buf_puts(&out, "]}\n");
    buf_release(lines);
    *lines = out;
}

static int export_labels(const struct cli *cli, struct store *store, int64_t run, struct error *err)
{
    static const char header[] = "id,confidence,correct,group,weight,source,decision,reviewer,"
                                 "reason,step,threshold,run,scenario\n";
    const char *path = option_text(cli->options, OPTION_OUT, "-");
    struct export x = {.reader = json_reader_new()};
    int status = read_format(cli, &x.jsonl, err);
    intern_init(&x.ids);
    if (!status && !x.jsonl)
        buf_puts(&x.out, header);
    if (!status)
        status = labels_each(store, run, on_label, &x, err);
    if (!status && option_given(cli->options, OPTION_JSON))
        wrap_lines(&x.out);
    if (!status && !strcmp(path, "-"))
        status = cli_print(buf_text(&x.out), x.out.len, err);
    else if (!status)
        status = file_write(path, buf_text(&x.out), x.out.len, err);
    if (!status && x.unsure)
        cli_note(cli,
                 "%llu of %llu labels have no confidence and are left out; --format jsonl has "
                 "them",
                 (unsigned long long)x.unsure, (unsigned long long)x.labels);
    if (!status && !x.labels)
        cli_note(cli, "nobody has decided anything yet");
    intern_release(&x.ids);
    vec_release(&x.seen);
    json_reader_free(x.reader);
    buf_release(&x.out);
    return status;
}

/* What labels_read has found right, with the columns that it passes over. */
static int keep_labels(struct store *store, const struct csv *c, const struct scored_labels *in,
                       struct error *err)
{
    static const char *const ids[] = {"id", "item", NULL}, *const versions[] = {"scenario", NULL};
    int id = csv_column(c, ids), version = csv_column(c, versions);
    if (id < 0)
        return error_at(err, ERR_INPUT, c->file, 1, 0,
                        "labels to be kept need the column id: one that comes again takes the "
                        "place of the one before");
    struct stored_label *labels = mem_zero(in->len + 1, sizeof *labels);
    for (size_t i = 0; i < in->len; i++)
        labels[i] =
            (struct stored_label){.item = csv_cell(c, i, (size_t)id),
                                  .class = in->group[in->at[i].group],
                                  .sha256 = version < 0 ? "" : csv_cell(c, i, (size_t)version),
                                  .confidence = in->at[i].confidence,
                                  .weight = in->at[i].weight,
                                  .source = (enum label_source)in->at[i].source,
                                  .correct = in->at[i].correct};
    int status = labels_add(store, labels, in->len, err);
    mem_free(labels);
    return status;
}

static int tell_kept(const struct cli *cli, size_t kept, struct error *err)
{
    char text[96];
    bool json = option_given(cli->options, OPTION_JSON);

    if (!json && !option_given(cli->options, OPTION_CSV))
        return 0;
    int len =
        snprintf(text, sizeof text,
                 json ? "{\"schema\": \"seam.labels/1\", \"kept\": %zu}\n" : "kept\n%zu\n", kept);
    return cli_print(text, (size_t)len, err);
}

static int import_labels(const struct cli *cli, struct store *store, const char *path,
                         struct error *err)
{
    struct scored_labels in;
    struct buf text = {0};
    struct csv c = {0};
    int status = labels_read(path, &in, err);
    if (!status)
        status = file_read(path, LABELS_TEXT_MAX, &text, err) ||
                         csv_read(path, buf_text(&text), text.len, &c, err) ||
                         keep_labels(store, &c, &in, err)
                     ? -1
                     : 0;
    if (!status)
        cli_note(cli, "%zu labels kept", in.len);
    if (!status)
        status = tell_kept(cli, in.len, err);
    labels_release(&in);
    csv_release(&c);
    buf_release(&text);
    return status;
}

static int read_run(const struct options *o, int64_t *run, struct error *err)
{
    uint64_t id = 0;
    if (o->args.len > 1 && units_count(o->args.at[1], &id, err)) {
        err->code = ERR_USAGE;
        return error_prefix(err, "seam labels export: the number of a run");
    }
    *run = (int64_t)id;
    return 0;
}

int cmd_labels(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const char *path = option_text(o, OPTION_DB, "seam.db"), *verb = o->args.at[0];
    bool imports = !strcmp(verb, "import");
    struct store *store = NULL;
    int64_t run = 0;

    if (!imports && strcmp(verb, "export"))
        return error_set(err, ERR_USAGE, "`seam labels` takes export or import, not \"%s\"", verb);
    if (imports && o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam labels import` needs a CSV");
    if (!imports && read_run(o, &run, err))
        return -1;
    if (!imports && access(path, F_OK))
        return error_set(err, ERR_IO, "%s: there is no such store; --db FILE names one", path);
    if (store_open(path, &store, err))
        return -1;
    int status = imports ? import_labels(cli, store, o->args.at[1], err)
                         : export_labels(cli, store, run, err);
    store_close(store);
    return status;
}
