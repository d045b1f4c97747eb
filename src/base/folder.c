/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders by POSIX opendir and lstat. */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LEVELS_MAX = 16 };

bool folder_is(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *path_in(const char *folder, const char *name)
{
    struct buf b;
    buf_init(&b);
    buf_puts(&b, folder);
    if (b.len && b.data[b.len - 1] != '/')
        buf_putc(&b, '/');
    buf_puts(&b, name);
    return buf_detach(&b);
}

static int read_names(const char *path, struct folder_files *names, struct error *err)
{
    DIR *dir = opendir(path);
    if (!dir)
        return error_set(err, ERR_IO, "%s: the folder cannot be read: %s", path,
                         errno == EACCES ? "permission is denied" : "it is gone or damaged");
    for (struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            vec_push(&names->paths, path_in(path, e->d_name));
    closedir(dir);
    if (names->paths.len)
        qsort(names->paths.at, names->paths.len, sizeof names->paths.at[0], by_bytes);
    return 0;
}

static int list(const char *path, unsigned levels, struct folder_files *out, struct error *err)
{
    struct folder_files names = {0};
    int status = read_names(path, &names, err);
    for (size_t i = 0; i < names.paths.len && !status; i++) {
        struct stat at, to;
        char *name = names.paths.at[i];
        if (lstat(name, &at) || stat(name, &to))
            continue;
        if (S_ISREG(to.st_mode)) {
            vec_push(&out->paths, name);
            names.paths.at[i] = NULL;
        } else if (S_ISDIR(at.st_mode) && levels) {
            status = list(name, levels - 1, out, err);
        }
    }
    folder_release(&names);
    return status;
}

int folder_list(const char *path, struct folder_files *out, struct error *err)
{
    return list(path, LEVELS_MAX - 1, out, err);
}

int folder_list_here(const char *path, struct folder_files *out, struct error *err)
{
    return list(path, 0, out, err);
}

void folder_release(struct folder_files *f)
{
    for (size_t i = 0; i < f->paths.len; i++)
        mem_free(f->paths.at[i]);
    vec_release(&f->paths);
}
