/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of reviews as a table, for other programs: what waits, in its order, with what the item
 * holds. */
#include "cli/review.h"

#include "base/json_read.h"
#include "base/json_write.h"
#include "report/csv.h"

#include <math.h>
#include <string.h>

struct queue_table {
    struct buf csv, json;
    struct json_write w;
    struct json_reader *reader;
    double now_s;
};

static void put_payload(struct queue_table *q, const char *payload)
{
    struct json value;
    struct error none = {0};
    struct buf line = {0};

    json_key(&q->w, "payload");
    if (json_parse(q->reader, payload, strlen(payload), &value, &none)) {
        json_string(&q->w, payload);
        return;
    }
    json_dump(value, &line);
    json_raw(&q->w, buf_text(&line));
    buf_release(&line);
}

static void put_task(void *arg, const struct task *t)
{
    struct queue_table *q = arg;
    bool held = *t->holder && t->held_until_s > q->now_s;
    const struct {
        const char *key, *text;
    } texts[] = {
        {"item",   t->item_id           },
        {"step",   t->step_id           },
        {"class",  t->class             },
        {"holder", held ? t->holder : ""},
    };

    json_open(&q->w, '{');
    json_key(&q->w, "task");
    json_uint(&q->w, (uint64_t)t->id);
    json_key(&q->w, "run");
    json_uint(&q->w, (uint64_t)t->run);
    json_key(&q->w, "waits_s");
    json_number(&q->w, q->now_s - t->created_s);
    buf_printf(&q->csv, "%lld,%lld,%.3f", (long long)t->id, (long long)t->run,
               q->now_s - t->created_s);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_putc(&q->csv, ',');
        csv_put_text(&q->csv, texts[i].text);
        if (!*texts[i].text)
            continue;
        json_key(&q->w, texts[i].key);
        json_string(&q->w, texts[i].text);
    }
    buf_putc(&q->csv, '\n');
    put_payload(q, t->payload);
    json_close(&q->w, '}');
}

int review_queue(const struct review *r, struct error *err)
{
    struct queue_table q = {.reader = json_reader_new(), .now_s = cli_unix_s()};
    bool json = option_given(r->cli->options, OPTION_JSON);

    buf_puts(&q.csv, "task,run,waits_s,item,step,class,holder\n");
    json_init(&q.w, &q.json, 1);
    json_open(&q.w, '{');
    json_key(&q.w, "schema");
    json_string(&q.w, "seam.queue/1");
    json_key(&q.w, "tasks");
    json_open(&q.w, '[');
    int status = queue_list(r->store, 0, put_task, &q, err);
    json_close(&q.w, ']');
    json_close(&q.w, '}');
    buf_putc(&q.json, '\n');
    const struct buf *out = json ? &q.json : &q.csv;
    if (!status)
        status = cli_print(buf_text(out), out->len, err);
    json_reader_free(q.reader);
    buf_release(&q.json);
    buf_release(&q.csv);
    return status;
}
