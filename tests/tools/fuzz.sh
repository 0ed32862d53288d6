#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# host: timeout=900
#
# A short run of each reader's fuzz target (SYNERGY_FUZZ_SECONDS each, 20 by
# default); `make fuzz` runs them for longer.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

test_nothing_is_found() {
	command -v clang >/dev/null || skip "no clang: scripts/setup.sh fuzz-packages"
	check make --no-print-directory -C "$top" fuzz FUZZ_SECONDS="${SYNERGY_FUZZ_SECONDS:-20}"
}

run_tests "$@"
