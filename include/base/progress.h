/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far long work has come, for whoever shows it. */
#ifndef SEAM_BASE_PROGRESS_H
#define SEAM_BASE_PROGRESS_H

#include <stddef.h>

/* `show` is called by one thread at a time, as often as it is easy for the work: it decides what is
 * worth showing.  what: "items", a file's name; of: all there is of it, 0 when that is not known.
 */
struct progress {
    void (*show)(void *arg, const char *what, double done, double of);
    void *arg;
};

/* NULL: nobody looks. */
static inline void progress_tell(const struct progress *p, const char *what, double done, double of)
{
    if (p)
        p->show(p->arg, what, done, of);
}

#endif
