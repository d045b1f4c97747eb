/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/place.h"

#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int place_set_up(void **state)
{
    struct place *p = mem_zero(1, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/seam-store-XXXXXX");
    if (!mkdtemp(p->dir))
        return -1;
    snprintf(p->path, sizeof p->path, "%s/runs.db", p->dir);
    *state = p;
    return 0;
}

int place_tear_down(void **state)
{
    struct place *p = *state;
    char name[400];
    DIR *d = opendir(p->dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(name, sizeof name, "%s/%s", p->dir, e->d_name);
        unlink(name);
    }
    if (d)
        closedir(d);
    rmdir(p->dir);
    mem_free(p);
    return 0;
}
