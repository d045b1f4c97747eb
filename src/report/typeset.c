/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WeasyPrint (CSS 2.1 and paged media; text by Pango) as a child process: the page goes in on its
 * standard input, the PDF comes out on its standard output.  The page refers to nothing outside. */
#include "report/pdf.h"

#include "base/talk.h"

#include <string.h>
#include <sys/wait.h>

static int tell(const struct talk *t, enum talk_end end, unsigned seconds, struct error *err)
{
    struct buf words = {0};
    if (end == TALK_OVER && t->out.len > 4 && !memcmp(t->out.data, "%PDF", 4) &&
        WIFEXITED(t->status) && WEXITSTATUS(t->status) == 0)
        return 0;
    if (end == TALK_LATE)
        return error_set(err, ERR_IO, "PDF: WeasyPrint took more than %u s and was stopped",
                         seconds);
    if (end == TALK_FLOOD)
        return error_set(err, ERR_IO, "PDF: it would have more than %d bytes", PDF_BYTES_MAX);
    if (!talk_put_errors(t, &words))
        buf_puts(&words, "it gave no reason");
    error_set(err, ERR_IO, "PDF: WeasyPrint failed: %s", buf_text(&words));
    buf_release(&words);
    return -1;
}

int typeset(const struct buf *page, const struct typeset_options *options, struct buf *pdf,
            struct error *err)
{
    const char *program = options->program ? options->program : "weasyprint";
    unsigned seconds = options->seconds ? options->seconds : TYPESET_SECONDS;
    const char *const argv[] = {program, "-q", "-e", "utf-8", "-u", "about:report", "-", "-", NULL};
    struct process_limit limit = {options->clock_s, options->clock_s() + seconds, NULL};
    struct error why = {0};
    struct talk t;

    if (talk_begin(&t, argv, options->environment, "/", &why))
        return error_set(err, ERR_IO,
                         "PDF: %s; install WeasyPrint (Debian: apt-get install weasyprint), or "
                         "print the HTML page from a browser",
                         why.text);
    enum talk_end end = talk(&t, buf_text(page), page->len, false, PDF_BYTES_MAX, &limit);
    talk_stop(&t, &limit);
    int status = tell(&t, end, seconds, err);
    if (status == 0)
        buf_add(pdf, t.out.data, t.out.len);
    talk_release(&t);
    return status;
}
