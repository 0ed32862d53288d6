# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=150 debug=no
#
# synergy-run --until: goes on by batches until every layer of 1 % of the time is known
# to PCT, or the limit is reached; says which of the two, shows progress on a terminal,
# and the table's own intervals say the same.
. /lib/board/lib.sh

command -v synergy-run >/dev/null || skip "the tools were not built for the board"

cat >net.prototxt <<'END'
name: "net"
input: "data"
input_shape { dim: 1 dim: 16 dim: 32 dim: 32 }
layer { name: "c1" type: "Convolution" bottom: "data" top: "c1"
	convolution_param { num_output: 32 kernel_size: 5 pad: 2 } }
layer { name: "r1" type: "ReLU" bottom: "c1" top: "c1" }
layer { name: "c2" type: "Convolution" bottom: "c1" top: "c2"
	convolution_param { num_output: 48 kernel_size: 3 pad: 1 } }
END
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
is() { awk "BEGIN { exit !($1) }" || fail "$2: $1"; }
told() { grep -q -- "$1" err || fail "not told '$1': $(cat err)"; }

# at once
run 90 4 40
[ "$runs" = 4 ] || fail "--until 90 took $runs runs, not one batch of 4"
told '--until: 90 % reached after 4 runs'

# after some batches: a tenth less than what one batch gives needs more than one
one=$(widest)
goal=$(awk "BEGIN { print 0.6 * $one }")
run "$goal" 4 200
is "$runs > 4 && $runs < 200 && $runs % 4 == 0" "runs until $goal %"
told "--until: .* % reached after $runs runs: widest interval"
# The last look was before the idle after the runs, whose samples move the figures, too.
is "$(widest) <= $goal * 1.5" "intervals after $runs runs against $goal %"
echo "--until: $one % after 4 runs, $(widest) % (asked $goal) after $runs"

# not within the limit, which is no multiple of the batch
run 0.02 4 6
[ "$runs" = 6 ] || fail "--max-runs 6 took $runs runs"
told '--until: 0.02 % not reached, stopped by --max-runs after 6 runs: widest interval'
is "$(widest) > 0.02" "intervals after 6 runs"
synergy-report --notes x/capture.syn | grep -q '^until: 0.02 % not reached' ||
	fail "the recording does not say how --until ended"

# progress on a terminal, with the widest interval so far
if command -v script >/dev/null; then
	script -q -c "$measure --until 0.02 --runs 10 --max-runs 120 net.prototxt" /dev/null >tty </dev/null
	grep -q 'widest interval' tty || fail "no progress: $(head -c 300 tty)"
else
	echo "no script(1): progress not looked at"
fi
exit 0
