/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam: dispatch and exit status.  Reads from here: cmd_<command>.c, then the layers to the left.
 */
#include "base/error.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "math/gsl_guard.h"
#include "sim/ranks.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int (*const command_run[COMMAND_COUNT])(const struct cli *, struct error *) = {
#define X(name, word) [COMMAND_##name] = cmd_##word,
    COMMANDS(X)
#undef X
};

/* The one flag that a signal handler can reach; commands get it as an argument. */
static atomic_bool stop_asked;

static void on_interrupt(int signal_number)
{
    if (atomic_exchange(&stop_asked, true)) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

/* Of a command that has nothing to show before its end. */
static void on_interrupt_end(int signal_number)
{
    static const char said[] = "seam: interrupted\n";
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, said, sizeof said - 1);
    (void)written;
    _exit(130);
}

/* What COLUMNS says, else the terminal, else 80. */
static int terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    uint64_t n;

    if (columns && *columns && !units_count(columns, &n, &(struct error){0}) && n >= 20 &&
        n < 10000)
        return (int)n;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 80;
}

static bool wants_color(const struct options *o, bool is_terminal)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

    return is_terminal && !option_given(o, OPTION_NO_COLOR) && !(no_color && *no_color) && term &&
           strcmp(term, "dumb");
}

static char *command_line(int argc, char **argv)
{
    struct buf line;

    buf_init(&line);
    buf_puts(&line, "seam");
    for (int i = 1; i < argc; i++) {
        bool plain = *argv[i] && !strpbrk(argv[i], " \t\n\"'$`\\<>|&;*?()[]{}#~");
        buf_puts(&line, plain ? " " : " '");
        for (const char *c = argv[i]; *c; c++)
            buf_puts(&line, *c == '\'' ? "'\\''" : (char[]){*c, '\0'});
        if (!plain)
            buf_putc(&line, '\'');
    }
    return buf_detach(&line);
}

/* Runs of one command follow each other by the hundred and free what they held: handing it back to
 * the system each time costs more than the runs. */
static void keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

static int fail(const struct error *err)
{
    cli_say(err->text);
    return error_exit_status(err->code);
}

/* Other commands than simulate are no work for several ranks. */
static int run(int argc, char **argv, const struct options *options, const struct ranks *ranks)
{
    struct error err = {0};
    struct sigaction action = {.sa_handler = on_interrupt};
    struct buf help;
    int status;

    if (option_given(options, OPTION_HELP)) {
        if (ranks->rank > 0)
            return 0;
        buf_init(&help);
        help_command(options->command, terminal_width(), &help);
        status = cli_print(buf_text(&help), help.len, &err);
        buf_release(&help);
        return status ? fail(&err) : 0;
    }
    if (options->command != COMMAND_SIMULATE) {
        if (ranks->rank > 0)
            return 0;
        ranks = &ranks_alone;
    }
    if (options->command == COMMAND_SOLVE && !option_given(options, OPTION_SWEEP))
        action.sa_handler = on_interrupt_end;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (ranks->size > 1)
        sigaction(SIGUSR1, &action, NULL);
    char *line = command_line(argc, argv);
    struct cli cli = {
        .options = options,
        .stop = &stop_asked,
        .command_line = line,
        .ranks = ranks,
        .started_s = cli_clock_s(),
        .out_is_terminal = isatty(STDOUT_FILENO),
        .err_is_terminal = isatty(STDERR_FILENO),
        .width = terminal_width(),
    };
    cli.color = wants_color(options, cli.out_is_terminal);
    status = command_run[options->command](&cli, &err);
    mem_free(line);
    if (ranks->rank > 0) /* rank 0 speaks for all */
        return 0;
    return status < 0 ? fail(&err) : status;
}

/* What --help stands for as the first word. */
static char asks_help[] = "help";

static int start(int argc, char **argv, const struct ranks *ranks)
{
    struct options options;
    struct error err = {0};
    struct buf help;
    int status;

    math_init();
    keep_freed_memory();
    if (ranks->rank > 0 && argc < 3)
        return 0;
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
        argv[1] = asks_help;
    if (argc < 2) {
        buf_init(&help);
        help_program(terminal_width(), &help);
        status = cli_print(buf_text(&help), help.len, &err);
        buf_release(&help);
        return status ? fail(&err) : 0;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))
        return cli_print("seam " SEAM_VERSION "\n", strlen("seam " SEAM_VERSION "\n"), &err)
                   ? fail(&err)
                   : 0;
    status = options_parse(argc, argv, &options, &err);
    if (status)
        status = ranks->rank == 0 ? fail(&err) : 0;
    else
        status = run(argc, argv, &options, ranks);
    options_release(&options);
    return status;
}

int main(int argc, char **argv)
{
    struct ranks ranks;
    ranks_start(&argc, &argv, &ranks);
    int status = start(argc, argv, &ranks);
    ranks_end();
    return status;
}
