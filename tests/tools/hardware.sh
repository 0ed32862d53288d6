#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# check-hardware without hardware: its figures from samples whose answer is known, how
# files are compared, and what it says when something is missing.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
check_hardware=$top/scripts/hardware/check

test_figures() { py check_hardware "$top" figures; }

# file NAME MW: what check writes, as short as it can be
file() {
	cat >"$work/$1.json" <<-END
	{"format": "synergy-hardware 1", "provenance": {"board": "board $1", "simulated": false},
	 "rates": [{"asked": "max", "refused": "no"}], "conversions": [],
	 "rest": {"VDD_IN": {"power_mw": $2, "shunt_uv": {"mean": 400.5, "sd": 20}, "offset": {"at_most_uv": 40}}},
	 "load": {"VDD_IN": {"steps": [{"busy": 4, "mw": 9000}], "load_line": null}},
	 "network": {"total": {"energy_uj": 12345.6, "energy_ci95_uj": 100}}}
	END
}

test_compare() {
	file a 2500.25
	file b 6100
	expect 0 "$check_hardware" --compare "$work/a.json" "$work/b.json"
	check_eq "$(sed -n 's/^  *board a  *board b$/heads/p' "$work/out")" heads
	check_eq "$(sed -n 's/^at rest, VDD_IN: mW  *//p' "$work/out" | tr -s ' ')" "2500 6100"
	has out "refused"
}

test_refusals() {
	file a 1
	echo '{"format": "other"}' >"$work/other.json"
	expect 1 "$check_hardware" --compare "$work/a.json" "$work/other.json"
	has err "other.json: format is 'other'"
	echo 'x' >"$work/text.json"
	expect 1 "$check_hardware" --compare "$work/text.json"
	has err "text.json: no JSON"
	expect 2 "$check_hardware" --loud
	has err "unrecognized arguments: --loud"
	expect 1 "$check_hardware" --yes --tools "$work/none"
	has err "synergy-info"
	needs synergy-info
	expect 3 "$check_hardware" --yes --tools "$bin" --device "$work/none"
	has err "load synergy.ko first"
}

run_tests "$@"
