/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may stand at a place: a command, an option of the command, a word of word_lists, a metric, a
 * path of the scenario (which the program is asked for), a file.  Each shell gets this as a script
 * of its own; nothing but the program is asked when a key is pressed. */
#include "cli/completion.h"

#include "cli/manual.h"
#include "model/commands.h"
#include "model/result.h"
#include "report/plot.h"

#include <string.h>

/* What kind of value an option takes, by what its help calls it. */
enum value_kind { KIND_NONE, KIND_TEXT, KIND_FILE, KIND_FOLDER, KIND_PATH, KIND_METRIC };

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static enum value_kind kind_of(const struct option_def *def)
{
    if (def->takes == TAKES_NOTHING)
        return KIND_NONE;
    if (begins(def->arg, "PATH="))
        return KIND_PATH;
    if (begins(def->arg, "TARGET") || begins(def->arg, "METRIC"))
        return KIND_METRIC;
    if (begins(def->arg, "FOLDER"))
        return KIND_FOLDER;
    if (begins(def->arg, "FILE") || begins(def->arg, "PATH") || begins(def->arg, "LOG") ||
        begins(def->arg, "CSV"))
        return KIND_FILE;
    return KIND_TEXT;
}

static bool takes(int c, int option)
{
    return option_defs[option].commands & (1u << c);
}

/* Of all items: those that targets are set on. */
static void put_metrics(struct buf *out, const char *between)
{
    bool first = true;
    for (size_t i = 0; i < metric_defs_count; i++)
        if (metric_defs[i].scope == METRIC_TOP) {
            buf_printf(out, "%s%s", first ? "" : between, metric_defs[i].name);
            first = false;
        }
}

static void put_commands(struct buf *out)
{
    for (int c = 0; c < COMMAND_COUNT; c++)
        buf_printf(out, "%s%s", c ? " " : "", command_defs[c].name);
}

static void put_chapters(struct buf *out)
{
    for (size_t i = 0; i < manual_chapters_count; i++)
        buf_printf(out, " %s", manual_chapters[i].id);
}

static void put_plots(struct buf *out)
{
    for (int k = 0; k < PLOT_KIND_COUNT; k++)
        buf_printf(out, "%s%s", k ? " " : "", plot_def((enum plot_kind)k)->name);
}

/* What can stand first behind a command, "" where it is a file. */
static void put_first(struct buf *out, enum command c)
{
    const struct word_list *list = words_of(c, FIRST_ARGUMENT);
    if (c == COMMAND_HELP) {
        put_commands(out);
        put_chapters(out);
    } else if (c == COMMAND_PLOT) {
        put_plots(out);
    } else if (list) {
        buf_puts(out, list->words);
    }
}

/* ---- bash ----------------------------------------------------------------------------------- */

static const char bash_head[] =
    "# bash completion for seam, as `seam completion bash` prints it\n"
    "_seam_scenario() {\n"
    "    local word\n"
    "    for word in \"${COMP_WORDS[@]:2}\"; do\n"
    "        case $word in *.yaml | *.yml) [ -f \"$word\" ] && printf '%s' \"$word\" && return ;; "
    "esac\n"
    "    done\n"
    "}\n"
    "_seam() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=${COMP_WORDS[1]} options='' first='' words='' file i place=0\n"
    "    COMPREPLY=()\n"
    "    # --name=value comes as three words\n"
    "    if [ \"$cur\" = = ]; then cur=''; elif [ \"$prev\" = = ]; then "
    "prev=${COMP_WORDS[COMP_CWORD - "
    "2]}; fi\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n";

static const char bash_tail[] =
    "    if [ \"${cur#-}\" != \"$cur\" ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
    "        return\n"
    "    fi\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in -*) ;; *) place=$((place + 1)) ;; esac\n"
    "    done\n"
    "    if [ -n \"$first\" ] && [ \"$place\" -eq 0 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$cur\")\n"
    "        return\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "complete -F _seam seam\n";

static void put_bash_commands(struct buf *out)
{
    buf_puts(out, "    case $command in\n");
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_printf(out, "    %s)\n        options='", command_defs[c].name);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if (takes(c, i))
                buf_printf(out, "--%s ", option_defs[i].name);
            if (takes(c, i) && option_defs[i].letter)
                buf_printf(out, "-%c ", option_defs[i].letter);
        }
        buf_puts(out, "'\n        first='");
        put_first(out, (enum command)c);
        buf_puts(out, "'\n        ;;\n");
    }
    buf_puts(out, "    esac\n");
}

/* "--out | -o" of every option of the kind. */
static void put_bash_names(struct buf *out, enum value_kind kind)
{
    bool first = true;
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (kind_of(&option_defs[i]) != kind)
            continue;
        buf_printf(out, "%s--%s", first ? "" : " | ", option_defs[i].name);
        if (option_defs[i].letter)
            buf_printf(out, " | -%c", option_defs[i].letter);
        first = false;
    }
}

static void put_bash_values(struct buf *out)
{
    buf_puts(out, "    case $command$prev in\n");
    for (size_t i = 0; i < word_lists_count; i++) {
        const struct word_list *list = &word_lists[i];
        for (int c = 0; c < COMMAND_COUNT; c++)
            if (list->what != FIRST_ARGUMENT && (list->commands & (1u << c)))
                buf_printf(out, "    %s--%s) words='%s' ;;\n", command_defs[c].name,
                           option_defs[list->what].name, list->words);
    }
    buf_puts(out, "    esac\n    if [ -n \"$words\" ]; then\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                  "        return\n    fi\n    case $prev in\n    ");
    put_bash_names(out, KIND_PATH);
    buf_puts(
        out,
        ")\n        file=$(_seam_scenario)\n"
        "        [ -n \"$file\" ] && mapfile -t COMPREPLY < <(compgen -W \"$(\"${COMP_WORDS[0]}\" "
        "check --paths --quiet \"$file\" 2>/dev/null | cut -d ' ' -f 1)\" -S = -- \"$cur\")\n"
        "        compopt -o nospace 2>/dev/null\n        return\n        ;;\n    ");
    put_bash_names(out, KIND_METRIC);
    buf_puts(out, ")\n        mapfile -t COMPREPLY < <(compgen -W '");
    put_metrics(out, " ");
    buf_puts(out, "' -- \"${cur#[\\\"\\']}\")\n        return\n        ;;\n    ");
    put_bash_names(out, KIND_FOLDER);
    buf_puts(out, ")\n        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
                  "        compopt -o filenames 2>/dev/null\n        return\n        ;;\n    ");
    put_bash_names(out, KIND_FILE);
    buf_puts(out, ")\n        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                  "        compopt -o filenames 2>/dev/null\n        return\n        ;;\n    ");
    put_bash_names(out, KIND_TEXT);
    buf_puts(out, ") return ;;\n    esac\n");
}

void completion_bash(struct buf *out)
{
    buf_puts(out, bash_head);
    buf_puts(out, "        mapfile -t COMPREPLY < <(compgen -W '");
    put_commands(out);
    buf_puts(out, "' -- \"$cur\")\n        return\n    fi\n");
    put_bash_commands(out);
    put_bash_values(out);
    buf_puts(out, bash_tail);
}

/* ---- zsh ------------------------------------------------------------------------------------ */

/* Inside '...', where brackets and colons mean something to _arguments. */
static void put_zsh_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            buf_puts(out, "'\\''");
        else if (strchr("[]:\\", *text))
            buf_printf(out, "\\%c", *text);
        else
            buf_putc(out, *text);
    }
}

static void put_zsh_action(struct buf *out, enum command c, int option)
{
    const struct word_list *list = words_of(c, option);
    switch (kind_of(&option_defs[option])) {
    case KIND_NONE:
        return;
    case KIND_PATH:
        buf_puts(out, ":_seam_paths");
        return;
    case KIND_METRIC:
        buf_puts(out, ":_seam_metrics");
        return;
    case KIND_FOLDER:
        buf_puts(out, ":_files -/");
        return;
    case KIND_FILE:
        buf_puts(out, ":_files");
        return;
    case KIND_TEXT:
        if (list && list->several)
            buf_printf(out, ":_values -s , value %s", list->words);
        else if (list)
            buf_printf(out, ":(%s)", list->words);
        else
            buf_puts(out, ": ");
    }
}

static void put_zsh_option(struct buf *out, enum command c, int option)
{
    const struct option_def *def = &option_defs[option];
    bool many = def->takes == TAKES_MANY, value = def->takes != TAKES_NOTHING;
    buf_puts(out, "            ");
    if (def->letter)
        buf_printf(out, "'(-%c --%s)'{-%c%s,--%s%s}'[", def->letter, def->name, def->letter,
                   value ? "+" : "", def->name, value ? "=" : "");
    else
        buf_printf(out, "'%s--%s%s[", many ? "*" : "", def->name, value ? "=" : "");
    put_zsh_text(out, def->help);
    buf_puts(out, "]");
    if (value) {
        buf_putc(out, ':');
        put_zsh_text(out, def->arg);
        put_zsh_action(out, c, option);
    }
    buf_puts(out, "' \\\n");
}

static const char zsh_head[] = "#compdef seam\n"
                               "# zsh completion for seam, as `seam completion zsh` prints it\n"
                               "_seam_paths() {\n"
                               "    local word\n"
                               "    for word in \"${(@)words[3,-1]}\"; do\n"
                               "        [[ $word == *.(yaml|yml) && -f $word ]] || continue\n"
                               "        compadd -S = -- ${(f)\"$(${words[1]} check --paths --quiet "
                               "$word 2>/dev/null | cut -d ' ' "
                               "-f 1)\"}\n"
                               "        return\n"
                               "    done\n"
                               "}\n";

void completion_zsh(struct buf *out)
{
    buf_puts(out, zsh_head);
    buf_puts(out, "_seam_metrics() {\n    compadd -- ");
    put_metrics(out, " ");
    buf_puts(out, "\n}\n_seam() {\n    local -a commands\n    commands=(\n");
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_printf(out, "        '%s:", command_defs[c].name);
        put_zsh_text(out, command_defs[c].summary);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n"
                  "        return\n    fi\n    local command=${words[2]}\n"
                  "    case $command in\n");
    for (int c = 0; c < COMMAND_COUNT; c++) {
        struct buf first;
        buf_init(&first);
        put_first(&first, (enum command)c);
        buf_printf(out,
                   "    %s)\n        shift words\n        ((CURRENT--))\n"
                   "        _arguments -s -S \\\n",
                   command_defs[c].name);
        for (int i = 0; i < OPTION_COUNT; i++)
            if (takes(c, i))
                put_zsh_option(out, (enum command)c, i);
        if (first.len)
            buf_printf(out, "            '1:what:(%s)' \\\n", buf_text(&first));
        buf_puts(out, "            '*:file:_files'\n        ;;\n");
        buf_release(&first);
    }
    buf_puts(out, "    esac\n}\nif [ \"$funcstack[1]\" = _seam ]; then\n    _seam \"$@\"\nelse\n"
                  "    compdef _seam seam\nfi\n");
}

/* ---- fish ----------------------------------------------------------------------------------- */

static void put_fish_text(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static void put_fish_value(struct buf *out, enum command c, int option)
{
    const struct word_list *list = words_of(c, option);
    switch (kind_of(&option_defs[option])) {
    case KIND_NONE:
        return;
    case KIND_PATH:
        buf_puts(out, " -x -a '(__seam_paths)'");
        return;
    case KIND_METRIC:
        buf_puts(out, " -x -a '");
        put_metrics(out, " ");
        buf_puts(out, "'");
        return;
    case KIND_FOLDER:
        buf_puts(out, " -x -a '(__fish_complete_directories)'");
        return;
    case KIND_FILE:
        buf_puts(out, " -r -F");
        return;
    case KIND_TEXT:
        buf_puts(out, " -x");
        if (list)
            buf_printf(out, " -a '%s'", list->words);
    }
}

static const char fish_head[] =
    "# fish completion for seam, as `seam completion fish` prints it\n"
    "function __seam_on\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt 1; and contains -- $words[2] $argv\n"
    "end\n"
    "function __seam_first\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -eq 2; and contains -- $words[2] $argv\n"
    "end\n"
    "function __seam_paths\n"
    "    for word in (commandline -opc)\n"
    "        if string match -qr '[.]ya?ml$' -- $word; and test -f $word\n"
    "            seam check --paths --quiet $word 2>/dev/null | string replace -r ' .*' '='\n"
    "            return\n"
    "        end\n"
    "    end\n"
    "end\n";

void completion_fish(struct buf *out)
{
    buf_puts(out, fish_head);
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_printf(out, "complete -c seam -n __fish_use_subcommand -f -a %s -d ",
                   command_defs[c].name);
        put_fish_text(out, command_defs[c].summary);
        buf_putc(out, '\n');
    }
    for (int c = 0; c < COMMAND_COUNT; c++) {
        struct buf first;
        buf_init(&first);
        put_first(&first, (enum command)c);
        if (first.len)
            buf_printf(out, "complete -c seam -n '__seam_first %s' -f -a '%s'\n",
                       command_defs[c].name, buf_text(&first));
        buf_release(&first);
        for (int i = 0; i < OPTION_COUNT; i++) {
            if (!takes(c, i))
                continue;
            buf_printf(out, "complete -c seam -n '__seam_on %s' -l %s", command_defs[c].name,
                       option_defs[i].name);
            if (option_defs[i].letter)
                buf_printf(out, " -s %c", option_defs[i].letter);
            put_fish_value(out, (enum command)c, i);
            buf_puts(out, " -d ");
            put_fish_text(out, option_defs[i].help);
            buf_putc(out, '\n');
        }
    }
}
