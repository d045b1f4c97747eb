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
    static const char *const alone[] = {"--help", "--version"};
    const char *meant = word[0] == '-' ? nearest_word(word, alone, 2) : NULL;
    if (meant)
        return error_set(err, ERR_USAGE, "there is no option %s; did you mean %s?", word, meant);
    if (word[0] == '-')
        return error_set(err, ERR_USAGE, "the command comes before its options, as in `seam %s %s`",
                         command_defs[COMMAND_SIMULATE].name, word);
    const char *near = nearest_word(word, names, COMMAND_COUNT);
    return error_set(err, ERR_USAGE, "there is no command \"%s\"%s%s%s; `seam` lists them", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool takes(enum command c, int option)
{
    return option_defs[option].commands & (1u << c);
}

/* "an option of `seam size` and `seam labels`", of those commands that take it. */
static void put_owners(struct buf *out, int option)
{
    enum { NAMED = 3 };
    const char *names[COMMAND_COUNT];
    size_t n = 0;

    for (int c = 0; c < COMMAND_COUNT; c++)
        if (takes((enum command)c, option))
            names[n++] = command_defs[c].name;
    buf_puts(out, "an option of ");
    for (size_t i = 0; i < n && i < NAMED; i++)
        buf_printf(out, "%s`seam %s`", i == 0 ? "" : i + 1 == n ? " and " : ", ", names[i]);
    if (n > NAMED)
        buf_puts(out, " and others");
}

/* What was meant by a word that is no option of this command: one of its own, or another's. */
static int option_unknown(enum command c, const char *word, struct error *err)
{
    const char *own[OPTION_COUNT], *all[OPTION_COUNT];
    size_t n = 0;
    struct buf hint;

    for (int i = 0; i < OPTION_COUNT; i++) {
        all[i] = option_defs[i].name;
        if (takes(c, i))
            own[n++] = option_defs[i].name;
    }
    buf_init(&hint);
    const char *near = nearest_word(word, all, OPTION_COUNT), *nearest = nearest_word(word, own, n);
    for (int i = 0; i < OPTION_COUNT && near; i++)
        if (!strcmp(option_defs[i].name, near) && (!nearest || !strcmp(near, word))) {
            buf_printf(&hint, "; --%s is ", near);
            put_owners(&hint, i);
        }
    if (nearest && !hint.len)
        buf_printf(&hint, "; did you mean --%s?", nearest);
    error_set(err, ERR_USAGE, "`seam %s` has no option --%.60s%s; `seam %s -h` lists them",
              command_defs[c].name, word, buf_text(&hint), command_defs[c].name);
    buf_release(&hint);
    return -1;
}

static int option_find(enum command c, const char *name, size_t len, int *out, struct error *err)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (takes(c, i) && strlen(option_defs[i].name) == len &&
            !strncmp(option_defs[i].name, name, len)) {
            *out = i;
            return 0;
        }
    char *word = mem_alloc(len + 1);
    memcpy(word, name, len);
    word[len] = '\0';
    int status = option_unknown(c, word, err);
    mem_free(word);
    return status;
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

/* `seam run --resume` speaks of the last run, and `--resume 7` of one. */
static bool stands_alone(enum command c, int option)
{
    return c == COMMAND_RUN && option == OPTION_RESUME;
}

/* Is `len` bytes at `word` one of the words? */
static bool is_listed(const char *words, const char *word, size_t len)
{
    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == len && !strncmp(at, word, len))
            return true;
        at += n;
    }
    return false;
}

/* What stands where one of a few words must: "--method splt", "`seam runs` lst". */
static int word_unknown(const char *where, const struct word_list *list, const char *text,
                        size_t len, struct error *err)
{
    enum { WORDS_MAX = 64 };
    const char *words[WORDS_MAX];
    struct arena arena;
    struct buf all;
    size_t n = 0;

    arena_init(&arena);
    buf_init(&all);
    for (const char *at = list->words; *at && n < WORDS_MAX; at += strspn(at, " ")) {
        size_t one = strcspn(at, " ");
        words[n++] = arena_strndup(&arena, at, one);
        at += one;
    }
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s%s",
                   i == 0       ? ""
                   : i + 1 == n ? (list->several ? " and " : " or ")
                                : ", ",
                   words[i]);
    const char *word = arena_strndup(&arena, text, len), *near = nearest_word(word, words, n);
    error_set(err, ERR_USAGE, "%s: \"%.60s\" is not one of %s%s%s%s", where, word, buf_text(&all),
              near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
    buf_release(&all);
    arena_release(&arena);
    return -1;
}

static int check_word(const char *where, const struct word_list *list, const char *text,
                      struct error *err)
{
    if (!list || list->open)
        return 0;
    for (const char *at = text;; at++) {
        size_t len = list->several ? strcspn(at, ",") : strlen(at);
        if (!is_listed(list->words, at, len))
            return word_unknown(where, list, at, len, err);
        at += len;
        if (!*at)
            return 0;
    }
}

static int option_store(struct options *o, int id, const char *text, struct error *err)
{
    struct option_value *v = &o->value[id];
    const struct option_def *def = &option_defs[id];
    int status = 0;

    if (v->given && def->takes != TAKES_MANY && strcmp(v->text, text))
        return error_set(err, ERR_USAGE, "--%s is given twice, %s and %s; once is enough",
                         def->name, v->text, text);
    if (!*text && def->takes != TAKES_NOTHING && !stands_alone(o->command, id))
        return error_set(err, ERR_USAGE, "--%s needs a value: --%s %s", def->name, def->name,
                         def->arg);
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
    case TAKES_TEXT: {
        char where[64] = "--";
        strncat(where, def->name, sizeof where - 3);
        return check_word(where, words_of(o->command, id), text, err);
    }
    case TAKES_NOTHING:
        break;
    }
    if (status) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--%s", def->name);
    }
    return 0;
}

static bool is_number(const char *word)
{
    return *word && strspn(word, "0123456789") == strlen(word);
}

static int option_take(struct options *o, int argc, char **argv, int i, struct error *err);

/* The letters behind the first one of argv[i], as if they stood by themselves. */
static int option_take_letters(struct options *o, int argc, char **argv, int i, struct error *err)
{
    struct buf rest;

    buf_init(&rest);
    buf_printf(&rest, "-%s", argv[i] + 2);
    char **words = arena_alloc(&o->arena, ((size_t)(argc - i) + 1) * sizeof *words);
    memcpy(words, argv + i, (size_t)(argc - i) * sizeof *words);
    words[0] = arena_strdup(&o->arena, buf_text(&rest));
    buf_release(&rest);
    return option_take(o, argc - i, words, 0, err);
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
        if (value && word[1] != '-') /* letters together, as in -qn 1000 */
            return option_store(o, id, "", err) ? -1 : option_take_letters(o, argc, argv, i, err);
        if (value)
            return error_set(err, ERR_USAGE, "--%s takes no value", option_defs[id].name);
        return option_store(o, id, "", err) ? -1 : 1;
    }
    if (value)
        return option_store(o, id, value, err) ? -1 : 1;
    if (stands_alone(o->command, id) && (i + 1 >= argc || !is_number(argv[i + 1])))
        return option_store(o, id, "", err) ? -1 : 1;
    if (i + 1 >= argc || !strncmp(argv[i + 1], "--", 2))
        return error_set(err, ERR_USAGE, "--%s needs a value: --%s %s", option_defs[id].name,
                         option_defs[id].name, option_defs[id].arg);
    return option_store(o, id, argv[i + 1], err) ? -1 : 2;
}

/* What the tables say of the words that are no options. */
static int check_args(const struct options *o, struct error *err)
{
    const struct command_def *def = &command_defs[o->command];
    const struct word_list *first = words_of(o->command, FIRST_ARGUMENT);
    char where[64] = "`seam ";

    strncat(where, def->name, 32);
    strcat(where, "`");
    if (o->args.len && first && check_word(where, first, o->args.at[0], err))
        return -1;
    for (size_t i = 0; i < o->args.len; i++)
        if (!*o->args.at[i])
            return error_set(err, ERR_USAGE, "`seam %s`: an argument is empty", def->name);
    if (o->args.len < def->min_args)
        return error_set(err, ERR_USAGE, "`seam %s` needs %s; for example: %s", def->name,
                         def->args, def->examples[0]);
    if (o->args.len > def->max_args)
        return error_set(err, ERR_USAGE, "`seam %s` takes %s, not also \"%s\"", def->name,
                         *def->args ? def->args : "no file", o->args.at[def->max_args]);
    return 0;
}

int options_parse(int argc, char **argv, struct options *out, struct error *err)
{
    bool only_args = false;

    memset(out, 0, sizeof *out);
    arena_init(&out->arena);
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
    if (option_given(out, OPTION_HELP))
        return 0;
    if (option_given(out, OPTION_JSON) && option_given(out, OPTION_CSV))
        return error_set(err, ERR_USAGE,
                         "--json and --csv are two forms of one answer: ask for one of them");
    return check_args(out, err);
}

void options_release(struct options *o)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        vec_release(&o->value[i].all);
    vec_release(&o->args);
    arena_release(&o->arena);
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
