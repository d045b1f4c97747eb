/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the text of an error says: a stop to wait for a person, or which failure. */
#ifndef SEAM_TRACE_FAILURE_H
#define SEAM_TRACE_FAILURE_H

#include "model/rules.h"

#include <stdbool.h>

/* "GraphInterrupt", "NodeInterrupt", ...: a word that ends so, but not a KeyboardInterrupt. */
bool failure_is_interrupt(const char *text);
/* A timeout, a malformed payload, or else an error. */
enum outcome failure_outcome(const char *text);

#endif
