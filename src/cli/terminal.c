/* SPDX-License-Identifier: GPL-3.0-or-later */
/* termios(3), and the sequences of ECMA-48 and xterm that every terminal of today knows: the
 * alternate screen, clearing, placing the cursor.  What a signal handler has to put back stands in
 * the only variables of the file that outlive a call. */
#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static volatile sig_atomic_t held, registered;

static const char enter[] = "\x1b[?1049h\x1b[2J\x1b[H";
static const char leave[] = "\x1b[0m\x1b[?25h\x1b[?1049l";

static void put_bytes(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* Only what a signal handler may do. */
static void put_back(void)
{
    if (!held)
        return;
    held = 0;
    put_bytes(leave, sizeof leave - 1);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

static void on_fatal(int number)
{
    put_back();
    signal(number, SIG_DFL);
    raise(number);
}

static void on_window(int number)
{
    (void)number; /* poll returns, and the screen is drawn anew */
}

static void hear_signals(void)
{
    static const int fatal[] = {SIGHUP, SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPIPE};
    struct sigaction end = {.sa_handler = on_fatal}, window = {.sa_handler = on_window};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        sigaction(fatal[i], &end, NULL);
    sigaction(SIGWINCH, &window, NULL);
}

static int make_raw(void)
{
    struct termios raw = before;
    raw.c_iflag &= (tcflag_t) ~(ICRNL | IXON | ISTRIP | INLCR);
    raw.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
}

int terminal_open(struct error *err)
{
    if (tcgetattr(STDIN_FILENO, &before))
        return error_set(err, ERR_IO, "the terminal cannot be asked for its settings: %s",
                         strerror(errno));
    if (!registered)
        atexit(put_back);
    registered = 1;
    hear_signals();
    held = 1;
    if (make_raw()) {
        put_back();
        return error_set(err, ERR_IO, "the terminal cannot be set: %s", strerror(errno));
    }
    put_bytes(enter, sizeof enter - 1);
    return 0;
}

void terminal_close(void)
{
    put_back();
}

void terminal_lend(void)
{
    put_back();
}

void terminal_take(void)
{
    held = 1;
    if (make_raw())
        put_back();
    else
        put_bytes(enter, sizeof enter - 1);
}

int terminal_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool terminal_is_smart(void)
{
    const char *kind = getenv("TERM");
    return kind && *kind && strcmp(kind, "dumb") != 0;
}

void terminal_size(int *columns, int *rows)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}

/* The next byte, or one of KEY_NONE and KEY_GONE. */
static int next_byte(int wait_ms)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char c;
    int n = poll(&in, 1, wait_ms);
    if (n < 0 && errno != EINTR)
        return KEY_GONE;
    if (n <= 0)
        return KEY_NONE;
    ssize_t got = read(STDIN_FILENO, &c, 1);
    return got == 1 ? c : got < 0 && errno == EINTR ? KEY_NONE : KEY_GONE;
}

static int key_of(const char *sequence)
{
    static const struct {
        const char *sequence;
        int key;
    } keys[] = {
        {"[A",  KEY_UP       },
        {"[B",  KEY_DOWN     },
        {"[C",  KEY_RIGHT    },
        {"[D",  KEY_LEFT     },
        {"OA",  KEY_UP       },
        {"OB",  KEY_DOWN     },
        {"OC",  KEY_RIGHT    },
        {"OD",  KEY_LEFT     },
        {"[H",  KEY_HOME     },
        {"[F",  KEY_END      },
        {"OH",  KEY_HOME     },
        {"OF",  KEY_END      },
        {"[1~", KEY_HOME     },
        {"[4~", KEY_END      },
        {"[3~", KEY_DELETE   },
        {"[5~", KEY_PAGE_UP  },
        {"[6~", KEY_PAGE_DOWN}
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(keys[i].sequence, sequence))
            return keys[i].key;
    return KEY_NONE;
}

/* Bytes that follow an escape at once belong to it. */
static int read_escape(void)
{
    enum { TOGETHER_MS = 30 };
    char sequence[8] = "";
    size_t len = 0;
    int c = next_byte(TOGETHER_MS);
    if (c == KEY_NONE)
        return KEY_ESCAPE;
    while (c >= 0 && c < 256) {
        if (len + 1 < sizeof sequence)
            sequence[len++] = (char)c;
        if (len > 1 && c >= '@' && c <= '~')
            break;
        c = next_byte(TOGETHER_MS);
    }
    return c == KEY_GONE ? KEY_GONE : key_of(sequence);
}

int terminal_key(double wait_s)
{
    int c = next_byte((int)(wait_s * 1000));
    if (c == '\n')
        return KEY_ENTER;
    if (c == 8)
        return KEY_BACKSPACE;
    return c == KEY_ESCAPE ? read_escape() : c;
}

void terminal_put(const struct buf *text)
{
    put_bytes(text->data, text->len);
}
