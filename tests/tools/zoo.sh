#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The zoo: its files are what generate.py writes, and a network exported with
# seeded weights gives the same outputs from the bare .prototxt, with its
# .caffemodel and as .onnx.
# Exit: 0 passed, 1 failed, 77 python3-onnx or the tools are missing.
set -u
cd "$(dirname "$0")/../.." || exit 1
run=build/host/synergy-run
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

python3 scripts/zoo/generate.py --check || exit 1
if [ ! -x $run ] || ! /usr/bin/python3 -c 'import onnx' 2>/dev/null; then
	echo "no $run, or no python3-onnx" >&2
	exit 77
fi

for net in all_cnn_c squeezenetres; do
	file=scripts/zoo/$net.prototxt
	scripts/zoo/export.py --seed 7 --output "$work" "$file" || exit 1
	options="--measure off --runs 1 --warmup 0 --seed 7 -q"
	# shellcheck disable=SC2086
	{
		$run $options --output "$work/bare" "$file" >/dev/null &&
		$run $options --output "$work/weights" --weights "$work/$net.caffemodel" "$file" >/dev/null &&
		$run $options --output "$work/onnx" "$work/$net.onnx" >/dev/null
	} || exit 1
	/usr/bin/python3 - "$work" <<'PYTHON' || exit 1
import sys
import numpy as np
work = sys.argv[1]
bare, weights, onnx = (np.load("%s/%s/output.npy" % (work, d)) for d in ("bare", "weights", "onnx"))
assert np.array_equal(bare, weights), "with .caffemodel: outputs differ from seeded weights"
assert np.abs(bare.ravel() - onnx.ravel()).max() <= 1e-6 * np.abs(bare).max(), "ONNX: outputs differ"
assert bare.std() > 0, "the output is constant"
PYTHON
	echo "$net: same outputs from .prototxt, .caffemodel and .onnx"
	rm -rf "${work:?}"/*
done
