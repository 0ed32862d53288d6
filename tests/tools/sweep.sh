#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-sweep on a cpufreq of files and with a program of its own in place of
# synergy-run: the product runs in its order with its clock, is resumed, interrupted by
# signals and by kill -9, and the clock is always put back.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
sweep=$bin/synergy-sweep
cpufreq=$work/root/sys/devices/system/cpu/cpufreq/policy0
export SYNERGY_ROOT=$work/root SYNERGY_STATE_DIR=$work/state

setup() {
	needs synergy-sweep synergy-report tests/tools/make_recording
	mkdir -p "$cpufreq" "$work/root/sys/class/thermal/thermal_zone0"
	echo 41000 >"$work/root/sys/class/thermal/thermal_zone0/temp"
	as_found
	echo "204000 710400 1734000" >"$cpufreq/scaling_available_frequencies"
	echo "userspace schedutil performance" >"$cpufreq/scaling_available_governors"
	echo 204000 >"$cpufreq/cpuinfo_min_freq"
	echo 1734000 >"$cpufreq/cpuinfo_max_freq"
	"$bin/tests/tools/make_recording" "$work/a.syn" seed=1 || wrong "make_recording: exit status $?"
	"$bin/synergy-report" -q --output "$work/a" "$work/a.syn" || wrong "synergy-report: exit status $?"
	touch "$work/net1.onnx" "$work/net2.onnx"
	# What is run: its arguments and the clock that it met go beside its results.
	cat >"$work/program" <<-END
	#!/bin/bash
	while [ \$# -gt 0 ]; do
		case \$1 in --output) out=\$2; shift ;; --fail) echo "no good" >&2; exit 1 ;; *) args+=" \$1" ;; esac
		shift
	done
	cat "$cpufreq/scaling_governor" - "$cpufreq/scaling_setspeed" <<<"" >"\$out/clock"
	echo "\$args" >"\$out/arguments"
	[ ! -e "$work/slow" ] || { echo >"$work/slow-began"; sleep 60; }
	[ ! -e "$work/fails" ] || ! grep -q "\$(cat "$work/fails")" <<<"\$args" || { echo "it fails" >&2; exit 1; }
	cp "$work/a/layers.csv" "\$out"
	END
	chmod +x "$work/program"
}

as_found() {
	echo schedutil >"$cpufreq/scaling_governor"
	echo 204000 >"$cpufreq/scaling_min_freq"
	echo 1300000 >"$cpufreq/scaling_max_freq"
	echo "<unsupported>" >"$cpufreq/scaling_setspeed"
}

is_as_found() {
	local now

	now="$(cat "$cpufreq/scaling_governor") $(cat "$cpufreq/scaling_min_freq") $(cat "$cpufreq/scaling_max_freq")"
	[ "$now" = "schedutil 204000 1300000" ] || wrong "the clock is not as found: $now"
	[ ! -e "$work/state/sweep-clock" ] || wrong "the state file is still there"
}

# run STATUS DIR OPTION...
run() {
	expect "$1" "$sweep" --program "$work/program" --output "$work/$2" "${@:3}" "$work/net1.onnx" "$work/net2.onnx"
}

# wait until a file is there: the program has begun
until_there() {
	local i

	for i in $(seq 600); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	fail "$1 did not come (${i})"
}

test_product() {
	run 0 p --clocks 204MHz,1734MHz,performance --threads 1,4 --repeats 2 --options "-e A,B" --board tx1
	is_as_found
	check_eq "$(find "$work/p/runs" -name run.json | wc -l)" 24 "runs"
	# config 2 x ... : its clock was set while it ran, and its options came along
	for run in "$work"/p/runs/*; do
		clock=$(sed -n 's/.*"clocks": "\(.*\)".*/\1/p' "$run/run.json")
		case $clock in
		204MHz) want="userspace 204000" ;;
		1734MHz) want="userspace 1734000" ;;
		performance) want="performance " ;;
		esac
		case "$(tr '\n' ' ' <"$run/clock")" in "$want"*) ;; *) wrong "$clock met $(tr '\n' ' ' <"$run/clock")" ;; esac
		grep -q -- " --quiet -e A,B --threads [14] --format csv /.*net[12].onnx$" "$run/arguments" ||
			wrong "arguments: $(cat "$run/arguments")"
	done
	# a line a layer and run, and one for the whole
	check_eq "$(($(wc -l <"$work/p/results.csv") - 1))" $((24 * 6)) "rows"
	py check_sweep "$work/p"
	# 6 configurations of each network and of its four layers; all cost the same here
	check_eq "$(($(wc -l <"$work/p/choices.csv") - 1))" $((2 * 6 * 5)) "choices"
	check_eq "$(grep -c '(total).*,1,[01],1,[01]$' "$work/p/choices.csv")" 12 "alike the least"
	check_eq "$(grep -o '<circle' "$work/p/sweep.html" | wc -l)" 12 "points of the page"
	check_fails grep -q 'src=\|href=' "$work/p/sweep.html"
	has out "net1.onnx on tx1, 6 configurations"
	has out "5 others cannot be distinguished from it"
	has out "beside the best fixed clock"
}

test_nothing_twice() {
	run 0 n --threads 1,2
	touch "$work/mark"
	sleep 0.1
	run 0 n --threads 1,2
	[ -z "$(find "$work/n/runs" -newer "$work/mark")" ] || wrong "something was run again"
	# another plan does not go into the same directory
	run 1 n --threads 1,2,3
	has err "holds another plan"
}

test_failures() {
	echo "threads 2" >"$work/fails"
	run 1 f --threads 1,2
	has err "2 of 4 runs failed"
	has err "it fails"
	check_eq "$(find "$work/f/runs" -name run.json | wc -l)" 2 "runs"
	rm "$work/fails"
	run 0 f --threads 1,2
	check_eq "$(find "$work/f/runs" -name run.json | wc -l)" 4 "runs"
}

# interrupt SIGNAL: a sweep in the middle of its third run
interrupt() {
	rm -rf "$work/i" "$work/slow" "$work/slow-began"
	"$sweep" --program "$work/program" --output "$work/i" --clocks 204MHz,710MHz --threads 1 \
		"$work/net1.onnx" >/dev/null 2>&1 || fail "first runs"
	rm -rf "$work/i/runs/c0001-r0"
	touch "$work/slow"
	"$sweep" --program "$work/program" --output "$work/i" --clocks 204MHz,710MHz --threads 1 \
		"$work/net1.onnx" >"$work/i.log" 2>&1 &
	pid=$!
	until_there "$work/slow-began"
	[ "$(cat "$cpufreq/scaling_governor")" = userspace ] || wrong "no clock was set"
	[ -s "$work/state/sweep-clock" ] || wrong "no state on disk"
	kill -"$1" $pid
	wait $pid
	status=$?
	rm -f "$work/slow"
}

test_interrupted() {
	for signal in INT TERM HUP; do
		params "$signal"
		interrupt $signal
		check_eq $status $((128 + $(kill -l $signal))) "exit status"
		grep -q "interrupted after 1 of 2 runs" "$work/i.log" || wrong "$(cat "$work/i.log")"
		is_as_found
		check_eq "$(ls "$work/i/runs")" c0000-r0 "what was done stays, and nothing of the other"
		check_eq "$(grep -c '(total)' "$work/i/results.csv")" 1 "results"
	done
}

# killed: the guardian restores, and the program ends, too
test_killed() {
	interrupt KILL
	for i in $(seq 100); do
		[ -e "$work/state/sweep-clock" ] || break
		sleep 0.1
	done
	is_as_found
	run=$(pgrep -f "$work/program" || true)
	[ -z "$run" ] || wrong "the program is still running ($run)"
	# and it goes on
	"$sweep" -q --program "$work/program" --output "$work/i" --clocks 204MHz,710MHz --threads 1 \
		"$work/net1.onnx" || wrong "it does not go on"
	check_eq "$(find "$work/i/runs" -name run.json | wc -l)" 2 "runs"
}

# both gone: --restore, or the next sweep
test_restore() {
	mkdir -p "$work/state"
	echo "policy0 schedutil 204000 1300000 0" >"$work/state/sweep-clock"
	echo userspace >"$cpufreq/scaling_governor"
	echo 1734000 >"$cpufreq/scaling_max_freq"
	expect 0 "$sweep" --restore
	has out "as it was found"
	is_as_found
	expect 0 "$sweep" --restore
	has out "nothing to restore"
	echo "policy0 schedutil 204000 1300000 0" >"$work/state/sweep-clock"
	echo performance >"$cpufreq/scaling_governor"
	run 0 r --threads 1
	has err "an interrupted sweep had found"
	is_as_found
	echo "nonsense" >"$work/state/sweep-clock"
	expect 1 "$sweep" --restore
	has err "not a line of a policy"
	rm "$work/state/sweep-clock"
}

# one run of the order, as a farm gives them out: together they are the sweep
test_jobs() {
	for job in 0 1 2 3; do
		run 0 "job$job" --threads 1,2 --job $job --board "b$((job % 2))"
	done
	expect 0 "$sweep" --collect --output "$work/all" "$work"/job[0-3]
	check_eq "$(cut -d, -f1 "$work/all/results.csv" | sort | uniq -c | tr -s ' \n' ' ')" " 12 b0 12 b1 1 board " "boards"
	# in whichever order the directories come
	cp "$work/all/results.csv" "$work/one.csv"
	expect 0 "$sweep" --collect --output "$work/all" "$work"/job3 "$work"/job1 "$work"/job0 "$work"/job2
	cmp -s "$work/one.csv" "$work/all/results.csv" || wrong "another order gives another table"
}

# GNU parallel over two places: the serial sweep's table, byte for byte
test_parallel() {
	command -v parallel >/dev/null || skip "no parallel (scripts/setup.sh)"
	run 0 serial --threads 1,2,4 --repeats 2 --board b
	cp "$work/serial/plan.txt" "$work/plan.txt"
	cd "$work" || fail "no $work"
	export PARALLEL_HOME=$work/parallel
	mkdir -p "$PARALLEL_HOME"
	touch "$PARALLEL_HOME/will-cite"
	# shellcheck disable=SC1083 # the braces are parallel's
	expect 0 parallel --jobs 2 "$sweep" -q --program "$work/program" --plan plan.txt --job {} --board b \
		--output out{} ::: {0..11}
	expect 0 "$sweep" --collect --output "$work/gathered" "$work"/out[0-9]*
	check cmp "$work/serial/results.csv" "$work/gathered/results.csv"
	check cmp "$work/serial/choices.csv" "$work/gathered/choices.csv"
}

test_wrong_use() {
	expect 2 "$sweep" --output "$work/w"
	expect 2 "$sweep" "$work/net1.onnx"
	run 2 w --clocks 500MHz
	has err "it has 204000 710400 1734000"
	run 2 w --clocks 12
	run 2 w --threads 0
	expect 1 "$sweep" --output "$work/w" "$work/nothing.onnx"
	has err "nothing.onnx"
	expect 1 "$sweep" --collect --output "$work" "$work/p/runs"
	is_as_found
	expect 0 "$sweep" --dry-run --threads 1,2 --repeats 2 "$work/net1.onnx"
	lines out 4
}

run_tests "$@"
