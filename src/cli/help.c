/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help as people read it: what it is for, then examples, then the rest. */
#include "cli/help.h"

#include "cli/cli.h"
#include "cli/manual.h"
#include "report/document.h"

#include <string.h>

/* The commands by what they are for. */
static const struct help_group {
    const char *title;
    const char *names; /* with spaces between */
} help_groups[HELP_GROUPS] = {
    {"before launch",                     "check solve simulate size compare import"},
    {"in production",                     "replay fit backtest drift"               },
    {"executed, with people in the loop", "run review labels runs mcp"              },
    {"for the people who decide",         "report plot"                             },
    {"the program itself",                ""                                        },
};

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n == len && !strncmp(at, word, len))
            return true;
        at += n;
    }
    return false;
}

bool help_in_group(size_t group, enum command c)
{
    if (*help_groups[group].names)
        return has_word(help_groups[group].names, command_defs[c].name);
    for (size_t g = 0; g < HELP_GROUPS; g++)
        if (g != group && has_word(help_groups[g].names, command_defs[c].name))
            return false;
    return true;
}

static size_t width_of(int width)
{
    return width > HELP_WIDTH ? HELP_WIDTH : (size_t)width;
}

/* The bytes of the first argument of a command line; spaces in quotes are its own. */
static size_t argument_len(const char *line)
{
    size_t len = 0;

    for (bool quoted = false; line[len] && (quoted || line[len] != ' '); len++)
        quoted ^= line[len] == '"';
    return len;
}

void help_put_example(struct buf *out, const char *line, size_t indent, size_t width)
{
    size_t next = indent + 4, at = indent;

    buf_printf(out, "%*s", (int)indent, "");
    for (size_t len; *line; line += len, line += *line == ' ') {
        len = argument_len(line);
        size_t spare = line[len] ? 2 : 0; /* for the mark that the line goes on */
        if (at > next && at + 1 + len + spare > width) {
            buf_printf(out, " \\\n%*s", (int)next, "");
            at = next;
        } else if (at > indent) {
            buf_putc(out, ' ');
            at++;
        }
        buf_add(out, line, len);
        at += len;
    }
    buf_putc(out, '\n');
}

static void put_option(struct buf *out, const struct option_def *def, size_t width)
{
    size_t column = width < 72 ? 8 : 28;
    size_t start = out->len;

    if (def->letter)
        buf_printf(out, "  -%c, ", def->letter);
    else
        buf_puts(out, "      ");
    buf_printf(out, "--%s%s%s", def->name, def->arg ? " " : "", def->arg ? def->arg : "");
    size_t at = out->len - start;
    if (at + 2 > column)
        buf_printf(out, "\n%*s", (int)column, "");
    else
        buf_printf(out, "%*s", (int)(column - at), "");
    text_fill(out, def->help, column, column, width);
}

void help_command(enum command c, int width, struct buf *out)
{
    const struct command_def *def = &command_defs[c];
    size_t columns = width_of(width);

    buf_printf(out, "seam %s: ", def->name);
    text_fill(out, def->summary, strlen(def->name) + 7, strlen(def->name) + 7, columns);
    buf_putc(out, '\n');
    for (size_t i = 0; i < sizeof def->examples / sizeof *def->examples && def->examples[i]; i++)
        help_put_example(out, def->examples[i], 2, columns);
    buf_putc(out, '\n');
    text_fill(out, def->about, 0, 0, columns);
    if (c == COMMAND_PLOT)
        cli_plot_kinds(columns, out);
    buf_printf(out, "\nusage: seam %s%s%s [options]\n\n", def->name, *def->args ? " " : "",
               def->args);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_defs[i].commands & (1u << c))
            put_option(out, &option_defs[i], columns);
}

void help_program(int width, struct buf *out)
{
    static const char *const examples[] = {
        "seam solve scenarios/six-step.yaml", "seam replay traces.jsonl --labels labels.csv",
        "seam size --labels answers.csv --target \"auto_error at most 5%\""};
    size_t columns = width_of(width);

    text_fill(out,
              "seam: how reliable is your AI pipeline, end to end, and what should be reviewed?", 0,
              0, columns);
    for (size_t g = 0; g < HELP_GROUPS; g++) {
        buf_printf(out, "\n%s\n", help_groups[g].title);
        for (int c = 0; c < COMMAND_COUNT; c++) {
            if (!help_in_group(g, (enum command)c))
                continue;
            buf_printf(out, "  %-11s", command_defs[c].name);
            text_fill(out, command_defs[c].summary, 13, 13, columns);
        }
    }
    buf_puts(out, "\nexamples\n");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        help_put_example(out, examples[i], 2, columns);
    buf_putc(out, '\n');
    struct buf last;
    buf_init(&last);
    buf_puts(&last, "`seam COMMAND -h` shows examples and options; `seam help CHAPTER` reads the "
                    "manual:");
    for (size_t i = 0; i < manual_chapters_count; i++)
        buf_printf(&last, " %s%s", manual_chapters[i].id,
                   i + 1 < manual_chapters_count ? "," : ".");
    buf_puts(&last, " Version " SEAM_VERSION ".");
    text_fill(out, buf_text(&last), 0, 0, columns);
    buf_release(&last);
}
