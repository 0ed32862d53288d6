#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-report on recordings whose answer is known (make_recording.c): the right
# energy, the same in every format, every loss reported, damage reported and survived.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
make=$bin/tests/tools/make_recording
report=$bin/synergy-report
csv=$work/dir/layers.csv

setup() {
	needs synergy-report tests/tools/make_recording
	"$make" "$work/a.syn" || wrong "make_recording: exit status $?"
	"$make" "$work/b.syn" lost repeat errors gap other || wrong "make_recording: exit status $?"
	"$report" --output "$work/dir" "$work/a.syn" >/dev/null || wrong "synergy-report: exit status $?"
}

test_known_answer() {
	expect 0 "$report" --output "$work/dir" "$work/a.syn"
	has out "papernet"
	has out "idle 500 mW"
	lacks out "note:"
	near "$(column "$csv" conv1 energy_uj)" 120000 0.005
	near "$(column "$csv" relu1 energy_uj)" 8000 0.01
	near "$(column "$csv" conv2 energy_uj)" 240000 0.005
	near "$(column "$csv" conv1 VDD_GPU_uj)" 80000 0.005
	near "$(column "$csv" conv2 time_us)" 60000 0.0001
	near "$(column "$csv" conv2 SIMD)" 120000 0
	near "$(column "$csv" conv2 power_mw)" 4000 0.005
	[ "$(column "$csv" conv2 resolved)" = 1 ] || wrong "conv2 is not resolved"
	for key in network host model_hash module interval_us 'chip 0' 'rail VDD_CPU' 'event SIMD' stream; do
		grep -q "^# $key: " "$csv" || wrong "layers.csv lacks the line \"# $key:\""
	done
	grep -q 'config 0x6005, was 0x7607' "$csv" || wrong "layers.csv lacks the chip's set-up"
}

# layers and what lies between add up to the whole
test_sum() {
	sum=$(grep -v '^#' "$csv" | sed 's/"[^"]*"/x/' | awk -F, 'NR > 1 { s += $7 } END { print s }')
	near "$sum" "$(grep '^# total_uj:' "$csv" | sed 's/.*: *//; s/ .*//')" 0.001
}

# every format says the same, standard output as the files
test_formats() {
	for format in csv json html; do
		expect 0 "$report" --format $format "$work/a.syn"
		case $format in html) file=report.html ;; *) file=layers.$format ;; esac
		cmp -s "$work/out" "$work/dir/$file" || wrong "--format $format differs from $file"
	done
	py check_layers_json "$work/dir/layers.json"
	# A drawing that is saved refers to parts of its own by url(#...).
	grep -Eq '(src|href)=|@import|url\([^#]' "$work/dir/report.html" && wrong "the HTML loads something"
}

test_pipe_and_other_rail() {
	expect 0 bash -c "'$report' --format csv - < '$work/a.syn'"
	cmp -s "$work/out" "$csv" || wrong "standard input gives another answer"
	expect 0 "$report" --format csv --rail vdd_gpu "$work/a.syn"
	cp "$work/out" "$work/in.csv"
	near "$(column "$work/in.csv" conv1 energy_uj)" 80000 0.005
	expect 1 "$report" --rail VDD_SOC "$work/a.syn"
	has err "VDD_CPU, VDD_GPU"
}

# losses, repeats, failed reads, unknown records: reported, and the answer stands
test_losses() {
	expect 0 "$report" --output "$work/b" "$work/b.syn"
	has out "5 lost, 29 repeats"
	has out "14 failed reads"
	has out "no LOST record explains"
	near "$(column "$work/b/layers.csv" conv2 energy_uj)" 240000 0.005
}

# of energy that is only bounded no share is printed
test_no_share_of_a_bound() {
	"$make" "$work/s.syn" still
	expect 0 "$report" --output "$work/s" "$work/s.syn"
	grep -a '>activation<td>' "$work/s/report.html" | grep -Eq '<td>(<|&lt;) [0-9.]+ [mµ]J<td>–' ||
		wrong "report.html has the share of a bound: $(grep -a '>activation<td>' "$work/s/report.html")"
}

# no marks: rails alone; no layers' table: marks by number
test_no_marks_or_layers() {
	"$make" "$work/n.syn" nomarks
	expect 0 "$report" "$work/n.syn"
	has out "VDD_CPU"
	has out "nothing was marked in it"
	has out "3.00 W"
	expect 0 "$report" --format csv "$work/n.syn"
	has out "papernet,0,papernet,"
	expect 0 "$report" --format json "$work/n.syn"
	expect 0 "$report" --format html "$work/n.syn"
	"$make" "$work/l.syn" nolayers
	expect 0 "$report" "$work/l.syn"
	has out "mark 2"
}

test_records_and_notes() {
	expect 0 "$report" --records "$work/b.syn"
	has out "marker kind=begin id=run cookie=1"
	has out "lost count=5 power=4"
	has out "type291 size=72"
	has out "error source=chip index=0 error=121"
	expect 0 "$report" --notes "$work/a.syn"
	has out "network: papernet"
}

test_damaged() {
	size=$(stat -c %s "$work/a.syn")
	head -c $((size - 20)) "$work/a.syn" >"$work/cut.syn"
	expect 0 "$report" "$work/cut.syn"
	has out "ends within a record"
	head -c $((size * 3 / 4 / 8 * 8)) "$work/a.syn" >"$work/bad.syn"
	printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >>"$work/bad.syn"
	expect 0 "$report" "$work/bad.syn"
	grep -Eq "^(note|warning|serious):" "$work/out" || wrong "no remark"
}

test_no_recording() {
	: >"$work/empty.syn"
	expect 1 "$report" "$work/empty.syn"
	has err "not a SyNERGY recording"
	lines err 1
	expect 1 "$report" /dev/null
	expect 1 "$report" "$work"
	has err "directory"
	expect 1 "$report" "$work/nothing"
	has err "No such file"
	expect 1 bash -c "'$report' '$work/a.syn' >/dev/full"
}

test_usage() {
	expect 2 "$report"
	expect 2 "$report" --format xml "$work/a.syn"
	expect 2 "$report" --nonsense
	expect 0 "$report" --help
	expect 0 "$report" --version
}

run_tests "$@"
