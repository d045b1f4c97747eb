/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam import langgraph|n8n|crewai|autogen FILE: another framework's definition to a scenario. */
#ifndef SEAM_CLI_IMPORT_DEFINITION_H
#define SEAM_CLI_IMPORT_DEFINITION_H

#include "cli/cli.h"

/* Is the word a framework whose definitions can be read? */
bool import_knows(const char *framework);
/* Writes the scenario to --out or standard output, with what --parameters LOG knows; the words of
 * the line are the framework and its files.  0, or -1 with err. */
MUST_CHECK int import_definition(const struct cli *cli, struct error *err);

#endif
