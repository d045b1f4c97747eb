/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam review: the human review queue.  What a reviewer can do, whichever way it is steered. */
#include "cli/review.h"

#include "base/json_read.h"
#include "base/json_write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the task at hand */

static void put_down(struct review *r)
{
    r->has = false;
    trail_release(&r->trail);
    r->trail = (struct trail){.class = ""};
    arena_release(&r->texts);
    arena_init(&r->texts);
}

/* A run that kept no journal has a queue all the same: its tasks come without a trail. */
static void read_trail(struct review *r)
{
    struct error none = {0};
    if (trail_read(r->store, r->task.run, r->task.item, &r->trail, &none)) {
        trail_release(&r->trail);
        r->trail = (struct trail){.class = ""};
    }
}

int review_next(struct review *r, struct error *err)
{
    struct queue_skip skip = {r->skipped.at, r->skipped.len};
    put_down(r);
    if (queue_claim(r->store, r->reviewer, cli_unix_s(), &skip, &r->texts, &r->task, &r->has, err))
        return -1;
    if (!r->has && r->skipped.len) {
        r->skipped.len = 0;
        return review_next(r, err);
    }
    if (r->has)
        read_trail(r);
    return 0;
}

int review_pick(struct review *r, int64_t id, struct error *err)
{
    put_down(r);
    if (queue_hold(r->store, id, r->reviewer, cli_unix_s(), err) ||
        queue_get(r->store, id, &r->texts, &r->task, err))
        return -1;
    r->has = true;
    read_trail(r);
    return 0;
}

int review_decide(struct review *r, enum task_verdict verdict, const char *reason, const char *edit,
                  struct error *err)
{
    struct task_decision d = {verdict, r->reviewer, reason, edit, cli_unix_s()};
    if (queue_decide(r->store, r->task.id, &d, err))
        return -1;
    put_down(r);
    return 0;
}

int review_skip(struct review *r, struct error *err)
{
    vec_push(&r->skipped, r->task.id);
    if (queue_let_go(r->store, r->task.id, r->reviewer, err))
        return -1;
    put_down(r);
    return 0;
}

int review_undo(struct review *r, struct error *err)
{
    int64_t id;
    if (queue_undo(r->store, r->reviewer, cli_unix_s(), &id, err))
        return -1;
    review_leave(r);
    return review_pick(r, id, err);
}

void review_leave(struct review *r)
{
    struct error late = {0};
    if (r->has && queue_let_go(r->store, r->task.id, r->reviewer, &late))
        cli_say(late.text); /* the claim ends by itself */
    put_down(r);
}

/* --- edits */

static int parse_object(struct json_reader *reader, const char *text, struct json *out,
                        struct error *err)
{
    if (json_parse(reader, text, strlen(text), out, err))
        return error_prefix(err, "the edit is not JSON");
    if (json_type(*out) != JSON_MAP)
        return error_set(err, ERR_INPUT, "the edit is not a JSON object: {\"member\": value, ...}");
    return 0;
}

static void dump(struct json v, struct buf *out)
{
    buf_clear(out);
    json_dump(v, out);
}

static void put_member(struct buf *out, const char *name, const char *json)
{
    struct json_write w;
    struct buf key = {0};
    json_init(&w, &key, 0);
    json_string(&w, name);
    buf_printf(out, "%s%s:%s", out->len > 1 ? "," : "", buf_text(&key), json);
    buf_release(&key);
}

/* Members of `edited` that are new or another; how many of `before` are there no more. */
static size_t compare(struct json before, struct json edited, struct buf *out)
{
    struct buf name = {0}, was = {0}, is = {0};
    size_t gone = 0;
    buf_putc(out, '{');
    for (struct json_iter it = json_each(edited); json_next(&it);) {
        buf_clear(&name);
        buf_add(&name, it.key, it.key_len);
        struct json old = json_get(before, buf_text(&name));
        dump(old, &was);
        dump(it.value, &is);
        if (!json_present(old) || strcmp(buf_text(&was), buf_text(&is)))
            put_member(out, buf_text(&name), buf_text(&is));
    }
    buf_putc(out, '}');
    for (struct json_iter it = json_each(before); json_next(&it);) {
        buf_clear(&name);
        buf_add(&name, it.key, it.key_len);
        gone += !json_present(json_get(edited, buf_text(&name)));
    }
    buf_release(&name);
    buf_release(&was);
    buf_release(&is);
    return gone;
}

int review_difference(const struct review *r, const char *edited, struct buf *out,
                      struct error *err)
{
    struct json_reader *a = json_reader_new(), *b = json_reader_new();
    struct json before, after;
    int status = -1;
    if (parse_object(b, edited, &after, err) || parse_object(a, r->task.payload, &before, err))
        goto out;
    buf_clear(out);
    if (compare(before, after, out) > 0)
        error_set(err, ERR_INPUT,
                  "a member cannot be taken away by an edit; set it to null instead");
    else if (out->len <= 2)
        error_set(err, ERR_INPUT, "nothing was changed: approve it if it is right");
    else
        status = 0;
out:
    json_reader_free(a);
    json_reader_free(b);
    return status;
}

int review_edit(const char *members, struct buf *out, struct error *err)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    int status = parse_object(reader, members, &root, err);
    if (!status && json_count(root) == 0)
        status = error_set(err, ERR_INPUT, "the edit changes nothing: approve it if it is right");
    if (!status)
        dump(root, out);
    json_reader_free(reader);
    return status;
}

int review_set_member(const struct review *r, const char *name, const char *value, struct buf *out,
                      struct error *err)
{
    struct json_reader *a = json_reader_new(), *b = json_reader_new();
    struct json before, typed;
    struct error none = {0};
    struct buf text = {0};
    struct json_write w;
    int status = parse_object(a, r->task.payload, &before, err);
    if (!status) {
        json_init(&w, &text, 0);
        bool is_text = json_type(json_get(before, name)) == JSON_STRING;
        if (!is_text && json_parse(b, value, strlen(value), &typed, &none) == 0)
            json_dump(typed, &text);
        else
            json_string(&w, value);
        buf_clear(out);
        buf_putc(out, '{');
        put_member(out, name, buf_text(&text));
        buf_putc(out, '}');
    }
    buf_release(&text);
    json_reader_free(a);
    json_reader_free(b);
    return status;
}

/* --- the command */

static const char *reviewer_name(const struct cli *cli)
{
    const char *user = getenv("USER"), *login = getenv("LOGNAME");
    if (!user || !*user)
        user = login && *login ? login : "reviewer";
    return option_text(cli->options, OPTION_REVIEWER, user);
}

int cmd_review(const struct cli *cli, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_DB, "seam.db");
    struct store *store = NULL;
    struct review r = {.cli = cli, .reviewer = reviewer_name(cli), .trail = {.class = ""}};
    const char *term = getenv("TERM");

    if (!*r.reviewer)
        return error_set(err, ERR_USAGE, "--reviewer: a name that stands beside each decision");
    if (access(path, F_OK))
        return error_set(err, ERR_IO, "%s: there is no such store; --db FILE names one", path);
    if (store_open(path, &store, err))
        return -1;
    r.store = store;
    arena_init(&r.texts);
    bool on_screen = isatty(STDIN_FILENO) && cli->out_is_terminal && term && strcmp(term, "dumb");
    bool tabled = option_given(cli->options, OPTION_JSON) || option_given(cli->options, OPTION_CSV);
    int status = tabled      ? review_queue(&r, err)
                 : on_screen ? review_screen(&r, err)
                             : review_script(&r, err);
    review_leave(&r);
    vec_release(&r.skipped);
    arena_release(&r.texts);
    store_close(store);
    return status;
}
