#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# From layers.csv files to the energy of a network that was in none of them, with the
# programs alone: synergy-run's table with energies made up by a law, synergy-fit,
# synergy-predict in its three forms, and synergy-run --predict.
# shellcheck source=tests/tools/common.inc
. "$(dirname "$0")/common.inc"
net=$top/scripts/zoo/googlenet.prototxt
model=$work/model.json
predict=$bin/synergy-predict

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

setup() {
	needs synergy-fit synergy-run synergy-predict
	for name in alexnet squeezenet all_cnn_c mobilenet googlenet; do
		layers $name
	done
	"$bin/synergy-fit" -o "$model" "$work"/{alexnet,squeezenet,all_cnn_c,mobilenet}.csv \
		>"$work/fit.txt" || wrong "synergy-fit: exit status $?"
	"$bin/synergy-fit" -o "$work/tx1.json" "$top/tests/data/tx1-openblas-conv.csv" >/dev/null ||
		wrong "synergy-fit: exit status $?"
}

test_json() {
	want=$(awk -F, '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next }
		{ sum += $at["energy_uj"] } END { print sum }' "$work/googlenet.csv")
	expect 0 "$predict" --model "$model" --format json "$net"
	py check_prediction "$work/out" "$want"
}

test_csv() {
	expect 0 "$predict" -m "$model" -f json "$net"
	rows=$(grep -c '"index"' "$work/out")
	expect 0 "$predict" -m "$model" -f csv "$net"
	check_eq "$(head -n 1 "$work/out")" \
		network,index,layer,op,type,mac,predicted_uj,predicted_ci95_uj,outside
	lines out $((rows + 1))
}

# What is not supported is named with its number; what is known besides is predicted.
test_unsupported_operators() {
	$python - "$work/odd.onnx" <<-'EOF' || skip "no python3-onnx"
	import sys
	from onnx import TensorProto, helper as h
	shape = (1, 3, 8, 8)
	value = lambda name: h.make_tensor_value_info(name, TensorProto.FLOAT, shape)
	nodes = [h.make_node(op, [a], [b], name=op + b) for op, a, b in
	         (("Teleport", "x", "a"), ("Teleport", "a", "b"), ("Relu", "b", "c"),
	          ("Beam", "c", "d"), ("Relu", "d", "y"))]
	graph = h.make_graph(nodes, "odd", [value("x")], [value("y")], value_info=[value("b")])
	with open(sys.argv[1], "wb") as file:
	    file.write(h.make_model(graph, opset_imports=[h.make_opsetid("", 13)]).SerializeToString())
	EOF
	expect 0 "$predict" -m "$model" -f csv "$work/odd.onnx"
	has err "not supported: Teleport (2, the first 'Teleporta'), Beam (1: 'Beamd')"
	has err "whose shapes the file does not state"
	lines out 2
	check grep -Eq '^odd,2,Reluc,Relu,activation,0,[0-9.e-]+,' "$work/out"
}

test_table() {
	LC_ALL=C expect 0 "$predict" -m "$model" "$net"
	check grep -Eq '^ +total +[0-9.]+ G +[0-9.]+ \+-[0-9.]+ J +100\.0' "$work/out"
	check grep -Eq '^conv +[0-9.]+ m?J +[0-9.]+ ' "$work/out"
}

# Fifty images at once are beyond what was fitted.
test_outside_the_fit() {
	expect 0 "$predict" -m "$model" -b 50 -f csv "$net"
	has err 'lies outside the fit'
	check grep -q ',1$' "$work/out"
}

# Another shape of the input: twice the sides are some four times the work.
test_another_shape() {
	expect 0 "$predict" -m "$model" -f csv "$net"
	cp "$work/out" "$work/small.csv"
	expect 0 "$predict" -m "$model" -f csv --shape data=1x3x448x448 "$net"
	awk -F, 'FNR == 1 { next } { s[FILENAME] += $6 } END {
		exit !(s[ARGV[2]] > 3.5 * s[ARGV[1]] && s[ARGV[2]] < 4.5 * s[ARGV[1]]) }' \
		"$work/small.csv" "$work/out" || wrong "MACs are not those of the larger picture"
	expect 1 "$predict" -m "$model" --shape nobody=1x3x448x448 "$net"
	has err "no such input (inputs: data)"
}

test_full_disk() {
	"$predict" -m "$model" "$net" >/dev/full 2>"$work/err" && fail "a full disk is not an error"
	test_last=predict
	has err 'could not be written'
}

# Beside a run: the same total, a column in the table.
test_beside_a_run() {
	small=$top/scripts/zoo/all_cnn_c.prototxt
	LC_ALL=C expect 0 "$bin/synergy-run" --measure off --quiet --runs 1 --warmup 0 \
		--predict "$model" "$small"
	check grep -q ' predicted$' "$work/out"
	total=$("$predict" -m "$model" "$small" 2>/dev/null |
		LC_ALL=C sed -n 's/^ *total *[0-9.]* M *\(.*J\) .*/\1/p')
	has out "predicted from the model file alone: ${total/±/+-}"
}

# refused STATUS TEXT COMMAND...: with one line
refused() {
	expect "$1" "${@:3}"
	has err "$2"
	lines err 1
}

test_refusals() {
	refused 2 "--model must be given" "$predict" "$net"
	refused 1 "no parts per layer type" "$predict" -m "$work/tx1.json" "$net"
	sed 's/synergy-model 1/synergy-model 7/' "$work/tx1.json" >"$work/old.json"
	refused 1 "this reader knows 'synergy-model 1'" "$predict" -m "$work/old.json" "$net"
	head -c 700 "$work/tx1.json" >"$work/cut.json"
	refused 1 "cut.json:" "$predict" -m "$work/cut.json" "$net"
	sed 's/"mac"/"mick"/' "$work/tx1.json" >"$work/column.json"
	refused 1 "mick" "$predict" -m "$work/column.json" "$net"
	sed 's/"residual_relative": [0-9.e-]*/"residual_relative": null/' "$model" >"$work/null.json"
	expect 1 "$bin/synergy-run" --predict "$work/null.json" "$net"
	has err "member 'residual_relative' must be 0 or more"
}

run_tests "$@"
