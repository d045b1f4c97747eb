/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files in a folder and in the folders below it. */
#ifndef SEAM_BASE_FOLDER_H
#define SEAM_BASE_FOLDER_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* Is this path a folder?  False too for what is not there. */
bool folder_is(const char *path);

struct folder_files {
    VEC(char *) paths; /* sorted by bytes within each folder; owned */
};
/* Lists the regular files below `path`, to 16 levels.  Names that begin with a dot are left out,
 * and so are folders that are links.  ERR_IO for a folder that cannot be read.  Release *out, also
 * after an error. */
MUST_CHECK int folder_list(const char *path, struct folder_files *out, struct error *err);
/* The same of the folder itself alone. */
MUST_CHECK int folder_list_here(const char *path, struct folder_files *out, struct error *err);
void folder_release(struct folder_files *f);

#endif
