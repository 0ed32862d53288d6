#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# One source for each option (user/tools/tool.h): --help, manual pages, completion and
# documents name the same options, letters, values and defaults; wrong values are
# answered with the valid ones; words and names may be shortened.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"

setup() {
	tools=
	for f in "$top"/user/tools/synergy-*.c; do
		tools="$tools $(basename "$f" .c)"
	done
	# shellcheck disable=SC2086
	needs $tools
}

test_help_and_manual_pages() {
	for tool in $tools; do
		py check_options "$top" "$bin/$tool"
	done
}

test_documents() { py check_options "$top" --documents "$bin"; }

# What the comparison is to find is found.
test_differences_are_found() {
	mkdir -p "$work/tree/user/man"
	page=$work/tree/user/man/synergy-run.1
	for change in 's/.BI ..-..-max..-runs/.BI \\-\\-most\\-runs/' 's/eigen, reference/eigen/' \
		's/counts (5)/counts/; s/that count (5)/that count/' '/--quiet/d' 's/" DIR"/" FOLDER"/'; do
		sed "$change" "$top/user/man/synergy-run.1" | sed '/q, .-.-quiet/s/q/x/' >"$page"
		$python "$top/tests/tools/check_options.py" "$work/tree" "$bin/synergy-run" >"$work/found" &&
			wrong "$change: not found"
	done
	has found "--quiet: letter"
}

# completes WANTED WORD...: the last word is being typed
completes() {
	local wanted=$1

	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	PATH=$bin:$PATH
	_synergy
	check_eq "${COMPREPLY[*]}" "$wanted" "completion of $*"
}

test_bash_completion() {
	# shellcheck source=scripts/install/completion.bash
	. "$top/scripts/install/completion.bash"
	completes "--rate --rails --repeat" synergy-record --r
	completes "--rate --rail --rails" synergy-run --ra
	completes "openblas" synergy-run --backend o
	completes "auto im2col im2col-all direct winograd" synergy-run --conv ""
	completes "json" synergy-predict -f j
	completes "csv" synergy-report --format = c
	completes "140 1100" synergy-record --conversion 1
	mkdir "$work/here"
	cd "$work/here" || fail "no $work/here"
	mkdir nets
	: >a.onnx; : >b.prototxt; : >c.syn
	completes "nets a.onnx b.prototxt" synergy-run ""
	completes "nets c.syn" synergy-report ""
	completes "nets" synergy-run --output ""
	completes "a.onnx" synergy-run --weights a
	COMP_WORDS=(synergy-handover g) COMP_CWORD=1
	_synergy_handover
	check_eq "${COMPREPLY[*]}" give
}

test_every_tool_is_completed() {
	for tool in $tools synergy-handover; do
		grep -q "^complete .*\b$tool\b" "$top/scripts/install/completion.bash" ||
			wrong "completion.bash does not know $tool"
		head -n 1 "$top/scripts/install/completion.zsh" | grep -q "\b$tool\b" ||
			wrong "completion.zsh does not know $tool"
	done
}

test_zsh_completion() {
	command -v zsh >/dev/null || skip "no zsh"
	check zsh -n "$top/scripts/install/completion.zsh"
}

# refused MESSAGE COMMAND...: wrong usage, in one line
refused() {
	expect 2 "${@:2}"
	has err "$1"
	lines err 1
}

test_valid_values_are_listed() {
	refused "--backend mkl: openblas, blis, eigen or reference" "$bin/synergy-run" --backend mkl x
	refused "--conv fft: auto, im2col, im2col-all, direct or winograd" "$bin/synergy-run" --conv fft x
	refused "--format xml: table, csv, json or html" "$bin/synergy-report" --format xml x
	refused "--format xml: table, csv or json" "$bin/synergy-predict" --format xml x
	refused "--format xml: text or json" "$bin/synergy-info" --format xml
	refused "--runs 0: a whole number from 1 to 1000000" "$bin/synergy-run" --runs 0 x
	refused "near it: rail, rails" "$bin/synergy-run" --railz x
	refused "--rate needs a value" "$bin/synergy-record" --rate
}

test_shortened() {
	printf 'input: "x" input_shape { dim: 1 dim: 1 dim: 8 dim: 8 }
		layer { name: "r" type: "ReLU" bottom: "x" top: "y" }' >"$work/n.prototxt"
	for backend in ref reference; do
		expect 0 "$bin/synergy-run" -q --meas off --ru 1 --backend $backend --form csv "$work/n.prototxt"
		has out "# backend:"
		check grep -Eq '^# backend: +reference$' "$work/out"
	done
	refused "--r: no such option" "$bin/synergy-run" --r 1 x
}

test_versions_agree() {
	version=$(sed -n 's/^#define SYNERGY_LIB_VERSION[^"]*"\(.*\)"/\1/p' "$top/user/lib/synergy.h")
	for tool in $tools; do
		expect 0 "$bin/$tool" --version
		check_eq "$(cat "$work/out")" "$tool $version"
	done
	expect 0 "$top/scripts/handover" --version
	check_eq "$(cat "$work/out")" "handover $version"
	check_fails grep -rn "SyNERGY $version" "$top/user/man"
}

run_tests "$@"
