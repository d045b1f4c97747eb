/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any program as a stage: JSON on its standard input, JSON on its standard output.
 *
 *     exec: {command: [python3, judge.py], most: 1MiB, environment: {MODE: strict}}
 *
 * It is told {item, step, class, visit, attempt, payload} (`sends: payload`: the payload alone) and
 * answers as exec/answer.h has it.  It runs in the scenario's folder, without a shell.  An exit
 * status other than 0 is an error, more than `most` on stdout malformed, and both the time limit
 * and a cancelled call end its whole process group.
 *
 * With `serve: true` a program stays and answers each line of its input by one line; a call takes
 * one that waits, or starts another.  One that died meanwhile or spoke unasked is replaced; one
 * that fails a call is ended, since nobody could tell what it would say next. */
#include "base/talk.h"
#include "exec/answer.h"
#include "exec/kinds.h"
#include "exec/request.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    struct arena arena;
    struct answer_rules *rules;
    const struct pipeline *pipeline;
    double (*clock_s)(void);
    const atomic_bool *stop; /* NULL */
    const char *folder;
    const char **argv, **environment; /* NULL-terminated */
    size_t most;
    enum sends sends;
    bool serve;
    pthread_mutex_t lock;
    VEC(struct talk *) idle; /* that serve and wait */
};

/* --- options */

static int read_argv(struct command *self, const struct stage_setting *s, struct error *err)
{
    struct json list = json_get(s->exec, "command");
    const char *text;
    size_t n = 0, len;

    if (json_type(list) != JSON_LIST || json_count(list) == 0)
        return exec_fault(s, err, "`command` is a list: [program, argument, ...]");
    self->argv = arena_alloc(&self->arena, (json_count(list) + 1) * sizeof *self->argv);
    for (struct json_iter it = json_each(list); json_next(&it); n++) {
        struct buf word = {0};
        if (json_text(it.value, &text, &len))
            buf_add(&word, text, len);
        else if (json_type(it.value) != JSON_LIST && json_type(it.value) != JSON_MAP)
            json_dump(it.value, &word); /* 5 and true are arguments too */
        self->argv[n] = arena_strndup(&self->arena, buf_text(&word), word.len);
        bool good = json_type(it.value) != JSON_LIST && json_type(it.value) != JSON_MAP &&
                    strlen(self->argv[n]) == word.len;
        buf_release(&word);
        if (!good)
            return exec_fault(s, err, "argument %zu of `command` is no text", n);
    }
    return *self->argv[0] ? 0 : exec_fault(s, err, "the program's name in `command` is empty");
}

/* A regular file; *runs: may it be executed? */
static bool is_program(const char *folder, size_t folder_len, const char *name, bool *runs)
{
    struct buf path = {0};
    struct stat st;

    if (*name != '/' && folder_len > 0)
        buf_printf(&path, "%.*s/", (int)folder_len, folder);
    buf_puts(&path, name);
    bool there = stat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode);
    *runs = there && access(buf_text(&path), X_OK) == 0;
    buf_release(&path);
    return there;
}

/* Refuses a program that could not be started, before any item is. */
static int find_program(const struct command *self, const struct stage_setting *s,
                        struct error *err)
{
    const char *name = self->argv[0], *folder = s->folder ? s->folder : "";
    const char *path = environment_get(s->environment, "PATH"), *end;
    bool runs;

    if (is_program(folder, strlen(folder), name, &runs) && !runs)
        return exec_fault(s, err,
                          "`%.200s` is not executable: chmod +x it, or begin `command` with what "
                          "runs it",
                          name);
    if (runs)
        return 0;
    if (strchr(name, '/'))
        return exec_fault(s, err, "there is no program `%.200s` beside the scenario", name);
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; path; path = *end ? end + 1 : NULL) {
        end = path + strcspn(path, ":");
        if (is_program(path, (size_t)(end - path), name, &runs) && runs)
            return 0;
    }
    return exec_fault(s, err, "there is no program `%.200s` beside the scenario or on PATH", name);
}

/* Ours, with what `environment` sets put in place of it. */
static int read_environment(struct command *self, const struct stage_setting *s, struct error *err)
{
    const char **own;
    size_t n = 0, ours = 0, extra = 0;

    if (request_pairs(s, "environment", "=", &self->arena, &own, err))
        return -1;
    while (s->environment && s->environment[ours])
        ours++;
    while (own[extra])
        extra++;
    self->environment = arena_alloc(&self->arena, (ours + extra + 1) * sizeof *own);
    for (size_t i = 0; i < ours; i++) {
        struct buf name = {0};
        buf_add(&name, s->environment[i], strcspn(s->environment[i], "="));
        if (!environment_get(own, buf_text(&name)))
            self->environment[n++] = s->environment[i];
        buf_release(&name);
    }
    memcpy(self->environment + n, own, extra * sizeof *own);
    return 0;
}

static void command_close(void *arg)
{
    struct command *self = arg;
    struct process_limit soon = {self->clock_s, self->clock_s() + 1, self->stop};

    for (size_t i = 0; i < self->idle.len; i++)
        process_close_input(&self->idle.at[i]->process);
    for (size_t i = 0; i < self->idle.len; i++) {
        talk_stop(self->idle.at[i], &soon);
        talk_release(self->idle.at[i]);
        mem_free(self->idle.at[i]);
    }
    vec_release(&self->idle);
    answer_rules_free(self->rules);
    pthread_mutex_destroy(&self->lock);
    arena_release(&self->arena);
    mem_free(self);
}

static int command_open(const struct stage_setting *s, void **out, struct error *err)
{
    static const char *const known[] = {"command", "most", "environment", "sends", "serve", NULL};
    struct command *self = mem_zero(1, sizeof *self);

    self->pipeline = s->pipeline;
    self->clock_s = s->clock_s;
    self->stop = s->stop;
    self->folder = s->folder;
    self->most = 1 << 20;
    pthread_mutex_init(&self->lock, NULL);
    if (exec_known(s, known, err) || answer_rules_new(s, &self->rules, err) ||
        read_argv(self, s, err) || read_environment(self, s, err) ||
        (!s->only_read && find_program(self, s, err)) ||
        request_size(s, "most", &self->most, err) || request_sends(s, &self->sends, err) ||
        request_flag(s, "serve", &self->serve, err)) {
        command_close(self);
        return -1;
    }
    *out = self;
    return 0;
}

/* --- a call */

/* How it ended, and what it said last. */
static void fail_by_status(const struct command *self, const struct talk *t, const char *when,
                           struct stage_answer *a)
{
    struct buf errors = {0};
    char status[80];

    process_put_status(t->status, status, sizeof status);
    bool said = talk_put_errors(t, &errors);
    stage_answer_fail(a, OUTCOME_ERROR, "`%.100s`: %s%s%s%s", self->argv[0], status, when,
                      said ? ": " : "", buf_text(&errors));
    buf_release(&errors);
}

/* Says why there is no answer. */
static void fail_by_end(const struct command *self, enum talk_end end, const struct stage_call *c,
                        struct stage_answer *a)
{
    switch (end) {
    case TALK_FLOOD:
        stage_answer_fail(a, OUTCOME_MALFORMED, "`%.100s` wrote more than %zu bytes", self->argv[0],
                          self->most);
        break;
    case TALK_LATE:
        stage_answer_fail(a, OUTCOME_TIMEOUT, "`%.100s` had not answered after %g s", self->argv[0],
                          c->time_limit_s);
        break;
    case TALK_CANCELLED:
        stage_answer_fail(a, OUTCOME_ERROR, "`%.100s` was ended: its answer is not needed any more",
                          self->argv[0]);
        break;
    default:
        BUG("an answer has come");
    }
}

/* Puts the program's name before why its answer is not as it should be. */
static void name_fault(const struct command *self, struct stage_answer *a)
{
    struct buf says = {0};

    if (a->outcome != OUTCOME_MALFORMED)
        return;
    buf_printf(&says, "`%.100s`: %s", self->argv[0], buf_text(&a->says));
    buf_release(&a->says);
    a->says = says;
}

static void run_once(struct command *self, const struct stage_call *c, const struct buf *request,
                     const struct process_limit *limit, struct stage_answer *a)
{
    struct process_limit now = {self->clock_s, 0, NULL};
    struct error err = {0};
    struct talk t;

    if (talk_begin(&t, self->argv, self->environment, self->folder, &err)) {
        stage_answer_fail(a, OUTCOME_ERROR, "%s", err.text);
        return;
    }
    enum talk_end end = talk(&t, request->data, request->len, false, self->most, limit);
    talk_stop(&t, end == TALK_OVER ? limit : &now);
    if (end == TALK_OVER && limit->cancelled && atomic_load(limit->cancelled))
        end = TALK_CANCELLED;
    else if (end == TALK_OVER && self->clock_s() >= limit->until_s)
        end = TALK_LATE; /* closed its output, and stayed */
    if (end != TALK_OVER) {
        fail_by_end(self, end, c, a);
    } else if (t.status != 0) {
        fail_by_status(self, &t, "", a);
    } else {
        answer_read(self->rules, buf_text(&t.out), t.out.len, a);
        name_fault(self, a);
    }
    talk_release(&t);
}

static void discard(struct command *self, struct talk *t)
{
    struct process_limit now = {self->clock_s, 0, NULL};

    talk_stop(t, &now);
    talk_release(t);
    mem_free(t);
}

/* One that waits and is in step, or a new one; NULL with err. */
static struct talk *server_take(struct command *self, struct error *err)
{
    for (;;) {
        struct talk *t = NULL;
        pthread_mutex_lock(&self->lock);
        if (self->idle.len > 0)
            t = self->idle.at[--self->idle.len];
        pthread_mutex_unlock(&self->lock);
        if (!t)
            break;
        if (talk_is_quiet(t))
            return t;
        discard(self, t);
    }
    struct talk *t = mem_zero(1, sizeof *t);
    if (talk_begin(t, self->argv, self->environment, self->folder, err) == 0)
        return t;
    mem_free(t);
    return NULL;
}

static void server_give(struct command *self, struct talk *t, size_t line)
{
    memmove(t->out.data, t->out.data + line, t->out.len - line);
    t->out.len -= line;
    t->out.data[t->out.len] = '\0';
    buf_clear(&t->err);
    pthread_mutex_lock(&self->lock);
    vec_push(&self->idle, t);
    pthread_mutex_unlock(&self->lock);
}

static void ask_server(struct command *self, const struct stage_call *c, const struct buf *request,
                       const struct process_limit *limit, struct stage_answer *a)
{
    struct error err = {0};
    struct talk *t = server_take(self, &err);

    if (!t) {
        stage_answer_fail(a, OUTCOME_ERROR, "%s", err.text);
        return;
    }
    enum talk_end end = talk(t, request->data, request->len, true, self->most, limit);
    if (end == TALK_LINE) {
        size_t line = (size_t)((char *)memchr(t->out.data, '\n', t->out.len) - t->out.data);
        answer_read(self->rules, t->out.data, line, a);
        name_fault(self, a);
        if (a->outcome != OUTCOME_MALFORMED) {
            server_give(self, t, line + 1);
            return;
        }
    } else if (end != TALK_OVER) {
        fail_by_end(self, end, c, a);
    } else {
        struct process_limit soon = {self->clock_s, self->clock_s() + 0.1, NULL};
        talk_stop(t, &soon);
        fail_by_status(self, t, " before it answered", a);
    }
    discard(self, t);
}

static void command_call(void *arg, const struct stage_call *c, struct stage_answer *a)
{
    struct command *self = arg;
    struct process_limit limit = {self->clock_s, self->clock_s() + c->time_limit_s, c->cancelled};
    struct buf request = {0};

    request_put(self->pipeline, c, self->sends, &request);
    buf_putc(&request, '\n');
    if (self->serve)
        ask_server(self, c, &request, &limit, a);
    else
        run_once(self, c, &request, &limit, a);
    buf_release(&request);
}

const struct stage_kind command_kind = {
    "command", command_open, command_call, NULL, command_close, false,
};
