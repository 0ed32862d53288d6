#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Recordings made with version 1 of the interface, on another simulated board: their
# layers' times and counts come out as the tools of then had them. They are looked for
# in SYNERGY_CASES (or ../shared/cases).
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

cases=${SYNERGY_CASES:-$top/../shared/cases}/recordings

setup() {
	needs synergy-report
	[ -d "$cases" ] || skip "no recordings of version 1 in $cases"
}

# times FILE: layer, time and counts of a layers.csv; energies are another matter
times() {
	grep -v '^#' "$1" | awk -F, '
		NR == 1 {
			for (i = 1; i <= NF; i++)
				if ($i == "layer" || $i == "time_us" || $i == "mac" ||
				    $i ~ /^(simd|bus|insn|mem)$/)
					want[++n] = i
		}
		{ for (k = 1; k <= n; k++) printf "%s%s", $want[k], k < n ? "," : "\n" }'
}

test_times_and_counts() {
	for directory in "$cases"/*/; do
		name=$(basename "$directory")
		[ -f "$directory/layers.csv" ] || continue
		params "recording $name"
		expect 0 "$bin/synergy-report" --rail ch3 --output "$work/$name" \
			"$directory/capture.syn"
		times "$directory/layers.csv" >"$work/then"
		times "$work/$name/layers.csv" >"$work/now"
		check test -s "$work/now"
		check diff "$work/then" "$work/now"
	done
}

run_tests "$@"
