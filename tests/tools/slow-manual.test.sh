#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The long examples of README.md and of the manual do what they say.
exec sh tests/tools/manual.sh slow
