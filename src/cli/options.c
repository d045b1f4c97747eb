/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GNU-style parsing (--name value, --name=value, -n value, -nvalue, -- ends options) of the tables
 * in model/commands.h. */
#include "cli/options.h"

#include "base/units.h"

#include <string.h>

static int command_find(const char *word, enum command *out, struct error *err)
{
    const char *names[COMMAND_COUNT];

    for (int i = 0; i < COMMAND_COUNT; i++) {
        names[i] = command_defs[i].name;
        if (!strcmp(word, names[i])) {
            *out = (enum command)i;
            return 0;
        }
    }
    const char *near = nearest_word(word, names, COMMAND_COUNT);
    return error_set(err, ERR_USAGE, "there is no command \"%s\"%s%s%s; `seam` lists them", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool takes(enum command c, int option)
{
    return option_defs[option].commands & (1u << c);
}

static int option_find(enum command c, const char *name, size_t len, int *out, struct error *err)
{
    const char *names[OPTION_COUNT];
    size_t n = 0;
    char word[64];

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!takes(c, i))
            continue;
        names[n++] = option_defs[i].name;
        if (strlen(option_defs[i].name) == len && !strncmp(option_defs[i].name, name, len)) {
            *out = i;
            return 0;
        }
    }
    len = len < sizeof word - 1 ? len : sizeof word - 1;
    memcpy(word, name, len);
    word[len] = '\0';
    const char *near = nearest_word(word, names, n);
    return error_set(err, ERR_USAGE, "`seam %s` has no option --%s%s%s%s; `seam %s -h` lists them",
                     command_defs[c].name, word, near ? "; did you mean --" : "", near ? near : "",
                     near ? "?" : "", command_defs[c].name);
}

static int letter_find(enum command c, char letter, int *out, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (takes(c, i) && option_defs[i].letter == letter) {
            *out = i;
            return 0;
        }
    return error_set(err, ERR_USAGE, "`seam %s` has no option -%c; `seam %s -h` lists them",
                     command_defs[c].name, letter, command_defs[c].name);
}

static int option_store(struct options *o, int id, const char *text, struct error *err)
{
    struct option_value *v = &o->value[id];
    const struct option_def *def = &option_defs[id];
    int status = 0;

    v->given = true;
    v->text = text;
    switch (def->takes) {
    case TAKES_COUNT:
        status = units_count(text, &v->count, err);
        break;
    case TAKES_PROBABILITY:
        status = units_probability(text, &v->number, &(uint64_t){0}, &(uint64_t){0}, err);
        if (!status && id == OPTION_LEVEL && !(v->number > 0 && v->number < 1))
            status = error_set(err, ERR_USAGE, "a level lies between 0 and 100%%, both left out");
        break;
    case TAKES_MANY:
        vec_push(&v->all, text);
        break;
    case TAKES_NOTHING:
    case TAKES_TEXT:
        break;
    }
    if (status) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--%s", def->name);
    }
    return 0;
}

/* `seam run --resume` speaks of the last run, and `--resume 7` of one. */
static bool stands_alone(enum command c, int option)
{
    return c == COMMAND_RUN && option == OPTION_RESUME;
}

static bool is_number(const char *word)
{
    return *word && strspn(word, "0123456789") == strlen(word);
}

/* Handles argv[i] when it is an option; returns how many words it took, 0 when it is none. */
static int option_take(struct options *o, int argc, char **argv, int i, struct error *err)
{
    const char *word = argv[i], *value = NULL;
    int id = 0;

    if (word[0] != '-' || !word[1])
        return 0;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t len = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
        if (option_find(o->command, word + 2, len, &id, err))
            return -1;
        value = equals ? equals + 1 : NULL;
    } else {
        if (letter_find(o->command, word[1], &id, err))
            return -1;
        value = word[2] ? word + 2 : NULL;
    }
    if (option_defs[id].takes == TAKES_NOTHING) {
        if (value)
            return error_set(err, ERR_USAGE, "--%s takes no value", option_defs[id].name);
        return option_store(o, id, "", err) ? -1 : 1;
    }
    if (value)
        return option_store(o, id, value, err) ? -1 : 1;
    if (stands_alone(o->command, id) && (i + 1 >= argc || !is_number(argv[i + 1])))
        return option_store(o, id, "", err) ? -1 : 1;
    if (i + 1 >= argc)
        return error_set(err, ERR_USAGE, "--%s needs a value: --%s %s", option_defs[id].name,
                         option_defs[id].name, option_defs[id].arg);
    return option_store(o, id, argv[i + 1], err) ? -1 : 2;
}

int options_parse(int argc, char **argv, struct options *out, struct error *err)
{
    bool only_args = false;

    memset(out, 0, sizeof *out);
    if (command_find(argv[1], &out->command, err))
        return -1;
    for (int i = 2; i < argc;) {
        int took = 0;
        if (!only_args && !strcmp(argv[i], "--")) {
            only_args = true;
            i++;
            continue;
        }
        if (!only_args)
            took = option_take(out, argc, argv, i, err);
        if (took < 0)
            return -1;
        if (!took)
            vec_push(&out->args, (const char *)argv[i]);
        i += took ? took : 1;
    }
    const struct command_def *def = &command_defs[out->command];
    if (option_given(out, OPTION_HELP))
        return 0;
    if (out->args.len < def->min_args)
        return error_set(err, ERR_USAGE, "`seam %s` needs %s; for example: %s", def->name,
                         def->args, def->examples[0]);
    if (out->args.len > def->max_args)
        return error_set(err, ERR_USAGE, "`seam %s` takes %s, not also \"%s\"", def->name,
                         *def->args ? def->args : "no file", out->args.at[def->max_args]);
    return 0;
}

void options_release(struct options *o)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        vec_release(&o->value[i].all);
    vec_release(&o->args);
}

bool option_given(const struct options *o, enum option id)
{
    return o->value[id].given;
}

const char *option_text(const struct options *o, enum option id, const char *otherwise)
{
    return o->value[id].given ? o->value[id].text : otherwise;
}

uint64_t option_count(const struct options *o, enum option id, uint64_t otherwise)
{
    return o->value[id].given ? o->value[id].count : otherwise;
}

double option_number(const struct options *o, enum option id, double otherwise)
{
    return o->value[id].given ? o->value[id].number : otherwise;
}

/* Words of `text`, filled into lines of at most 80 columns, the first one beginning at `column`. */
static void put_filled(struct buf *out, const char *text, size_t column, size_t indent)
{
    size_t at = column;

    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > indent && at + 1 + word > 80) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_putc(out, ' ');
            at++;
        }
        buf_add(out, text, word);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

static void put_option(struct buf *out, const struct option_def *def)
{
    enum { HELP_COLUMN = 28 };
    size_t start = out->len;

    if (def->letter)
        buf_printf(out, "  -%c, ", def->letter);
    else
        buf_puts(out, "      ");
    buf_printf(out, "--%s%s%s", def->name, def->arg ? " " : "", def->arg ? def->arg : "");
    size_t at = out->len - start;
    if (at + 2 > HELP_COLUMN) {
        buf_printf(out, "\n%*s", HELP_COLUMN, "");
    } else {
        buf_printf(out, "%*s", (int)(HELP_COLUMN - at), "");
    }
    put_filled(out, def->help, HELP_COLUMN, HELP_COLUMN);
}

void help_command(enum command c, struct buf *out)
{
    const struct command_def *def = &command_defs[c];

    buf_printf(out, "seam %s: %s\n\n", def->name, def->summary);
    for (size_t i = 0; i < sizeof def->examples / sizeof *def->examples && def->examples[i]; i++) {
        buf_puts(out, "  ");
        put_filled(out, def->examples[i], 2, 2);
    }
    buf_putc(out, '\n');
    put_filled(out, def->about, 0, 0);
    buf_printf(out, "\nusage: seam %s%s%s [options]\n\n", def->name, *def->args ? " " : "",
               def->args);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (takes(c, i))
            put_option(out, &option_defs[i]);
}

void help_program(struct buf *out)
{
    buf_puts(out, "seam: how reliable is your AI pipeline, end to end, and what should be "
                  "reviewed?\n\n");
    for (int i = 0; i < COMMAND_COUNT; i++) {
        buf_printf(out, "  %-10s", command_defs[i].name);
        put_filled(out, command_defs[i].summary, 12, 12);
    }
    buf_puts(out,
             "\nexamples:\n"
             "  seam solve scenarios/six-step.yaml\n"
             "  seam replay traces.jsonl --labels labels.csv\n"
             "  seam size --labels labels.csv --target \"auto_error at most 5%\"\n"
             "\n`seam COMMAND -h` shows examples and options of a command; version " SEAM_VERSION
             "\n");
}
