/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rate is that of all since this part of the work began; a carriage return goes back to the
 * line's begin, which every terminal knows. */
#include "cli/progress_bar.h"

#include "base/units.h"
#include "report/document.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const double FIRST_S = 0.5, EACH_S = 0.2;

static size_t columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
}

/* "120 MB/s", "1.2 million items/s". */
static void put_rate(struct buf *out, const char *what, double rate)
{
    bool bytes = strcmp(what, "items") && strcmp(what, "settings") && strcmp(what, "draws");
    if (bytes)
        buf_printf(out, "%.3g MB/s", rate / 1e6);
    else
        buf_printf(out, rate >= 1e6 ? "%.3g million %s/s" : "%.3g %s/s",
                   rate >= 1e6 ? rate / 1e6 : rate, what);
}

static void put_line(struct buf *out, const char *what, double done, double of, double elapsed_s)
{
    enum { CELLS = 24 };
    double rate = done / (elapsed_s > 1e-6 ? elapsed_s : 1e-6);
    int filled = of > 0 ? (int)(CELLS * (done < of ? done / of : 1)) : 0;
    buf_printf(out, "%s ", what);
    if (of > 0)
        buf_printf(out, "[%.*s%.*s] %3.0f%%  ", filled, "########################", CELLS - filled,
                   "........................", 100 * (done < of ? done / of : 1));
    if (done > 0)
        put_rate(out, what, rate);
    else
        units_put_duration(out, elapsed_s);
    if (of > 0 && done > 0) {
        buf_puts(out, "  ");
        units_put_duration(out, done < of ? (of - done) / rate : 0);
        buf_puts(out, " left");
    }
}

static void show(void *arg, const char *what, double done, double of)
{
    struct progress_bar *bar = arg;
    double now_s = cli_clock_s();
    if (strncmp(bar->what, what, sizeof bar->what - 1) || done < bar->last) {
        snprintf(bar->what, sizeof bar->what, "%s", what);
        bar->begun_s = now_s;
    }
    bar->last = done;
    if (now_s - bar->begun_s < FIRST_S || now_s - bar->shown_s < EACH_S)
        return;
    struct buf line, clean;
    buf_init(&line);
    buf_init(&clean);
    const char *slash = strrchr(what, '/');
    put_line(&line, slash && slash[1] ? slash + 1 : what, done, of, now_s - bar->begun_s);
    text_clean(&clean, buf_text(&line));
    size_t width = columns() - 1;
    clean.data[clean.len = text_fit(buf_text(&clean), width)] = '\0';
    fprintf(stderr, "\r%s%*s", clean.data, (int)(width - text_width(clean.data)), "");
    fflush(stderr);
    bar->shown = true;
    bar->shown_s = now_s;
    buf_release(&line);
    buf_release(&clean);
}

void progress_open(struct progress_bar *bar, const struct cli *cli)
{
    *bar = (struct progress_bar){
        .progress = {show, bar},
          .begun_s = cli_clock_s()
    };
    bar->wanted =
        cli->err_is_terminal && cli->ranks->rank == 0 && !option_given(cli->options, OPTION_QUIET);
}

const struct progress *progress_of(const struct progress_bar *bar)
{
    return bar->wanted ? &bar->progress : NULL;
}

void progress_items(void *arg, uint64_t done, uint64_t of)
{
    show(arg, "items", (double)done, (double)of);
}

void progress_close(struct progress_bar *bar)
{
    if (bar->shown)
        fprintf(stderr, "\r%*s\r", (int)columns() - 1, "");
    bar->shown = false;
}
