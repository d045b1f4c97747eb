/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reviews by lines, for scripts: a command a line, an answer a line.  What goes wrong is told with
 * the number of its line, the others are still done, and the exit status is 1 in the end. */
#include "cli/review.h"

#include "base/units.h"
#include "report/document.h"

#include <stdio.h>
#include <string.h>

struct script {
    struct review *review;
    struct buf out;
    uint64_t line, wrong;
    bool over;
};

static void say_task(void *arg, const struct task *t)
{
    struct script *s = arg;
    struct buf line = {0};
    buf_printf(&line, "%lld %s %s", (long long)t->id, t->item_id, t->step_id);
    if (*t->class)
        buf_printf(&line, " class %s", t->class);
    buf_puts(&line, " waits ");
    units_put_duration(&line, cli_unix_s() - t->created_s);
    if (*t->holder && t->held_until_s > cli_unix_s())
        buf_printf(&line, " with %s", t->holder);
    text_clean(&s->out, buf_text(&line));
    buf_putc(&s->out, '\n');
    buf_release(&line);
}

static void show(struct script *s)
{
    struct review_lines lines = {0};
    struct arena arena;
    arena_init(&arena);
    review_describe(s->review, s->review->cli->width, &arena, &lines);
    for (size_t i = 0; i < lines.at.len; i++)
        buf_printf(&s->out, "%s\n", lines.at.at[i]);
    vec_release(&lines.at);
    arena_release(&arena);
}

/* "41 rest of the line" */
static int take_id(const char **rest, int64_t *id, struct error *err)
{
    const char *at = *rest;
    size_t len = strcspn(at, " \t");
    char word[24] = "";
    uint64_t n;
    if (len && len < sizeof word)
        memcpy(word, at, len);
    if (!*word || units_count(word, &n, err) || n > INT64_MAX)
        return error_set(err, ERR_USAGE,
                         "which task? Write its number: approve 12; `list` shows them");
    *id = (int64_t)n;
    *rest = at + len + strspn(at + len, " \t");
    return 0;
}

static int on_list(struct script *s, const char *rest, struct error *err)
{
    size_t before = s->out.len;
    (void)rest;
    if (queue_list(s->review->store, 0, say_task, s, err))
        return -1;
    if (s->out.len == before)
        buf_puts(&s->out, "nothing waits\n");
    return 0;
}

static int on_count(struct script *s, const char *rest, struct error *err)
{
    (void)rest;
    if (review_tell_queue(s->review, &s->out, err))
        return -1;
    buf_putc(&s->out, '\n');
    return 0;
}

static int on_show(struct script *s, const char *rest, struct error *err)
{
    int64_t id;
    if (take_id(&rest, &id, err) || review_pick(s->review, id, err))
        return -1;
    show(s);
    review_leave(s->review);
    return 0;
}

static int on_next(struct script *s, const char *rest, struct error *err)
{
    (void)rest;
    review_leave(s->review);
    if (review_next(s->review, err))
        return -1;
    if (s->review->has)
        show(s);
    else
        buf_puts(&s->out, "nothing waits\n");
    return 0;
}

static int decide(struct script *s, const char *rest, enum task_verdict verdict, struct error *err)
{
    static const char *const did[] = {"approved", "rejected", "edited"};
    struct review *r = s->review;
    struct buf edit = {0};
    int64_t id;
    int status = take_id(&rest, &id, err);
    if (!status && verdict == TASK_REJECT && !*rest)
        status = error_set(err, ERR_USAGE, "a rejection needs a reason: reject %lld REASON",
                           (long long)id);
    if (!status)
        status = review_pick(r, id, err);
    if (!status && verdict == TASK_EDIT)
        status = review_edit(rest, &edit, err);
    if (!status)
        status = review_decide(r, verdict, verdict == TASK_EDIT ? "" : rest,
                               edit.len ? buf_text(&edit) : NULL, err);
    if (!status)
        buf_printf(&s->out, "task %lld %s\n", (long long)id, did[verdict]);
    buf_release(&edit);
    return status;
}

static int on_approve(struct script *s, const char *rest, struct error *err)
{
    return decide(s, rest, TASK_APPROVE, err);
}

static int on_reject(struct script *s, const char *rest, struct error *err)
{
    return decide(s, rest, TASK_REJECT, err);
}

static int on_edit(struct script *s, const char *rest, struct error *err)
{
    return decide(s, rest, TASK_EDIT, err);
}

static int on_undo(struct script *s, const char *rest, struct error *err)
{
    (void)rest;
    if (review_undo(s->review, err))
        return -1;
    buf_printf(&s->out, "task %lld waits again\n", (long long)s->review->task.id);
    review_leave(s->review);
    return 0;
}

static int on_help(struct script *s, const char *rest, struct error *err)
{
    (void)rest;
    (void)err;
    buf_puts(&s->out, "list                     what waits\n"
                      "count                    how many, and since when\n"
                      "next                     the next task, held for you\n"
                      "show ID                  what a task is about\n"
                      "approve ID [REASON]      it is right\n"
                      "reject ID REASON         it is wrong\n"
                      "edit ID {\"member\": value}  it is right with these members\n"
                      "undo                     your last decision\n"
                      "quit\n");
    return 0;
}

static int on_quit(struct script *s, const char *rest, struct error *err)
{
    (void)rest;
    (void)err;
    s->over = true;
    return 0;
}

static const struct {
    const char *word;
    int (*act)(struct script *s, const char *rest, struct error *err);
} commands[] = {
    {"list",    on_list   },
    {"count",   on_count  },
    {"next",    on_next   },
    {"show",    on_show   },
    {"approve", on_approve},
    {"reject",  on_reject },
    {"edit",    on_edit   },
    {"undo",    on_undo   },
    {"help",    on_help   },
    {"quit",    on_quit   },
};
enum { COMMANDS_OF_LINES = sizeof commands / sizeof *commands };

static int unknown(const char *word, struct error *err)
{
    const char *words[COMMANDS_OF_LINES];
    for (size_t i = 0; i < COMMANDS_OF_LINES; i++)
        words[i] = commands[i].word;
    const char *near = nearest_word(word, words, COMMANDS_OF_LINES);
    return error_set(err, ERR_USAGE, "there is no command \"%.40s\"%s%s%s; `help` lists them", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int obey(struct script *s, const char *line, struct error *err)
{
    char word[64] = "";
    line += strspn(line, " \t");
    size_t len = strcspn(line, " \t");
    if (!len || *line == '#')
        return 0;
    memcpy(word, line, len < sizeof word ? len : sizeof word - 1);
    for (size_t i = 0; i < COMMANDS_OF_LINES; i++)
        if (!strcmp(commands[i].word, word))
            return commands[i].act(s, line + len + strspn(line + len, " \t"), err);
    return unknown(word, err);
}

/* A line without its end; false at the end of the input. */
static bool read_line(struct buf *line)
{
    int c;
    buf_clear(line);
    while ((c = getchar()) != EOF && c != '\n')
        buf_putc(line, (char)(c ? c : ' '));
    if (line->len && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0';
    return c != EOF || line->len > 0;
}

int review_script(struct review *r, struct error *err)
{
    struct script s = {.review = r};
    struct buf line = {0};
    int status = 0;
    while (!status && !s.over && !atomic_load(r->cli->stop) && read_line(&line)) {
        struct error wrong = {0};
        s.line++;
        if (obey(&s, buf_text(&line), &wrong)) {
            error_prefix(&wrong, "line %llu", (unsigned long long)s.line);
            cli_say(wrong.text);
            s.wrong++;
        }
        status = cli_print(buf_text(&s.out), s.out.len, err);
        buf_clear(&s.out);
    }
    buf_release(&s.out);
    buf_release(&line);
    return status ? -1 : s.wrong ? 1 : 0;
}
