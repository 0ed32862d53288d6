#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A short run of each reader's fuzz target (SYNERGY_FUZZ_SECONDS each, 20 by
# default); `make fuzz` runs them for longer.
# Exit: 0 nothing found, 1 something found, 77 there is no clang.
set -u
cd "$(dirname "$0")/../.." || exit 1
if ! command -v clang >/dev/null; then
	echo "no clang: scripts/setup.sh fuzz-packages" >&2
	exit 77
fi
exec make --no-print-directory fuzz FUZZ_SECONDS="${SYNERGY_FUZZ_SECONDS:-20}"
