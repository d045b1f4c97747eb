/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam: dispatch and exit status.  Reads from here: cmd_<command>.c, then the layers to the left.
 */
#include "base/error.h"
#include "base/units.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "math/gsl_guard.h"
#include "sim/ranks.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int (*const command_run[COMMAND_COUNT])(const struct cli *, struct error *) = {
#define X(name, word) [COMMAND_##name] = cmd_##word,
    COMMANDS(X)
#undef X
};

/* The one flag that a signal handler can reach; commands get it as an argument. */
static atomic_bool stop_asked;
/* What ends a command that does not look at the flag in time. */
static timer_t patience;
static const char *interrupted; /* said then; it wipes what a bar has left on a terminal */

static void end_interrupted(int signal_number)
{
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, interrupted, strlen(interrupted));
    (void)written;
    _exit(130);
}

static void on_interrupt(int signal_number)
{
    if (atomic_exchange(&stop_asked, true)) {
        terminal_close();
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

/* Within the second that is promised: what the command has until then, it prints itself. */
static void on_interrupt_hurry(int signal_number)
{
    static const struct itimerspec soon = {.it_value.tv_nsec = 800 * 1000 * 1000};

    on_interrupt(signal_number);
    timer_settime(patience, 0, &soon, NULL);
}

/* Those with something to show before their end look at the flag, at all times or (as one that
 * reads a log first) at some; the others have nothing that would be worth a wait. */
static void (*handler_of(const struct options *o))(int)
{
    static const unsigned always = 1u << COMMAND_SIMULATE | 1u << COMMAND_REVIEW,
                          at_times = 1u << COMMAND_COMPARE | 1u << COMMAND_SIZE |
                                     1u << COMMAND_REPLAY | 1u << COMMAND_BACKTEST |
                                     1u << COMMAND_REPORT | 1u << COMMAND_PLOT | 1u << COMMAND_MCP;
    unsigned command = 1u << o->command;

    if (command & always || (o->command == COMMAND_SOLVE && option_given(o, OPTION_SWEEP)))
        return on_interrupt;
    return command & at_times ? on_interrupt_hurry : end_interrupted;
}

void cli_heed_stop(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void hear_signals(const struct options *o, const struct ranks *ranks)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct sigaction action = {.sa_handler = handler_of(o)}, end = {.sa_handler = end_interrupted};

    interrupted = isatty(STDERR_FILENO) && terminal_is_smart() ? "\r\033[Kseam: interrupted\n"
                                                               : "seam: interrupted\n";
    if (action.sa_handler == on_interrupt_hurry &&
        (sigaction(SIGALRM, &end, NULL) || timer_create(CLOCK_MONOTONIC, &event, &patience)))
        action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (ranks->size > 1)
        sigaction(SIGUSR1, &action, NULL);
}

/* A file opened where a standard stream was closed would take its number, and what is said its
 * contents.  What stands in for it can only be used the other way round, so that every use still
 * fails. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(error_exit_status(ERR_IO));
}

/* What COLUMNS says, else the terminal, else 80. */
static int width_told(void)
{
    const char *columns = getenv("COLUMNS");
    uint64_t n;

    if (columns && *columns && !units_count(columns, &n, &(struct error){0}) && n >= 20 &&
        n < 10000)
        return (int)n;
    return terminal_columns(STDOUT_FILENO);
}

/* https://no-color.org and https://bixense.com/clicolors: what asks for none wins. */
static bool wants_color(const struct options *o, bool is_terminal)
{
    const char *none = getenv("NO_COLOR"), *forced = getenv("CLICOLOR_FORCE");

    if (option_given(o, OPTION_NO_COLOR) || (none && *none))
        return false;
    return (forced && *forced && strcmp(forced, "0")) || (is_terminal && terminal_is_smart());
}

/* Who sees nothing happen does not know that it is for them to write. */
static void tell_waiting(const struct cli *cli)
{
    const struct options *o = cli->options;
    bool waits = !strcmp(option_text(o, OPTION_LABELS, ""), "-");

    for (size_t i = 0; i < o->args.len; i++)
        waits = waits || !strcmp(o->args.at[i], "-");
    if (waits && cli->err_is_terminal && isatty(STDIN_FILENO))
        cli_note(cli, "reading what is typed here, until Ctrl-D");
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
    struct buf help;
    int status;

    if (option_given(options, OPTION_HELP)) {
        if (ranks->rank > 0)
            return 0;
        buf_init(&help);
        help_command(options->command, width_told(), &help);
        status = cli_print(buf_text(&help), help.len, &err);
        buf_release(&help);
        return status ? fail(&err) : 0;
    }
    if (options->command != COMMAND_SIMULATE) {
        if (ranks->rank > 0)
            return 0;
        ranks = &ranks_alone;
    }
    hear_signals(options, ranks);
    char *line = command_line(argc, argv);
    struct cli cli = {
        .options = options,
        .stop = &stop_asked,
        .command_line = line,
        .ranks = ranks,
        .started_s = cli_clock_s(),
        .out_is_terminal = isatty(STDOUT_FILENO),
        .err_is_terminal = isatty(STDERR_FILENO),
        .width = width_told(),
    };
    cli.color = wants_color(options, cli.out_is_terminal);
    tell_waiting(&cli);
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
        help_program(width_told(), &help);
        status = cli_print(buf_text(&help), help.len, &err);
        buf_release(&help);
        return status ? fail(&err) : 0;
    }
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V") || !strcmp(argv[1], "version"))
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
    fill_standard_streams();
    ranks_start(&argc, &argv, &ranks);
    int status = start(argc, argv, &ranks);
    ranks_end();
    return status;
}
