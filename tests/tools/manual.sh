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

# Section 3 is made of the headers' comments: a page for each function of the library, which
# has its parameters and what it returns.
test_library_functions() {
	command -v mandoc >/dev/null || skip "no mandoc (scripts/setup.sh test-packages)"
	check "$top/scripts/install/man3" 2026-12-01 "$work/man3" \
		"$top"/user/lib/{synergy,marks,meter,error}.h >"$work/made"
	for function in $(sed -n 's/^\(synergy_[a-z_]*\) .*/\1/p' "$top/user/lib/libsynergy.symbols"); do
		page=$work/man3/$function.3
		[ -e "$page" ] || { wrong "$function: no page"; continue; }
		mandoc -T lint "$page" >"$work/found" 2>&1
		[ ! -s "$work/found" ] || wrong "$(cat "$work/found")"
		mandoc -T ascii "$page" | col -b >"$work/text"
		grep -q "$function" "$work/text" || wrong "$function: it is not on its page"
	done
	mandoc -T ascii "$work/man3/synergy_meter_end.3" | col -b | tr -s ' \n' ' ' >"$work/text"
	for words in 'struct synergy_meter_reading \*readings,' 'RETURN VALUE' 'ETIMEDOUT no samples come'; do
		grep -q "$words" "$work/text" || wrong "synergy_meter_end(3) has no '$words'"
	done
}

run_tests "$@"
