# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=150 debug=no
#
# synergy-run --until: goes on by batches until every layer of 1 % of the time is known
# to PCT, or the limit is reached; says which of the two, shows progress on a terminal,
# and the table's own intervals say the same. What is done between the batches is not
# in their figures.
. /lib/board/lib.sh
# shellcheck source=tests/board/network.sh
. /tests/network.sh

setup() {
	command -v synergy-run >/dev/null || skip "the tools were not built for the board"
	{
		net_input 16
		net_conv c1 data 32 5
		net_layer r1 ReLU c1 c1
		net_conv c2 c1 48 3
	} >net.prototxt
}

measure="synergy-run --measure require --rails VDD_CPU --rate max --idle 0.05 --control 0"

# run PCT N MAX: messages in err, table in x/layers.csv
run() {
	rm -rf x
	$measure --until "$1" --runs "$2" --max-runs "$3" --output x net.prototxt >out 2>err ||
		fail "--until $1: exit status $?: $(head -3 err)"
	runs=$(sed -n 's/^# runs_measured: *//p' x/layers.csv)
}
# widest: of the layers of 1 % of the time and more, in percent
widest() {
	grep -v '^#' x/layers.csv | awk -F, '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["op"] == "(between)" { next }
		{ time[$at["layer"]] = $at["time_us"]; all += $at["time_us"]
		  wide[$at["layer"]] = $at["energy_uj"] > 0 ? $at["energy_ci95_uj"] / $at["energy_uj"] : 9 }
		END { for (l in time) if (time[l] >= 0.011 * all && wide[l] > w) w = wide[l]; print 100 * w }'
}
# told_widest: what --until said of the widest interval is what the table has
told_widest() {
	said=$(sed -n 's/.*--until: .*: widest interval \([0-9.e+-]*\) %.*/\1/p' err)
	check_that "${said:-0} <= 1.01 * $(widest) && ${said:-0} >= 0.99 * $(widest)" "reported of the widest"
}
says() { grep -q -- "$1" err || fail "not said: '$1': $(cat err)"; }

# at once
test_reached_at_once() {
	run 90 4 40
	[ "$runs" = 4 ] || fail "--until 90 took $runs runs, not one batch of 4"
	says '--until: 90 % reached after 4 runs'
	told_widest
}

# after some batches: much less than what one batch gives needs more than one. One batch's
# widest interval differs from session to session (1.29 and 0.77 % were seen), so where
# the goal was met at once, much less than what that batch gave.
test_reached_after_batches() {
	run 90 4 40
	for _ in 1 2 3; do
		one=$(widest)
		goal=$(awk "BEGIN { print 0.6 * $one }")
		[ ! -e $truth ] || echo >$truth
		run "$goal" 4 200
		[ "$runs" = 4 ] || break
	done
	check_that "$runs > 4 && $runs < 200 && $runs % 4 == 0" "runs until $goal %"
	says "--until: .* % reached after $runs runs: widest interval"
	told_widest
	check_that "$(widest) <= $goal * 1.001" "intervals after $runs runs against $goal %"
	echo "--until: $one % after 4 runs, $(widest) % (asked $goal) after $runs"

	# A look between batches must not cool the caches for the run after it: with cold ones
	# the first layer takes a third more.
	if [ -e $truth ] && [ -d /sys/bus/event_source/devices/synergy_sim_pmu ]; then
		truth 0 | sort -n >c1
		[ "$(wc -l <c1)" = "$runs" ] || fail "$(wc -l <c1) runs in the truth, not $runs"
		least=$(sed -n 1p c1) most=$(sed -n '$p' c1)
		check_that "$most < 1.2 * $least" "c1 in each run: $least to $most mJ"
		echo "c1 truly takes $least to $most mJ"
	fi
}

# not within the limit, which is no multiple of the batch
test_stopped_by_max_runs() {
	run 0.02 4 6
	[ "$runs" = 6 ] || fail "--max-runs 6 took $runs runs"
	says '--until: 0.02 % not reached, stopped by --max-runs after 6 runs: widest interval'
	told_widest
	check_that "$(widest) > 0.02" "intervals after 6 runs"
	synergy-report --notes x/capture.syn | grep -q '^until: 0.02 % not reached' ||
		fail "the recording does not say how --until ended"
}

# progress on a terminal: of the runs that are allowed, with the widest interval so far;
# the line is gone at the end.
test_progress_on_a_terminal() {
	on_tty $measure --rate 1000 --until 0.02 --runs 30 --max-runs 90 net.prototxt >shown ||
		fail "on a terminal: exit status $?: $(tail -c 300 shown)"
	tr '\r' '\n' <shown >lines
	grep -q '^.\[Knet \[##*\.*\] [0-9]*/90, [0-9]* s left, widest interval [0-9.]* %$' lines ||
		fail "no progress: $(head -c 300 lines)"
	sed -n 's|.*\] \([0-9]*\)/90.*|\1|p' lines >'done'
	sort -n 'done' | cmp -s - 'done' || fail "progress goes back: $(head -c 300 lines)"
	tail -n 2 lines | head -n 1 | grep -q '^.\[Ksynergy-run: --until' ||
		fail "the progress line stays: $(tail -n 2 lines)"
}

run_tests "$@"
