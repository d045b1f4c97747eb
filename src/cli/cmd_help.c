/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam help: the program, a command, a chapter of the manual, or all of it as a man page. */
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "report/text.h"

#include <string.h>

static void put_chapter(const struct cli *cli, const struct manual_chapter *chapter,
                        struct buf *out)
{
    int width = cli->width > HELP_WIDTH ? HELP_WIDTH : cli->width;
    struct document d;

    manual_document(chapter, &d);
    text_document(&d, &(struct text_options){.width = width, .airy = true}, out);
    document_release(&d);
}

static int not_known(const char *word, struct error *err)
{
    const char **names = mem_alloc((COMMAND_COUNT + manual_chapters_count) * sizeof *names);
    size_t n = 0;

    for (; n < COMMAND_COUNT; n++)
        names[n] = command_defs[n].name;
    for (size_t i = 0; i < manual_chapters_count; i++)
        names[n++] = manual_chapters[i].id;
    const char *near = nearest_word(word, names, n);
    mem_free(names);
    return error_set(err, ERR_USAGE,
                     "there is no command or chapter \"%.60s\"%s%s%s; `seam help` lists them", word,
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Appends what is asked for. */
static int put_help(const struct cli *cli, struct buf *out, struct error *err)
{
    const struct options *o = cli->options;
    const char *word = o->args.len ? o->args.at[0] : NULL;

    if (option_given(o, OPTION_MAN)) {
        manual_put_man(out);
        return 0;
    }
    if (!word) {
        help_program(cli->width, out);
        return 0;
    }
    for (int c = 0; c < COMMAND_COUNT; c++)
        if (!strcmp(command_defs[c].name, word)) {
            help_command((enum command)c, cli->width, out);
            return 0;
        }
    if (!manual_chapter(word))
        return not_known(word, err);
    put_chapter(cli, manual_chapter(word), out);
    return 0;
}

int cmd_help(const struct cli *cli, struct error *err)
{
    struct buf out;

    buf_init(&out);
    int status = put_help(cli, &out, err);
    if (!status)
        status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}
