/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chapters to documents: the text's few marks, then what the tables say. */
#include "cli/manual.h"

#include "base/error.h"
#include "cli/help.h"
#include "model/result.h"
#include "model/scenario_keys.h"
#include "report/man.h"

#include <stdio.h>
#include <string.h>

const struct manual_chapter *manual_chapter(const char *id)
{
    for (size_t i = 0; i < manual_chapters_count; i++)
        if (!strcmp(manual_chapters[i].id, id))
            return &manual_chapters[i];
    return NULL;
}

/* A list of terms and what they mean. */
static struct table *terms(struct document *d, const char *caption)
{
    struct table *t = document_table(d, caption);
    table_column(d, t, "", false);
    table_column(d, t, "", false);
    t->plain = true;
    return t;
}

static void put_term(struct document *d, struct table *t, const char *term, const char *means)
{
    table_cell(d, t, TONE_PLAIN, term);
    table_cell(d, t, TONE_PLAIN, means);
}

/* ---- text ----------------------------------------------------------------------------------- */

/* What is gathered until a blank line or the next mark ends it. */
struct gathering {
    struct document *d;
    struct buf text;
    char mark;           /* '*', '=' or 0 for a paragraph */
    struct table *terms; /* open list; NULL */
    char term[128];
};

static void end_block(struct gathering *g)
{
    const char *text = buf_text(&g->text);
    if (g->mark == '=') {
        if (!g->terms) {
            g->terms = terms(g->d, "");
            document_add_table(g->d, g->terms);
        }
        put_term(g->d, g->terms, g->term, text);
    } else if (*text) {
        document_text(g->d, g->mark == '*' ? BLOCK_BULLET : BLOCK_PARAGRAPH, TONE_PLAIN, "%s",
                      text);
    }
    buf_clear(&g->text);
    g->mark = 0;
}

static void take_words(struct gathering *g, const char *line, size_t len)
{
    if (g->text.len)
        buf_putc(&g->text, ' ');
    buf_add(&g->text, line, len);
}

static void take_line(struct gathering *g, const char *line, size_t len)
{
    bool marked = len > 2 && line[1] == ' ' && strchr("*=#", line[0]);
    bool literal = len > 2 && line[0] == ' ' && line[1] == ' ';
    if (marked || literal || len == 0)
        end_block(g);
    if (!(marked && line[0] == '=') && len)
        g->terms = g->mark == '=' ? g->terms : NULL;
    if (literal) {
        document_text(g->d, BLOCK_CODE, TONE_PLAIN, "%.*s", (int)len - 2, line + 2);
        return;
    }
    if (!marked) {
        take_words(g, line, len);
        return;
    }
    if (line[0] == '#') {
        document_text(g->d, BLOCK_HEADING, TONE_PLAIN, "%.*s", (int)len - 2, line + 2);
        return;
    }
    g->mark = line[0];
    if (g->mark == '=')
        snprintf(g->term, sizeof g->term, "%.*s", (int)len - 2, line + 2);
    else
        take_words(g, line + 2, len - 2);
}

static void put_prose(struct document *d, const char *text)
{
    struct gathering g = {.d = d};
    buf_init(&g.text);
    while (*text) {
        size_t len = strcspn(text, "\n");
        take_line(&g, text, len);
        text += len + (text[len] == '\n');
    }
    end_block(&g);
    buf_release(&g.text);
}

/* ---- tables --------------------------------------------------------------------------------- */

static bool is_own(int option, enum command c)
{
    return option_defs[option].commands == 1u << c;
}

static void put_option(struct document *d, struct table *t, int option)
{
    const struct option_def *def = &option_defs[option];
    struct buf term;
    buf_init(&term);
    if (def->letter)
        buf_printf(&term, "-%c, ", def->letter);
    buf_printf(&term, "--%s%s%s", def->name, def->arg ? " " : "", def->arg ? def->arg : "");
    put_term(d, t, buf_text(&term), def->help);
    buf_release(&term);
}

/* The command's own options, and the names of those that others take too. */
static void put_options_of(struct document *d, enum command c)
{
    struct table *own = terms(d, "");
    struct buf others;
    buf_init(&others);
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!(option_defs[i].commands & (1u << c)))
            continue;
        if (is_own(i, c))
            put_option(d, own, i);
        else
            buf_printf(&others, "%s`--%s`", others.len ? ", " : "", option_defs[i].name);
    }
    if (table_rows(own))
        document_add_table(d, own);
    document_text(d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s %s.",
                  table_rows(own) ? "Also, as others do:" : "Takes", buf_text(&others));
    buf_release(&others);
}

/* In lines of a page. */
static void put_example(struct document *d, const char *example)
{
    enum { WIDTH = 71 };
    struct buf lines;
    char *rest = NULL;

    buf_init(&lines);
    help_put_example(&lines, example, 0, WIDTH);
    for (char *line = strtok_r(lines.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        document_text(d, BLOCK_CODE, TONE_PLAIN, "%s", line);
    buf_release(&lines);
}

static void put_command(struct document *d, enum command c)
{
    const struct command_def *def = &command_defs[c];
    document_text(d, BLOCK_HEADING, TONE_PLAIN, "seam %s%s%s", def->name, *def->args ? " " : "",
                  def->args);
    document_text(d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s", def->about);
    for (size_t i = 0; i < sizeof def->examples / sizeof *def->examples && def->examples[i]; i++)
        put_example(d, def->examples[i]);
    put_options_of(d, c);
}

static void put_commands(struct document *d)
{
    for (size_t g = 0; g < HELP_GROUPS; g++)
        for (int c = 0; c < COMMAND_COUNT; c++)
            if (help_in_group(g, (enum command)c))
                put_command(d, (enum command)c);
}

static bool has_owner(int option)
{
    for (int c = 0; c < COMMAND_COUNT; c++)
        if (is_own(option, (enum command)c))
            return true;
    return false;
}

static void put_options(struct document *d)
{
    struct table *t = terms(d, "");
    for (int i = 0; i < OPTION_COUNT; i++)
        if (!has_owner(i))
            put_option(d, t, i);
    document_add_table(d, t);
}

struct keys {
    struct document *d;
    struct table *t;
    char place[128];
};

static void take_key(void *arg, const struct scenario_key *k)
{
    struct keys *keys = arg;
    struct buf means;
    if (strcmp(keys->place, k->place)) {
        snprintf(keys->place, sizeof keys->place, "%s", k->place);
        document_text(keys->d, BLOCK_HEADING, TONE_PLAIN, "Keys of %s", k->place);
        keys->t = terms(keys->d, "");
        document_add_table(keys->d, keys->t);
    }
    buf_init(&means);
    buf_printf(&means, "%s (%s", k->help, *k->words && !*k->type ? k->words : k->type);
    if (*k->words && *k->type)
        buf_printf(&means, ": %s", k->words);
    if (k->needed)
        buf_puts(&means, "; needed");
    else if (*k->missing)
        buf_printf(&means, "; without it: %s", k->missing);
    buf_putc(&means, ')');
    put_term(keys->d, keys->t, k->key, buf_text(&means));
    buf_release(&means);
}

static void put_metrics(struct document *d)
{
    static const char *const scopes[] = {
        [METRIC_TOP] = "Of all items",
        [METRIC_STAGE] = "Of a step",
        [METRIC_RESOURCE] = "Of a resource",
        [METRIC_ENVIRONMENT] = "Of an environment",
        [METRIC_LAYER] = "Of a layer",
        [METRIC_EDGE] = "Of an edge of the flow",
        [METRIC_NAME] = "Of a name of spans",
        [METRIC_CHANGE] = "Of a change that drift found",
        [METRIC_PLAN] = "Of labels that are still to come",
        [METRIC_OBJECTIVE] = "Of an objective",
        [METRIC_REVIEWER] = "Of a reviewer",
    };
    for (size_t s = 0; s < sizeof scopes / sizeof *scopes; s++) {
        struct table *t = terms(d, "");
        document_text(d, BLOCK_HEADING, TONE_PLAIN, "%s", scopes[s]);
        for (size_t i = 0; i < metric_defs_count; i++)
            if (metric_defs[i].scope == (enum metric_scope)s)
                put_term(d, t, metric_defs[i].name, metric_defs[i].help);
        document_add_table(d, t);
    }
}

static void put_statuses(struct document *d)
{
    static const struct {
        const char *status, *means;
    } rows[] = {
        {"0",   "done"                                                              },
        {"1",   "done, and the answer is no: a target failed or is not shown, nothing meets it, too "
              "few labels, not all of it exact, an alarm"              },
        {"2",   "the command line is not understood"                                },
        {"3",   "a scenario, log or label file is not valid, or has no answer"      },
        {"4",   "a file, a store or a program could not be read, written or started"},
        {"5",   "a mistake of the program itself, or no memory"                     },
        {"130", "interrupted; what there was is printed, marked partial"            },
    };
    struct table *t = terms(d, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_term(d, t, rows[i].status, rows[i].means);
    document_add_table(d, t);
}

/* ---- chapters ------------------------------------------------------------------------------- */

static void put_chapter(struct document *d, const struct manual_chapter *chapter)
{
    document_section(d, chapter->id, chapter->title);
    put_prose(d, chapter->text);
    switch (chapter->drawn) {
    case DRAWN_NOTHING:
        break;
    case DRAWN_COMMANDS:
        put_commands(d);
        break;
    case DRAWN_OPTIONS:
        put_options(d);
        break;
    case DRAWN_KEYS:
        scenario_keys(take_key, &(struct keys){.d = d});
        break;
    case DRAWN_METRICS:
        put_metrics(d);
        break;
    case DRAWN_STATUS:
        put_statuses(d);
        break;
    }
}

void manual_document(const struct manual_chapter *chapter, struct document *out)
{
    document_init(out, chapter->title, "");
    put_chapter(out, chapter);
}

void manual_put_man(struct buf *out)
{
    struct document d;
    const struct man_head head = {"SEAM", "1", SEAM_RELEASED, "seam " SEAM_VERSION,
                                  "User commands"};

    document_init(&d, "seam", "");
    document_section(&d, "name", "NAME");
    document_text(&d, BLOCK_PARAGRAPH, TONE_PLAIN,
                  "seam - how reliable an AI pipeline is end to end, and what to review");
    document_section(&d, "synopsis", "SYNOPSIS");
    for (int c = 0; c < COMMAND_COUNT; c++)
        document_text(&d, BLOCK_CODE, TONE_PLAIN, "seam %s%s%s [options]", command_defs[c].name,
                      *command_defs[c].args ? " " : "", command_defs[c].args);
    for (size_t i = 0; i < manual_chapters_count; i++)
        put_chapter(&d, &manual_chapters[i]);
    man_document(&d, &head, out);
    document_release(&d);
}
