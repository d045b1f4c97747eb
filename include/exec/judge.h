/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the payload of an item right?  Every member of the truth must be deeply equal to the payload's
 * member of the same name. */
#ifndef SEAM_EXEC_JUDGE_H
#define SEAM_EXEC_JUDGE_H

#include "base/json_read.h"
#include "exec/event.h"

/* RUN_UNKNOWN without a truth that is a JSON object; a payload that is none is bad.  Any thread. */
enum run_quality judge_payload(const char *truth, size_t truth_len, const char *payload,
                               size_t payload_len);
/* Has the payload not all members of the truth yet, whatever they hold?  Then it is no answer that
 * could be wrong.  False without a truth that is a JSON object.  Any thread. */
bool judge_lacks(const char *truth, size_t truth_len, const char *payload, size_t payload_len);

#endif
