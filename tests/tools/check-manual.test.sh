#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The quick examples of README.md and of the manual do what they say; the long ones: slow-manual.
exec sh tests/tools/manual.sh fast
