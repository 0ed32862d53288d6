#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# From layers.csv files to the energy of a network that was in none of them, with the
# programs alone: synergy-run's table with energies made up by a law, synergy-fit,
# synergy-predict in its three forms, and synergy-run --predict.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
[ -x "$bin/synergy-fit" ] && [ -x "$bin/synergy-run" ] || { echo "SKIP: not built"; exit 77; }

# layers NETWORK: its table, with 1.2 nJ a MAC and 2 nJ a byte moved as energy, known to 2 %
layers() {
	"$bin/synergy-run" --quiet --measure off --runs 1 --warmup 0 --format csv --name "$1" \
		"$top/scripts/zoo/$1.prototxt" >"$work/$1.run" || wrong "synergy-run $1: exit status $?"
	awk -F, -v OFS=, '
		/^#/ { print; next }
		!n { for (i = 1; i <= NF; i++) at[$i] = i; n = NF; print; next }
		{
			uj = 0.0012 * $at["mac"] + 0.002 * ($at["bytes_in"] + $at["bytes_out"])
			$at["energy_uj"] = uj
			$at["energy_ci95_uj"] = 0.02 * uj
			$at["resolved"] = 1
			print
		}' "$work/$1.run" >"$work/$1.csv"
}

for net in alexnet squeezenet all_cnn_c mobilenet googlenet; do
	layers $net
done
"$bin/synergy-fit" -o "$work/model.json" "$work"/{alexnet,squeezenet,all_cnn_c,mobilenet}.csv \
	>"$work/fit.txt" || wrong "synergy-fit: exit status $?"

net=$top/scripts/zoo/googlenet.prototxt
want=$(awk -F, '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next }
	{ sum += $at["energy_uj"] } END { print sum }' "$work/googlenet.csv")
"$bin/synergy-predict" --model "$work/model.json" --format json "$net" >"$work/p.json" \
	2>"$work/p.err" || wrong "json: exit status $?"
/usr/bin/python3 - "$work/p.json" "$want" <<'PY' || failures=1
import json, sys
p, want = json.load(open(sys.argv[1])), float(sys.argv[2])
off = p["total_uj"] / want - 1
print(f"googlenet, never run: {p['total_uj']:.0f} uJ for {want:.0f}, {100 * off:+.2f} %")
assert abs(off) < 0.05, "more than 5 % off"
assert 0 < p["total_ci95_uj"] < 0.5 * want
assert abs(p["total_uj"] - want) < p["total_ci95_uj"], "outside its interval"
assert abs(sum(l["predicted_uj"] or 0 for l in p["layers"]) + p["between_uj"] - p["total_uj"]) < 1
PY
"$bin/synergy-predict" -m "$work/model.json" -f csv "$net" 2>/dev/null >"$work/p.csv" ||
	wrong "csv: exit status $?"
[ "$(head -n 1 "$work/p.csv")" = network,index,layer,op,type,mac,predicted_uj,predicted_ci95_uj,outside ] ||
	wrong "csv: header $(head -n 1 "$work/p.csv")"
[ "$(wc -l <"$work/p.csv")" = "$(grep -c '"index"' "$work/p.json" | awk '{ print $1 + 1 }')" ] ||
	wrong "csv: not a row for each layer"
LC_ALL=C "$bin/synergy-predict" -m "$work/model.json" "$net" 2>/dev/null >"$work/p.txt" ||
	wrong "table: exit status $?"
grep -Eq '^ +total +[0-9.]+ G +[0-9.]+ \+-[0-9.]+ J +100\.0' "$work/p.txt" ||
	wrong "table: no total: $(grep total "$work/p.txt")"
grep -Eq '^conv +[0-9.]+ m?J +[0-9.]+ ' "$work/p.txt" || wrong "table: nothing by type"

# Fifty images at once are beyond what was fitted.
"$bin/synergy-predict" -m "$work/model.json" -b 50 -f csv "$net" 2>"$work/p.err" >"$work/p.csv"
grep -q 'lies outside the fit' "$work/p.err" || wrong "a layer of 50 images is not told as outside"
grep -q ',1$' "$work/p.csv" || wrong "csv: no layer marked as outside"
"$bin/synergy-predict" -m "$work/model.json" "$net" >/dev/full 2>"$work/p.err" &&
	wrong "a full disk is not an error"
grep -q 'could not be written' "$work/p.err" || wrong "full disk: $(cat "$work/p.err")"

# Beside a run: the same total, a column in the table.
LC_ALL=C "$bin/synergy-run" --measure off --quiet --runs 1 --warmup 0 --predict "$work/model.json" \
	"$top/scripts/zoo/all_cnn_c.prototxt" >"$work/r.txt" || wrong "--predict: exit status $?"
grep -q ' predicted$' "$work/r.txt" || wrong "--predict: no column"
total=$("$bin/synergy-predict" -m "$work/model.json" "$top/scripts/zoo/all_cnn_c.prototxt" \
	2>/dev/null | LC_ALL=C sed -n 's/^ *total *[0-9.]* M *\(.*J\) .*/\1/p')
grep -q "predicted from the model file alone: ${total/±/+-}" "$work/r.txt" ||
	wrong "--predict: '$(grep 'file alone' "$work/r.txt")' is not '$total'"
sed 's/"residual_relative": [0-9.e-]*/"residual_relative": null/' "$work/model.json" >"$work/null.json"
"$bin/synergy-run" --predict "$work/null.json" "$net" >/dev/null 2>"$work/p.err" &&
	wrong "a model without scatter is taken"
grep -q "member 'residual_relative' must be 0 or more" "$work/p.err" || wrong "$(cat "$work/p.err")"

finish
