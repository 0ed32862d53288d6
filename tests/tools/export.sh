#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-report --export on recordings whose answer is known (make_recording.c): each form
# holds its own rules and has the recording's figures.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
make=$bin/tests/tools/make_recording
report=$bin/synergy-report

setup() {
	needs synergy-report tests/tools/make_recording
	"$make" "$work/a.syn" || wrong "make_recording: exit status $?"
	"$make" "$work/b.syn" lost repeat errors overlap other freq || wrong "make_recording: exit status $?"
	"$make" "$work/h.syn" hostile || wrong "make_recording: exit status $?"
}

test_trace() {
	expect 0 "$report" --export trace "$work/a.syn"
	py check_trace "$work/out" --paper
}

# intervals that overlap, repeats, losses, names with quotes and control characters
test_odd_traces() {
	expect 0 "$report" --export trace "$work/b.syn"
	py check_trace "$work/out"
	has out '"ph":"b"'
	has out '"name":"across"'
	has out '"name":"mark 70001"'
	has out '"name":"cpu0 frequency","ts":'
	has out '"args":{"MHz":710.4}'
	has out '"name":"CPU-therm (zone 0)"'
	expect 0 "$report" --export trace "$work/h.syn"
	py check_trace "$work/out"
	has out '</script>'
	# A recording that is cut is a trace up to there.
	head -c 60000 "$work/a.syn" >"$work/cut.syn"
	expect 0 "$report" --export trace "$work/cut.syn"
	py check_trace "$work/out"
}

# Between inferences only: what was at which clock is known.
test_clock_moved() {
	"$make" "$work/f.syn" freq
	expect 0 "$report" "$work/f.syn"
	has out "the clock of the cores from 0 on moved between 710 and 1734 MHz: 10 changes, within 0 of 10 inferences and 0 of 40 intervals in them"
	expect 0 "$report" "$work/a.syn"
	lacks out "the clock of the cores"
}

test_folded() {
	expect 0 "$report" --export folded "$work/a.syn"
	[ "$(grep -Ec '^papernet;[^ ;]+ [0-9]+$' "$work/out")" = "$(wc -l <"$work/out")" ] || wrong "not folded"
	near "$(sed -n 's/^papernet;conv2 //p' "$work/out")" 240000 0.005
	has out "papernet;fc,_the_last "
	near "$(awk '{ s += $2 } END { print s }' "$work/out")" 403000 0.01
	expect 0 "$report" --export folded --rail VDD_GPU "$work/a.syn"
	near "$(sed -n 's/^papernet;conv1 //p' "$work/out")" 80000 0.005
	"$make" "$work/n.syn" nomarks
	expect 0 "$report" --export folded "$work/n.syn"
	has out "papernet;papernet "
}

test_samples() {
	expect 0 "$report" --export samples "$work/a.syn"
	head -1 "$work/out" | grep -q '^time_ns,rail,window_begin_ns,window_end_ns,window_error_ns,shunt_uv,current_ua,bus_mv,power_uw,flags$' ||
		wrong "header: $(head -1 "$work/out")"
	"$report" --records "$work/a.syn" >"$work/records"
	check_eq "$(($(wc -l <"$work/out") - 1))" $((2 * $(grep -c ' power ' "$work/records"))) "lines"
	# 4 W at 5 V by 10 mOhm
	grep -q ',VDD_CPU,[0-9]*,[0-9]*,[0-9]*,8000,800000,5000,4000000,$' "$work/out" || wrong "no sample of conv2"
	expect 0 "$report" --export samples "$work/b.syn"
	grep -q ',repeat$' "$work/out" || wrong "no repeat is marked"
}

test_marks() {
	expect 0 "$report" --export marks "$work/a.syn"
	check_eq "$(head -1 "$work/out")" "time_ns,done_ns,kind,id,name,cookie,cpu,tid,tgid,SIMD" "header"
	# idle, warm-up and ten inferences of four layers
	check_eq "$(($(wc -l <"$work/out") - 1))" $((2 * (1 + 11 * 5))) "lines"
	grep -q ',end,3,"fc, the last",' "$work/out" || wrong "no end of fc"
	grep -q ',begin,4294967295,warm-up 0,' "$work/out" || wrong "no warm-up"
	"$make" "$work/n.syn" nomarks
	expect 0 "$report" --export marks "$work/n.syn"
	lines out 1
}

test_wrong_use() {
	expect 2 "$report" --export xml "$work/a.syn"
	has err "trace, folded, samples or marks"
	expect 2 "$report" --export trace --records "$work/a.syn"
	expect 2 "$report" --export trace --compare "$work/a.syn" "$work/a.syn"
	for kind in trace folded samples marks; do
		expect 1 bash -c "'$report' --export $kind '$work/a.syn' >/dev/full"
	done
	expect 0 bash -c "'$report' --export marks - <'$work/a.syn'"
}

run_tests "$@"
