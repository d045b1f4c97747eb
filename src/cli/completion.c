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
enum value_kind {
    KIND_NONE,
    KIND_TEXT,
    KIND_FILE,
    KIND_FOLDER,
    KIND_PATH,
    KIND_METRIC,
    KIND_WIDTH, /* a metric and = */
    KIND_COUNT
};
/* What stands behind a command, or behind the word that its first argument is. */
enum files { FILES_ANY, FILES_SCENARIO, FILES_NONE };

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
    if (begins(def->arg, "TARGET"))
        return KIND_METRIC;
    if (begins(def->arg, "METRIC="))
        return KIND_WIDTH;
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

/* Every option with a value, each with a space behind it. */
static void put_valued(struct buf *out)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_def *def = &option_defs[i];
        if (def->takes != TAKES_NOTHING)
            buf_printf(out, "--%s ", def->name);
        if (def->takes != TAKES_NOTHING && def->letter)
            buf_printf(out, "-%c ", def->letter);
    }
}

static enum files files_of(enum command c)
{
    const struct command_def *def = &command_defs[c];
    bool scenario = begins(def->args, "FILE") || begins(def->args, "[FILE");
    if (scenario)
        return FILES_SCENARIO;
    bool words = c == COMMAND_HELP || words_of(c, FIRST_ARGUMENT);
    return def->max_args == 0 || (words && def->max_args == 1) || c == COMMAND_RUNS ? FILES_NONE
                                                                                    : FILES_ANY;
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
    "    local command=${COMP_WORDS[1]} options='' first='' words='' files='' list='' file i "
    "place=0\n"
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
    "    # a value that stands apart from its option is no argument\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        case ${COMP_WORDS[i]} in\n"
    "        =) i=$((i + 1)) ;;\n"
    "        -*) [[ $valued == *\" ${COMP_WORDS[i]} \"* && ${COMP_WORDS[i + 1]} != = ]] && "
    "i=$((i + 1)) ;;\n"
    "        *) place=$((place + 1)) ;;\n"
    "        esac\n"
    "    done\n"
    "    if [ -n \"$first\" ] && [ \"$place\" -eq 0 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$cur\")\n"
    "        return\n"
    "    fi\n"
    "    [ \"$files\" = none ] && return\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    if [ \"$files\" = scenario ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -f -X '!*.y*ml' -- \"$cur\"; compgen -d -- "
    "\"$cur\")\n"
    "        [ ${#COMPREPLY[@]} -gt 0 ] && return\n"
    "    fi\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
    "}\n"
    "complete -F _seam seam\n";

static void put_bash_commands(struct buf *out)
{
    static const char *const names[] = {
        [FILES_ANY] = "any", [FILES_SCENARIO] = "scenario", [FILES_NONE] = "none"};
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
        buf_printf(out, "'\n        files=%s\n        ;;\n", names[files_of((enum command)c)]);
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
                buf_printf(out, "    %s--%s) words='%s'%s ;;\n", command_defs[c].name,
                           option_defs[list->what].name, list->words,
                           list->several ? " list=yes" : "");
    }
    buf_puts(out, "    esac\n    case $list$cur in yes*,*)\n"
                  "        mapfile -t COMPREPLY < <(compgen -P \"${cur%,*},\" -W \"$words\" -- "
                  "\"${cur##*,}\")\n        return ;;\n    esac\n"
                  "    if [ -n \"$words\" ]; then\n"
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
    put_bash_names(out, KIND_WIDTH);
    buf_puts(out, ")\n        mapfile -t COMPREPLY < <(compgen -S = -W '");
    put_metrics(out, " ");
    buf_puts(out, "' -- \"$cur\")\n        compopt -o nospace 2>/dev/null\n        return\n"
                  "        ;;\n    ");
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
    buf_puts(out, "        words='");
    put_commands(out);
    buf_puts(out, "'\n        [ \"${cur#-}\" != \"$cur\" ] && words='--help --version'\n"
                  "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
                  "        return\n    fi\n    local valued=' ");
    put_valued(out);
    buf_puts(out, "'\n");
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
    case KIND_WIDTH:
        buf_puts(out, ":_seam_metrics -S =");
        return;
    case KIND_FOLDER:
        buf_puts(out, ":_files -/");
        return;
    case KIND_FILE:
        buf_puts(out, ":_files");
        return;
    case KIND_COUNT:
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
                               "    for word in \"${(@)words[2,-1]}\"; do\n"
                               "        [[ $word == *.(yaml|yml) && -f $word ]] || continue\n"
                               "        compadd -S = -- ${(f)\"$($seam check --paths --quiet "
                               "$word 2>/dev/null | cut -d ' ' "
                               "-f 1)\"}\n"
                               "        return\n"
                               "    done\n"
                               "}\n";

void completion_zsh(struct buf *out)
{
    static const char *const rest[] = {[FILES_ANY] = "            '*:file:_files'",
                                       [FILES_SCENARIO] =
                                           "            '*:scenario:_files -g \"*.(yaml|yml)\"'",
                                       [FILES_NONE] = ""};
    buf_puts(out, zsh_head);
    buf_puts(out, "_seam_metrics() {\n    compadd \"$@\" -- ");
    put_metrics(out, " ");
    buf_puts(out, "\n}\n_seam() {\n    local -a commands\n    commands=(\n");
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_printf(out, "        '%s:", command_defs[c].name);
        put_zsh_text(out, command_defs[c].summary);
        buf_puts(out, "'\n");
    }
    buf_puts(out, "    )\n    if ((CURRENT == 2)); then\n        _describe command commands\n"
                  "        _arguments '--help[commands and examples]' '--version[the version]'\n"
                  "        return\n    fi\n    local seam=${words[1]} command=${words[2]}\n"
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
        buf_puts(out, rest[files_of((enum command)c)]);
        buf_puts(out, "\n        ;;\n");
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
    case KIND_WIDTH:
        buf_puts(out, " -x -a '");
        put_metrics(out, "= ");
        buf_puts(out, "='");
        return;
    case KIND_FOLDER:
        buf_puts(out, " -x -a '(__fish_complete_directories)'");
        return;
    case KIND_FILE:
        buf_puts(out, " -r -F");
        return;
    case KIND_COUNT:
    case KIND_TEXT:
        buf_puts(out, " -x");
        if (list && list->several)
            buf_printf(out, " -a '(__seam_list %s)'", list->words);
        else if (list)
            buf_printf(out, " -a '%s'", list->words);
    }
}

static void put_fish_name(struct buf *out, enum command c, int option)
{
    buf_printf(out, "complete -c seam -n '__seam_on %s' -l %s", command_defs[c].name,
               option_defs[option].name);
    if (option_defs[option].letter)
        buf_printf(out, " -s %c", option_defs[option].letter);
}

/* Its values come on a line of their own, before the one whose words tell of it: else fish would
 * show those beside each value. */
static void put_fish_option(struct buf *out, enum command c, int option)
{
    const struct option_def *def = &option_defs[option];
    if (def->takes != TAKES_NOTHING) {
        put_fish_name(out, c, option);
        put_fish_value(out, c, option);
        buf_putc(out, '\n');
    }
    put_fish_name(out, c, option);
    buf_puts(out, def->takes != TAKES_NOTHING ? " -r -d " : " -d ");
    put_fish_text(out, def->help);
    buf_putc(out, '\n');
}

static const char fish_head[] =
    "# fish completion for seam, as `seam completion fish` prints it\n"
    "function __seam_on\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt 1; and contains -- $words[2] $argv\n"
    "end\n"
    "function __seam_first\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt 1; and contains -- $words[2] $argv; or return 1\n"
    "    set -l value no\n"
    "    for word in $words[3..-1]\n"
    "        if test $value = yes\n"
    "            set value no\n"
    "        else if contains -- $word $__seam_valued\n"
    "            set value yes\n"
    "        else if not string match -q -- '-*' $word\n"
    "            return 1\n"
    "        end\n"
    "    end\n"
    "    return 0\n"
    "end\n"
    "function __seam_list\n"
    "    set -l before (commandline -ct | string replace -rf '^(.*,).*' '$1')\n"
    "    printf '%s\\n' \"$before\"$argv\n"
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
    buf_puts(out, "set -g __seam_valued ");
    put_valued(out);
    buf_putc(out, '\n');
    for (int c = 0; c < COMMAND_COUNT; c++) {
        buf_printf(out, "complete -c seam -n __fish_use_subcommand -f -a %s -d ",
                   command_defs[c].name);
        put_fish_text(out, command_defs[c].summary);
        buf_putc(out, '\n');
    }
    buf_puts(out, "complete -c seam -n __fish_use_subcommand -l help -s h -f -d 'commands and "
                  "examples'\n"
                  "complete -c seam -n __fish_use_subcommand -l version -f -d 'the version'\n");
    for (int c = 0; c < COMMAND_COUNT; c++) {
        struct buf first;
        buf_init(&first);
        put_first(&first, (enum command)c);
        if (files_of((enum command)c) == FILES_SCENARIO)
            buf_printf(
                out,
                "complete -c seam -n '__seam_on %s' -k -x -a '(__fish_complete_suffix .yaml)'\n",
                command_defs[c].name);
        else if (files_of((enum command)c) == FILES_NONE)
            buf_printf(out, "complete -c seam -n '__seam_on %s' -f\n", command_defs[c].name);
        if (first.len)
            buf_printf(out, "complete -c seam -n '__seam_first %s' -f -a '%s'\n",
                       command_defs[c].name, buf_text(&first));
        buf_release(&first);
        for (int i = 0; i < OPTION_COUNT; i++)
            if (takes(c, i))
                put_fish_option(out, (enum command)c, i);
    }
}
