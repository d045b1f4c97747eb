/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told of items as they end: lines of a file, and a bar on a terminal. */
#include "cli/run.h"

#include "base/file.h"
#include "base/json_write.h"
#include "cli/progress_bar.h"

#include <string.h>

/* --- -o */

struct items_file {
    struct file_writer *writer;
    struct buf line;
};

static int write_item(void *arg, const struct run_event *e, struct error *err)
{
    struct items_file *f = arg;
    struct json_write w;

    if (e->kind != RUN_ITEM_ENDED)
        return 0;
    buf_clear(&f->line);
    json_init(&w, &f->line, 0);
    json_open(&w, '{');
    json_key(&w, "id");
    json_string(&w, e->id);
    json_key(&w, "end");
    json_string(&w, run_end_name(e->end));
    if (e->quality != RUN_UNKNOWN) {
        json_key(&w, "correct");
        json_bool(&w, e->quality == RUN_GOOD);
    }
    json_key(&w, "reviewed");
    json_bool(&w, e->reviewed);
    json_close(&w, '}');
    f->line.len--; /* the payload is JSON already */
    buf_puts(&f->line, ",\"payload\":");
    buf_add(&f->line, e->payload, e->payload_len);
    buf_puts(&f->line, "}\n");
    return file_writer_add(f->writer, f->line.data, f->line.len, err);
}

static int close_items(void *arg, bool complete, struct result *r, struct error *err)
{
    struct items_file *f = arg;
    (void)complete;
    (void)r;
    int status = file_writer_close(f->writer, err);
    buf_release(&f->line);
    mem_free(f);
    return status;
}

int run_open_items(struct run_parts *parts, struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_OUT, NULL);
    struct items_file *f;

    if (!path)
        return 0;
    if (!strcmp(path, "-"))
        return error_set(err, ERR_USAGE,
                         "-o -: standard output carries the result; name a file for the items");
    f = mem_zero(1, sizeof *f);
    if (file_writer_open(path, &f->writer, err)) {
        mem_free(f);
        return -1;
    }
    run_close_later(parts, (struct run_part){f, close_items});
    run_listen(parts, (struct run_listener){f, write_item});
    return 0;
}

/* --- progress */

struct counted {
    struct progress_bar bar;
    uint64_t ended, items;
};

static int show(void *arg, const struct run_event *e, struct error *err)
{
    struct counted *c = arg;
    (void)err;
    if (e->kind == RUN_ITEM_ENDED)
        progress_items(&c->bar, ++c->ended, c->items);
    return 0;
}

static int close_progress(void *arg, bool complete, struct result *r, struct error *err)
{
    struct counted *c = arg;
    (void)complete;
    (void)r;
    (void)err;
    progress_close(&c->bar);
    mem_free(c);
    return 0;
}

int run_open_progress(struct run_parts *parts, struct error *err)
{
    struct counted *p = mem_zero(1, sizeof *p);
    (void)err;
    progress_open(&p->bar, parts->cli);
    if (!progress_of(&p->bar)) {
        mem_free(p);
        return 0;
    }
    p->items = parts->options.items;
    if (parts->options.input && parts->options.input->items < UINT64_MAX &&
        (p->items == 0 || parts->options.input->items < p->items))
        p->items = parts->options.input->items;
    run_close_later(parts, (struct run_part){p, close_progress});
    run_listen(parts, (struct run_listener){p, show});
    return 0;
}
