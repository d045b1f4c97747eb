/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reviews on the screen, by single keys.  The screen is drawn whole after every key, line by line
 * without clearing it first, so that nothing flickers and any size of the window will do. */
#include "cli/line_editor.h"
#include "cli/review.h"
#include "cli/terminal.h"

#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "report/document.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_AGAIN_S = 1, HEAD_ROWS = 2, FOOT_ROWS = 2, EDIT_MAX = 1 << 20, CTRL_C = 3, CTRL_D = 4 };

struct screen {
    struct review *review;
    struct buf out, said; /* said: what the last key came to */
    bool bad, help, over;
    int columns, rows, top; /* top: first line of the body that is seen */
    double held_s;          /* when the claim was last made longer */
};

static const char *const help_lines[] = {
    "a       approve: the item goes on as it is",
    "r       reject, with a reason",
    "e       edit all of it in $VISUAL or $EDITOR; without one, a member as with f",
    "f       change one member: its name, then its new value",
    "s       skip: it comes again after the others",
    "u       undo your last decision, as long as its run has not gone on with it",
    "j k     down and up, also the arrows; space and b by pages; g to the top",
    "q       quit; what you have decided is kept, what you hold goes back",
    "",
    "Esc leaves a question unanswered.  Any key ends this help.",
};

/* --- drawing */

static void put_line(struct screen *s, const char *text, const char *style)
{
    struct buf clean = {0};
    text_clean(&clean, text);
    size_t fit = text_fit(buf_text(&clean), (size_t)s->columns);
    if (*style)
        buf_puts(&s->out, style);
    buf_add(&s->out, buf_text(&clean), fit);
    buf_puts(&s->out, *style ? "\x1b[K\x1b[0m\r\n" : "\x1b[K\r\n");
    buf_release(&clean);
}

static const char *style(const struct screen *s, const char *sgr)
{
    return s->review->cli->color ? sgr : "";
}

static void put_body(struct screen *s, int height)
{
    struct review_lines lines = {0};
    struct arena arena;
    arena_init(&arena);
    if (s->help)
        for (size_t i = 0; i < sizeof help_lines / sizeof *help_lines; i++)
            vec_push(&lines.at, help_lines[i]);
    else if (s->review->has)
        review_describe(s->review, s->columns, &arena, &lines);
    else
        vec_push(&lines.at, "Nothing waits. New tasks appear here by themselves.");
    int n = (int)lines.at.len, last = n > height ? n - height : 0;
    s->top = s->top > last ? last : s->top < 0 ? 0 : s->top;
    for (int i = 0; i < height; i++) {
        bool more = i == height - 1 && s->top + height < n;
        put_line(s,
                 more             ? "... (j: further down)"
                 : s->top + i < n ? lines.at.at[s->top + i]
                                  : "",
                 "");
    }
    vec_release(&lines.at);
    arena_release(&arena);
}

static int put_head(struct screen *s, struct error *err)
{
    struct buf line = {0};
    buf_puts(&line, "seam review: ");
    int status = review_tell_queue(s->review, &line, err);
    put_line(s, buf_text(&line), style(s, "\x1b[7m"));
    put_line(s, "", "");
    buf_release(&line);
    return status;
}

static const char *keys_line(const struct screen *s)
{
    if (s->columns < 70)
        return "a r e f s u ? q";
    return s->review->has ? "a approve  r reject  e edit  f field  s skip  u undo  ? help  q quit"
                          : "u undo  ? help  q quit";
}

static int draw(struct screen *s, const char *foot, struct error *err)
{
    terminal_size(&s->columns, &s->rows);
    int height = s->rows - HEAD_ROWS - FOOT_ROWS;
    buf_clear(&s->out);
    buf_puts(&s->out, "\x1b[?25l\x1b[H");
    int status = put_head(s, err);
    put_body(s, height > 1 ? height : 1);
    put_line(s, foot ? "" : buf_text(&s->said), style(s, s->bad ? "\x1b[31m" : "\x1b[32m"));
    if (!foot) { /* the last line ends without a newline, or all would move up */
        const char *keys = keys_line(s);
        buf_add(&s->out, keys, text_fit(keys, (size_t)s->columns));
        buf_puts(&s->out, "\x1b[K\x1b[J");
    }
    return status;
}

static void show(struct screen *s)
{
    struct error err = {0};
    if (draw(s, NULL, &err)) {
        buf_clear(&s->said);
        buf_puts(&s->said, err.text);
        s->bad = true;
    }
    terminal_put(&s->out);
}

/* --- questions */

static bool asks_to_leave(const struct screen *s, int key)
{
    return key == KEY_GONE || key == CTRL_C || atomic_load(s->review->cli->stop);
}

static void show_question(struct screen *s, const char *label, const struct line_editor *e)
{
    struct error none = {0};
    int column;
    if (draw(s, label, &none))
        buf_clear(&s->said);
    int width = s->columns - (int)text_width(label);
    buf_puts(&s->out, label);
    line_editor_show(e, width, &s->out, &column);
    buf_printf(&s->out, "\x1b[K\x1b[J\x1b[%d;%dH\x1b[?25h", s->rows,
               (int)text_width(label) + column + 1);
    terminal_put(&s->out);
}

/* False: left unanswered. */
static bool question(struct screen *s, const char *label, const char *begin, struct buf *answer)
{
    struct line_editor e;
    int key;
    line_editor_start(&e, begin);
    do {
        show_question(s, label, &e);
        key = terminal_key(LOOK_AGAIN_S);
        line_editor_key(&e, key);
    } while (key != KEY_ENTER && key != KEY_ESCAPE && !asks_to_leave(s, key));
    if (key == KEY_ENTER)
        text_clean(answer, buf_text(&e.text));
    if (asks_to_leave(s, key))
        s->over = true;
    buf_release(&e.text);
    return key == KEY_ENTER && answer->len > 0;
}

/* --- edits */

/* The user's editor on a file; -1 with err when it cannot be started or says no. */
static int run_editor(const char *path, struct error *err)
{
    int status = -1;
    terminal_lend();
    pid_t child = fork();
    if (child == 0) {
        execlp("sh", "sh", "-c", "exec ${VISUAL:-$EDITOR} \"$1\"", "sh", path, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        while (waitpid(child, &status, 0) < 0 && !WIFEXITED(status))
            ;
    terminal_take();
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
        return error_set(err, ERR_IO, "the editor ended without saving; nothing was decided");
    return 0;
}

/* One member a line, so that it can be edited by people. */
static void put_pretty(const char *payload, struct buf *out)
{
    struct json_reader *reader = json_reader_new();
    struct json root;
    struct error none = {0};
    bool first = true;
    if (json_parse(reader, payload, strlen(payload), &root, &none)) {
        buf_puts(out, payload);
    } else {
        buf_puts(out, "{\n");
        for (struct json_iter it = json_each(root); json_next(&it);) {
            struct json_write w;
            buf_puts(out, first ? "  " : ",\n  ");
            json_init(&w, out, 0);
            json_string_n(&w, it.key, it.key_len);
            buf_puts(out, ": ");
            json_dump(it.value, out);
            first = false;
        }
        buf_puts(out, "\n}\n");
    }
    json_reader_free(reader);
}

static int edit_in_editor(struct screen *s, struct buf *edit, struct error *err)
{
    const char *folder = getenv("TMPDIR");
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/seam-review-XXXXXX", folder && *folder ? folder : "/tmp");
    put_pretty(s->review->task.payload, &text);
    int file = mkstemp(path.data);
    int status = file < 0 ? error_set(err, ERR_IO, "%s: cannot be written", buf_text(&path))
                          : file_write(buf_text(&path), buf_text(&text), text.len, err);
    if (file >= 0)
        close(file);
    buf_clear(&text);
    if (!status)
        status = run_editor(buf_text(&path), err) ||
                         file_read(buf_text(&path), EDIT_MAX, &text, err) ||
                         review_difference(s->review, buf_text(&text), edit, err)
                     ? -1
                     : 0;
    if (file >= 0)
        unlink(buf_text(&path));
    buf_release(&path);
    buf_release(&text);
    return status;
}

/* The member's value as it can be typed. */
static void put_value(const char *payload, const char *name, struct buf *out)
{
    struct json_reader *reader = json_reader_new();
    struct json root, value;
    struct error none = {0};
    const char *text;
    size_t len;
    if (json_parse(reader, payload, strlen(payload), &root, &none) == 0) {
        value = json_get(root, name);
        if (json_text(value, &text, &len))
            buf_add(out, text, len);
        else if (json_present(value))
            json_dump(value, out);
    }
    json_reader_free(reader);
}

/* 1: nothing was entered. */
static int edit_member(struct screen *s, struct buf *edit, struct error *err)
{
    struct buf name = {0}, was = {0}, value = {0}, label = {0};
    int status = 1;
    if (question(s, "which member? ", "", &name)) {
        put_value(s->review->task.payload, buf_text(&name), &was);
        buf_printf(&label, "%s: ", buf_text(&name));
        if (question(s, buf_text(&label), buf_text(&was), &value))
            status = review_set_member(s->review, buf_text(&name), buf_text(&value), edit, err);
    }
    buf_release(&name);
    buf_release(&was);
    buf_release(&value);
    buf_release(&label);
    return status;
}

/* --- keys */

static int next(struct screen *s, struct error *err)
{
    s->top = 0;
    s->held_s = cli_clock_s();
    return review_next(s->review, err);
}

static int decided(struct screen *s, enum task_verdict verdict, const char *reason,
                   const char *edit, struct error *err)
{
    static const char *const did[] = {"approved", "rejected", "edited"};
    int64_t id = s->review->task.id;
    if (review_decide(s->review, verdict, reason, edit, err))
        return -1;
    buf_printf(&s->said, "task %lld %s (u: undo)", (long long)id, did[verdict]);
    return next(s, err);
}

static int on_edit(struct screen *s, bool whole, struct error *err)
{
    const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
    bool has_editor = (visual && *visual) || (editor && *editor);
    struct buf edit = {0};
    int status = whole && has_editor ? edit_in_editor(s, &edit, err) : edit_member(s, &edit, err);
    if (!status)
        status = decided(s, TASK_EDIT, "", buf_text(&edit), err);
    buf_release(&edit);
    return status < 0 ? -1 : 0;
}

static int on_reject(struct screen *s, struct error *err)
{
    struct buf reason = {0};
    int status = 0;
    if (question(s, "reject, because: ", "", &reason))
        status = decided(s, TASK_REJECT, buf_text(&reason), NULL, err);
    else if (!s->over)
        buf_puts(&s->said, "not rejected: a rejection needs a reason");
    buf_release(&reason);
    return status;
}

static int on_undo(struct screen *s, struct error *err)
{
    if (review_undo(s->review, err))
        return -1;
    s->top = 0;
    buf_printf(&s->said, "task %lld is yours again", (long long)s->review->task.id);
    return 0;
}

static int on_skip(struct screen *s, struct error *err)
{
    buf_printf(&s->said, "task %lld comes again later", (long long)s->review->task.id);
    return review_skip(s->review, err) || next(s, err) ? -1 : 0;
}

/* Keys of a task alone. */
static int on_task_key(struct screen *s, int key, struct error *err)
{
    switch (key) {
    case 'a':
        return decided(s, TASK_APPROVE, "", NULL, err);
    case 'r':
        return on_reject(s, err);
    case 'e':
    case 'f':
        return on_edit(s, key == 'e', err);
    case 's':
        return on_skip(s, err);
    default:
        return 0;
    }
}

static int on_key(struct screen *s, int key, struct error *err)
{
    int page = s->rows - HEAD_ROWS - FOOT_ROWS - 1;
    switch (key) {
    case 'q':
    case CTRL_D:
        s->over = true;
        return 0;
    case '?':
    case 'h':
        s->help = true;
        return 0;
    case 'u':
        return on_undo(s, err);
    case 'j':
    case KEY_DOWN:
        s->top++;
        return 0;
    case 'k':
    case KEY_UP:
        s->top--;
        return 0;
    case ' ':
    case KEY_PAGE_DOWN:
        s->top += page;
        return 0;
    case 'b':
    case KEY_PAGE_UP:
        s->top -= page;
        return 0;
    case 'g':
    case KEY_HOME:
        s->top = 0;
        return 0;
    default:
        return s->review->has ? on_task_key(s, key, err) : 0;
    }
}

/* While somebody looks at a task it stays theirs: a key makes the claim longer. */
static int keep_hold(struct screen *s, struct error *err)
{
    struct review *r = s->review;
    if (!r->has || cli_clock_s() - s->held_s < r->task.claim_s / 4)
        return 0;
    s->held_s = cli_clock_s();
    if (queue_hold(r->store, r->task.id, r->reviewer, cli_unix_s(), err)) {
        r->has = false;
        return -1;
    }
    return 0;
}

static void one_key(struct screen *s, int key)
{
    struct error err = {0};
    if (key == KEY_NONE) {
        if (!s->review->has && next(s, &err))
            s->bad = true;
    } else if (s->help) {
        s->help = false;
        return;
    } else {
        buf_clear(&s->said);
        s->bad = false;
        s->bad = keep_hold(s, &err) || on_key(s, key, &err);
    }
    if (s->bad && err.text[0]) {
        buf_clear(&s->said);
        buf_puts(&s->said, err.text);
    }
}

int review_screen(struct review *r, struct error *err)
{
    struct screen s = {.review = r};
    if (review_next(r, err) || terminal_open(err))
        return -1;
    s.held_s = cli_clock_s();
    while (!s.over) {
        show(&s);
        int key = terminal_key(LOOK_AGAIN_S);
        if (asks_to_leave(&s, key))
            break;
        one_key(&s, key);
    }
    terminal_close();
    buf_release(&s.out);
    buf_release(&s.said);
    return atomic_load(r->cli->stop) ? error_exit_status(ERR_INTERRUPTED) : 0;
}
