/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of a test's own for a store, as cmocka's state. */
#ifndef SEAM_TESTS_PLACE_H
#define SEAM_TESTS_PLACE_H

struct place {
    char dir[64], path[96]; /* path: of a store that is not there yet */
};
int place_set_up(void **state);
/* Removes the folder with all files in it. */
int place_tear_down(void **state);

#endif
