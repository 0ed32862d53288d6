#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# synergy-fit on the published measurements of real boards: the papers' figures
# must come out, and what the data do not carry must be refused with the reason.
# synergy-predict: a model without layer types, broken models, wrong usage.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
bin=${SYNERGY_BIN:-$top/build/host}
data=$top/tests/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

[ -x "$bin/synergy-fit" ] && [ -x "$bin/synergy-predict" ] || { echo "skipped: not built"; exit 77; }

# member FILE SCOPE PART KEY: a member of a part of model.json
member() {
	/usr/bin/python3 -c '
import json, sys
m = json.load(open(sys.argv[1]))
p = [p for p in m["parts"] if p["scope"] == sys.argv[2] and p["name"] == sys.argv[3]][0]
v = p[sys.argv[4]]
print(v[int(sys.argv[5])] if isinstance(v, list) else v)' "$@"
}

# near WHAT GOT WANT TOLERANCE
near() {
	awk -v g="$2" -v w="$3" -v t="$4" 'BEGIN { exit !(g - w <= t && w - g <= t) }' ||
		fail "$1: $2, expected $3 within $4"
	echo "$1: $2 (expected $3 within $4)"
}

m=$work/tx1.json
"$bin/synergy-fit" "$data/tx1-openblas-conv.csv" -o "$m" >"$work/tx1.txt" || fail "tx1: exit status $?"
near "TX1, SIMD per MAC" "$(member "$m" conv simd coefficients 0)" 0.2457 0.0005
near "TX1, bus accesses per SIMD" "$(member "$m" conv bus coefficients 0)" 0.0665 0.0001
near "TX1, the same through the MACs" \
	"$(sed -n 's/.*per SIMD through the MACs: //p' "$work/tx1.txt")" 0.0665 0.00005
near "TX1, uJ per bus access" "$(member "$m" conv counters coefficients 0)" 0.033 0.0005
near "TX1, uJ per SIMD" "$(member "$m" conv counters coefficients 1)" 0.0032 0.00005
near "TX1, counters, network left out" "$(member "$m" conv counters unseen_error_mean)" 0.083 0.0005
near "TX1, the same, SD" "$(member "$m" conv counters unseen_error_sd)" 0.054 0.0005
# The bars were digitised to 5 mJ: moved by so much at random, the mean error is 7.10 +- 0.13
# and its (population) SD 5.06 +- 0.16, so the published 7.12 +- 5.07 and 7.08 +- 5.05 are both
# these bars; rounding errors to whole or tenths of a per cent moves them by 0.01 to 0.03.
line=$(grep 'paper_pred_mac_mj' "$work/tx1.txt")
echo "$line"
read -r mean sd n < <(echo "$line" | sed 's/.*: \([0-9.]*\) +- \([0-9.]*\) % (\([0-9]*\) .*/\1 \2 \3/')
near "TX1, published MAC predictions, error" "$mean" 7.12 0.05
near "TX1, the same, SD" "$sd" 5.07 0.05
[ "$n" = 9 ] || fail "published predictions: $n networks, not 9"
grep -q 'networks left out' "$work/tx1.txt" || fail "no leave-one-out figure is printed"
grep -q "model 'counters+' (conv): the data have no time_us" "$work/tx1.txt" || fail "no reason for counters+"

# Eigen: which networks the papers fitted is not published; over all of them the
# linear coefficient is theirs within 4 %, the polynomial's within two standard errors.
eigen() {
	"$bin/synergy-fit" "$data/eigen-conv.csv" --energy "$1" -o "$work/e.json" >/dev/null ||
		fail "$1: exit status $?"
	near "$1, uJ per MAC" "$(member "$work/e.json" conv mac coefficients 0)" "$2" \
		"$(awk "BEGIN { print 0.04 * $2 }")"
	for k in 0 1; do
		se=$(member "$work/e.json" conv mac2 standard_errors $k)
		near "$1, second degree, $k" "$(member "$work/e.json" conv mac2 coefficients $k)" \
			"$(echo "$3 $4" | cut -d' ' -f$((k + 1)))" "$(awk "BEGIN { print 2 * $se }")"
	done
}
eigen tx1_mj 5.777e-3 2.831e-3 8.328e-13
eigen s820_mj 5.396e-4 -6.875e-5 1.767e-13

# What is missing is named: the target where that is it, and the law's want of intervals.
"$bin/synergy-run" -q --measure off --runs 1 --warmup 0 --format csv \
	"$top/scripts/zoo/all_cnn_c.prototxt" >"$work/bare.csv" || fail "synergy-run: exit status $?"
"$bin/synergy-fit" "$work/bare.csv" >"$work/bare.txt" 2>/dev/null && fail "a table without energy is fitted"
for why in "'simd' (all): the data have no simd" "'mac' (all): the data have no energy" \
	"'law' (layer): no layer has SIMD"; do
	grep -qF "$why" "$work/bare.txt" || fail "not told: model $why"
done

# refusals
expect() {	# STATUS TEXT COMMAND...
	local status=$1 text=$2 got
	shift 2
	"$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got = "$status" ] || fail "$*: exit status $got, not $status"
	grep -q -- "$text" "$work/err" || fail "$*: '$(cat "$work/err")' does not say '$text'"
	[ "$(wc -l <"$work/err")" -le 1 ] || fail "$*: more than one line"
}
expect 2 "no data" "$bin/synergy-fit"
expect 1 "No such file" "$bin/synergy-fit" "$work/none.csv"
expect 1 "choose one with --energy" "$bin/synergy-fit" "$data/eigen-conv.csv"
expect 1 "there are: tx1_mj, s820_mj" "$bin/synergy-fit" --energy x_mj "$data/eigen-conv.csv"
printf 'network,conv_mac,e_mj\na,1e9,5\na,2e9,6\n' >"$work/twice.csv"
expect 1 "twice.csv:3: column network: value 'a'" "$bin/synergy-fit" "$work/twice.csv"
printf 'network,conv_mac,e_mj\na,1e9,5\n' >"$work/one.csv"
expect 1 "nothing could be fitted" "$bin/synergy-fit" "$work/one.csv"
grep -q '1 observations for 1 coefficients' "$work/out" || fail "one network: no reason given"
printf 'network,conv_mac,e_mj\na,1e9,x\n' >"$work/word.csv"
expect 1 "column e_mj: value 'x': not a number" "$bin/synergy-fit" "$work/word.csv"

net=$top/scripts/zoo/squeezenet.prototxt
expect 2 "--model must be given" "$bin/synergy-predict" "$net"
expect 1 "no parts per layer type" "$bin/synergy-predict" -m "$m" "$net"
sed 's/synergy-model 1/synergy-model 7/' "$m" >"$work/old.json"
expect 1 "this reader knows 'synergy-model 1'" "$bin/synergy-predict" -m "$work/old.json" "$net"
head -c 700 "$m" >"$work/cut.json"
expect 1 "cut.json:" "$bin/synergy-predict" -m "$work/cut.json" "$net"
sed 's/"mac"/"mick"/' "$m" >"$work/column.json"
expect 1 "mick" "$bin/synergy-predict" -m "$work/column.json" "$net"

exit $failed
