#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Networks of float16 through synergy-run: computed in float32 where anything is computed,
float16 where it is only moved: check_half.py RUN [SEED]."""
import subprocess
import sys
import tempfile

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from small_network import model, run, same, seed

COMMAND = [sys.argv[1]]
HALF, SINGLE = np.float16, np.float32


def main():
    rng = seed(sys.argv, 2)
    x = rng.standard_normal((2, 3, 5, 5)).astype(HALF)
    w = rng.standard_normal((4, 3, 1, 1)).astype(HALF)
    y = np.maximum(np.einsum("nchw,mc->nmhw", x.astype(SINGLE), w[:, :, 0, 0].astype(SINGLE)), 0)

    layers = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])]
    all_half = model(layers, {"x": x}, {"w": w}, ["y"])
    same("all of float16", run(COMMAND, all_half, {"x": x}), [y])
    same("a float32 input of it", run(COMMAND, all_half, {"x": x.astype(SINGLE)}), [y])
    # As converters leave inputs and outputs what they were.
    nodes = [helper.make_node("Cast", ["in"], ["x"], to=TensorProto.FLOAT16), *layers[:1],
             helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("Cast", ["r"], ["y"], to=TensorProto.FLOAT)]
    wide = x.astype(SINGLE)
    same("float32 ends", run(COMMAND, model(nodes, {"in": wide}, {"w": w}, ["y"]), {"in": wide}), [y])
    # Weights alone are float16; one is a Constant, one a list of numbers, which has its bits.
    listed = TensorProto(name="w", data_type=TensorProto.FLOAT16, dims=w.shape,
                         int32_data=w.view(np.uint16).ravel().astype(int).tolist())
    for tensor in (numpy_helper.from_array(w), listed):
        nodes = [helper.make_node("Constant", [], ["w"], value=tensor),
                 helper.make_node("Cast", ["w"], ["v"], to=TensorProto.FLOAT),
                 helper.make_node("Conv", ["in", "v"], ["c"]), layers[1]]
        same("weights", run(COMMAND, model(nodes, {"in": wide}, {}, ["y"]), {"in": wide}), [y])
    described(all_half)

    nodes = [helper.make_node("Cast", ["in"], ["h"], to=TensorProto.FLOAT16),
             helper.make_node("Transpose", ["h"], ["y"], perm=[3, 2, 1, 0])]
    got = run(COMMAND, model(nodes, {"in": wide}, {}, ["y"]), {"in": wide})
    same("only moved", got, [x.transpose()])


def described(proto):
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(proto.SerializeToString())
        file.flush()
        done = subprocess.run(COMMAND + ["--describe", file.name], capture_output=True, text=True,
                              check=True)
    if "float16 is read as float32" not in done.stderr or "input  x f32" not in done.stdout:
        sys.exit(f"--describe does not say what is done:\n{done.stderr}{done.stdout}")


main()
