/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700
#include "tests/support/pty.h"

#include "tests/support/support.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

void pty_resize(struct pty *p, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
    assert_int_equal(ioctl(p->master, TIOCSWINSZ, &size), 0);
}

void pty_start(struct pty *p, int columns, int rows, int (*child)(void *arg), void *arg)
{
    *p = (struct pty){.master = posix_openpt(O_RDWR | O_NOCTTY)};
    assert_true(p->master >= 0 && grantpt(p->master) == 0 && unlockpt(p->master) == 0);
    p->slave = open(ptsname(p->master), O_RDWR | O_NOCTTY);
    assert_true(p->slave >= 0 && tcgetattr(p->slave, &p->before) == 0);
    pty_resize(p, columns, rows);
    fflush(NULL);
    p->child = fork();
    if (p->child == 0) {
        setsid();
        ioctl(p->slave, TIOCSCTTY, 0);
        for (int i = 0; i < 3; i++)
            dup2(p->slave, i);
        close(p->master);
        exit(child(arg));
    }
}

void pty_type(struct pty *p, const char *keys)
{
    assert_int_equal(write(p->master, keys, strlen(keys)), strlen(keys));
}

/* False: nothing more came in time, or the child is gone. */
static bool take(struct pty *p, int wait_ms)
{
    struct pollfd in = {.fd = p->master, .events = POLLIN};
    char bytes[4096];
    if (poll(&in, 1, wait_ms) <= 0)
        return false;
    ssize_t n = read(p->master, bytes, sizeof bytes);
    for (ssize_t i = 0; i < n; i++)
        buf_putc(&p->shown, bytes[i] ? bytes[i] : ' ');
    return n > 0;
}

void pty_expect(struct pty *p, const char *text)
{
    while (!strstr(buf_text(&p->shown), text))
        if (!take(p, PATIENCE_MS)) {
            print_error("never shown: %s\nshown: %s\n", text, buf_text(&p->shown));
            fail();
        }
}

void pty_forget(struct pty *p)
{
    buf_clear(&p->shown);
}

int pty_wait(struct pty *p)
{
    int status = 0;
    while (waitpid(p->child, &status, WNOHANG) == 0)
        take(p, 20);
    while (take(p, 20))
        ;
    return status;
}

bool pty_is_restored(const struct pty *p)
{
    struct termios now;
    return tcgetattr(p->slave, &now) == 0 && now.c_lflag == p->before.c_lflag &&
           now.c_iflag == p->before.c_iflag && now.c_oflag == p->before.c_oflag;
}

void pty_close(struct pty *p)
{
    close(p->master);
    close(p->slave);
    buf_release(&p->shown);
}
