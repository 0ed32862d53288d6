#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=120 debug=no
#
# No record unaccounted for, with a slow reader beside a fast one. `make soak` runs
# the same with a million records.
soak 100000
