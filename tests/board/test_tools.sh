# SPDX-License-Identifier: GPL-2.0-only
# board: timeout=120 debug=no
#
# The tools on a device: synergy-run measures a small network whose true energy the
# simulator knows, synergy-record any command, synergy-info finds nothing wrong; what
# cannot be had is refused in one line; a chip that goes away while recording is told.
. /lib/board/lib.sh
# shellcheck source=tests/board/network.sh
. /tests/network.sh

command -v synergy-run >/dev/null || skip "the tools were not built for the board"

# status WANTED COMMAND...: the exit status; output in out, messages in err
status() {
	status_wanted=$1
	shift
	"$@" >out 2>err
	status_is=$?
	[ $status_is = "$status_wanted" ] ||
		fail "$*: exit $status_is, not $status_wanted: $(head -3 err)"
}
has() { grep -qF -- "$2" "$1" || fail "$1 lacks \"$2\": $(head -3 "$1")"; }

# within VALUE WANTED SHARE WHAT
within() {
	awk -v a="$1" -v b="$2" -v s="$3" \
		'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a != "" && b > 0 && d <= s * b) }' ||
		fail "$4: $1 is not within $3 of $2"
}

{
	net_input 32
	net_conv c1 data 48 5
	net_layer r1 ReLU c1 c1
	net_layer p1 Pooling c1 p1 'pooling_param { pool: MAX kernel_size: 2 stride: 2 }'
	net_conv c2 p1 128 3
	net_layer fc InnerProduct c2 fc 'inner_product_param { num_output: 100 }'
} >net.prototxt

mean_truth() { truth "$1" | awk '{ s += $1 } END { printf "%.3f", 1000 * s / NR }'; }
[ ! -e $truth ] || echo >$truth

status 0 synergy-info
has out "nothing is wrong"
has out "VDD_CPU"
has out "Hz alone"

events=
[ ! -d /sys/bus/event_source/devices/synergy_sim_pmu ] || events="-e ASE_SPEC,BUS_ACCESS"
status 0 synergy-run --measure require --runs 12 --warmup 1 --rails VDD_CPU --rate max $events \
	--output x net.prototxt
has out "closure 0."
has out " 0 lost"
[ -s x/capture.syn ] || fail "no recording"

# the layers and what is between them add up to the inference
total=$(sed -n 's/^# total_uj: *\([0-9.e+]*\).*/\1/p' x/layers.csv)
sum=$(grep -v '^#' x/layers.csv | awk -F, 'NR > 1 { s += $7 } END { printf "%.3f", s }')
within "$sum" "$total" 0.001 "sum of layers against the total"

# Against what the simulator knows, at 7 kHz: there the bus voltage, which sags by half
# a per cent under load, is taken some times a second only, and each start of the
# reckoning loses a few samples. How good the figures are is bench-attribution's to say.
if [ -e $truth ] && [ -n "$events" ]; then
	within "$total" "$(mean_truth 4294967295)" 0.015 "energy of an inference against the truth"
	within "$(column c1 energy_uj)" "$(mean_truth 0)" 0.02 "energy of c1 against the truth"
	simd=$(column c1 ASE_SPEC)
	within "$simd" 9830400 0.1 "SIMD instructions of c1 (a quarter of its MACs)"
fi

# offline on the same board: the same figures
status 0 synergy-report --format csv x/capture.syn
cmp -s out x/layers.csv || fail "synergy-report differs from synergy-run"

# any command
status 7 synergy-record -o r.syn -e cpu_cycles -- sh -c 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; exit 7'
has err "power records"
status 0 synergy-report r.syn
has out "sh"
# ignored children are the caller's business, the command's exit status is ours
( trap '' CHLD; exec synergy-record -q -o r.syn -- sh -c 'exit 7' )
[ $? = 7 ] || fail "with SIGCHLD ignored: exit $?, not 7"
synergy-record -q -o r.syn -- sleep 30 &
other=$!
board_wait 5 test -s r.syn
sleep 1
kill -TERM $other
wait $other
terminated=$?
[ $terminated = 143 ] || fail "the command was not told to end: exit $terminated, not 143"
status 0 synergy-record -o r.syn --duration 0.1
status 0 synergy-report r.syn
has out "VDD_IN"
status 1 synergy-record -o r.syn -- /nonexistent
has err "No such file"

# what cannot be had
refused() { status 1 "$@"; [ "$(wc -l <err)" = 1 ] || fail "$*: not one line: $(cat err)"; }
refused synergy-run -q --rail VDD_NONE net.prototxt
has err "VDD_IN, VDD_GPU, VDD_CPU"
refused synergy-run -q --rails VDD_IN --rail VDD_CPU net.prototxt
has err "not among those sampled"
refused synergy-run -q --rate 90000 net.prototxt
has err "the highest is"
refused synergy-run -q -e cylces net.prototxt
has err "near it: "
[ -z "$events" ] || {
	refused synergy-run -q net.prototxt -e "ase_spec,bus_access,inst_retired,mem_access,l1d_cache_refill,l2d_cache_refill,vfp_spec,synergy_sim_pmu/cpu_cycles/,synergy_sim_pmu/config=0x1b,name=a/"
	has err "no counter is left"
}

# somebody else has the session
synergy-record -q -o s.syn --duration 20 &
other=$!
board_wait 5 test -s s.syn
sleep 1
refused synergy-run -q net.prototxt
has err "process $other"
status 0 synergy-record -o j.syn --join --duration 0.2
status 0 synergy-report j.syn
has out "VDD_CPU"
kill -INT $other
wait $other || fail "interrupted recording: status $?"
status 0 synergy-report s.syn

# the chip goes away
synergy-record -q -o g.syn --duration 20 2>gone &
other=$!
sleep 1
rmmod synergy-sim || fail "the simulator cannot be removed"
wait $other && fail "recording from a chip that went away is called complete"
has gone "went away"
status 0 synergy-report g.syn
has out "VDD_CPU"
status 3 synergy-run -q --measure require net.prototxt

# two chips: no two facts of one name, for JSON objects have members
board_insmod synergy-sim chips=0x40,0x140 || fail "the simulator with two chips"
board_wait 5 test -c /dev/synergy
status 0 synergy-info --format json
has out '"chip 1 set-up found"'
twice=$(grep -o '^ *"chip [^"]*"' out | sort | uniq -d)
[ -z "$twice" ] || fail "two facts of one name: $twice"
exit 0
