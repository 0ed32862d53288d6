#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The manual pages: mandoc finds nothing to say, each has a date, and pages that they
# name are there.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

pages() { find "$top/user/man" -name '*.[1-9]'; }

test_mandoc_is_silent() {
	command -v mandoc >/dev/null || skip "no mandoc (scripts/setup.sh test-packages)"
	for page in $(pages); do
		mandoc -T lint "$page" >"$work/found" 2>&1
		[ ! -s "$work/found" ] || wrong "$(sed "s|$top/||" "$work/found")"
	done
}

test_dates() {
	for page in $(pages); do
		grep -Eq '^\.TH [A-Za-z_.+-]+ [1-9] 20[0-9]{2}-[0-9]{2}-[0-9]{2} ' "$page" ||
			wrong "${page#"$top/"}: no date in .TH"
	done
}

test_names() {
	for page in $(pages); do
		base=$(basename "$page")
		sed -n '/^\.SH NAME/{n;p}' "$page" | grep -q "${base%.*}.* \\\\- " ||
			wrong "$base: its NAME is not ${base%.*}"
		for named in $(sed -n 's/^\.BR \(synergy[a-z_-]*\) (\([1-9]\)).*/\1.\2/p' "$page"); do
			[ -e "$top/user/man/$named" ] || wrong "$base names $named, which is not there"
		done
	done
}

run_tests "$@"
