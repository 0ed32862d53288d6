#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=120 debug=no
#
# No record unaccounted for, with a slow reader beside a fast one. `make soak` runs
# the same with a million records.
. /lib/board/lib.sh

test_every_record_is_accounted_for() { check soak 100000; }

run_tests "$@"
