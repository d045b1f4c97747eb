/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion scripts, written from the tables of model/commands.h. */
#ifndef SEAM_CLI_COMPLETION_H
#define SEAM_CLI_COMPLETION_H

#include "base/buf.h"

/* Each appends the script of one shell: for bash 4, zsh 5 and fish 3 or later. */
void completion_bash(struct buf *out);
/* Of zsh. */
void completion_zsh(struct buf *out);
/* Of fish. */
void completion_fish(struct buf *out);

#endif
