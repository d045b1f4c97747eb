/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rate is that of all since this part of the work began.  A carriage return goes back to the
 * line's begin, and EL (ECMA-48 8.3.41) wipes what is right of it. */
#include "cli/progress_bar.h"

#include "cli/terminal.h"
#include "report/document.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double FIRST_S = 0.5, EACH_S = 0.2;
/* Left free for the ^C that a terminal writes behind the line. */
enum { GAUGE_MOST = 24, GAUGE_LEAST = 6, SPARE = 3 };

static void put_count(struct buf *out, double x)
{
    if (x >= 1e6)
        buf_printf(out, "%.3g million", x / 1e6);
    else if (x >= 1000)
        buf_printf(out, "%d,%03d", (int)x / 1000, (int)x % 1000);
    else
        buf_printf(out, x >= 99.5 ? "%.0f" : "%.2g", x);
}

/* "120 MB/s", "1.2 million items/s". */
static void put_rate(struct buf *out, const char *what, double rate)
{
    static const char *const counted[] = {"items", "settings", "draws", "steps"};
    size_t i = 0;
    while (i < sizeof counted / sizeof *counted && strcmp(counted[i], what))
        i++;
    bool bytes = i == sizeof counted / sizeof *counted;
    put_count(out, bytes ? rate / 1e6 : rate);
    buf_printf(out, " %s/s", bytes ? "MB" : what);
}

static void put_time(struct buf *out, double s)
{
    static const struct {
        double most, unit;
        const char *name;
    } units[] = {
        {90,      1,     "s"   },
        {5400,    60,    "min" },
        {129600,  3600,  "h"   },
        {86400e3, 86400, "days"}
    };
    size_t i = 0;
    while (i < sizeof units / sizeof *units && s > units[i].most)
        i++;
    if (i == sizeof units / sizeof *units)
        buf_puts(out, "years");
    else
        buf_printf(out, "%.0f %s", s < 1 ? 1 : s / units[i].unit, units[i].name);
}

/* What stands behind the gauge. */
static void put_numbers(struct buf *out, const char *what, double done, double of, double elapsed_s)
{
    double rate = done / (elapsed_s > 1e-6 ? elapsed_s : 1e-6);
    if (of > 0)
        buf_printf(out, "%3.0f%%  ", 100 * (done < of ? done / of : 1));
    if (done > 0)
        put_rate(out, what, rate);
    else
        put_time(out, elapsed_s);
    if (of > 0 && done > 0) {
        buf_puts(out, "  ");
        put_time(out, done < of ? (of - done) / rate : 0);
        buf_puts(out, " left");
    }
}

/* The gauge takes what the words leave; where that is next to nothing, there is none, and then it
 * is the name that gives way. */
void progress_put_line(const char *what, double done, double of, double elapsed_s, size_t width,
                       struct buf *out)
{
    struct buf numbers, name;
    buf_init(&numbers);
    buf_init(&name);
    put_numbers(&numbers, what, done, of, elapsed_s);
    text_clean(&name, what);
    size_t used = text_width(buf_text(&name)) + 1 + numbers.len;
    size_t cells = used + 3 < width ? width - used - 3 : 0;
    cells = cells > GAUGE_MOST ? GAUGE_MOST : cells;
    if (used > width && name.len) {
        size_t room = width > numbers.len + 1 ? width - numbers.len - 1 : 0;
        name.data[name.len = text_fit(buf_text(&name), room)] = '\0';
    }
    buf_printf(out, "%s%s", buf_text(&name), name.len ? " " : "");
    if (of > 0 && cells >= GAUGE_LEAST) {
        int filled = (int)((double)cells * (done < of ? done / of : 1));
        buf_printf(out, "[%.*s%.*s] ", filled, "########################", (int)cells - filled,
                   "........................");
    }
    numbers.data[numbers.len = text_fit(buf_text(&numbers), width)] = '\0';
    buf_puts(out, buf_text(&numbers));
    buf_release(&numbers);
    buf_release(&name);
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
    struct buf line;
    buf_init(&line);
    const char *slash = strrchr(what, '/');
    int columns = terminal_columns(STDERR_FILENO);
    progress_put_line(slash && slash[1] ? slash + 1 : what, done, of, now_s - bar->begun_s,
                      columns > SPARE ? (size_t)(columns - SPARE) : 1, &line);
    fprintf(stderr, "\r%s\033[K", buf_text(&line));
    fflush(stderr);
    bar->shown = true;
    bar->shown_s = now_s;
    buf_release(&line);
}

void progress_open(struct progress_bar *bar, const struct cli *cli)
{
    *bar = (struct progress_bar){
        .progress = {show, bar},
          .begun_s = cli_clock_s()
    };
    bar->wanted = cli->err_is_terminal && terminal_is_smart() && cli->ranks->rank == 0 &&
                  !option_given(cli->options, OPTION_QUIET);
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
        fputs("\r\033[K", stderr);
    bar->shown = false;
}
