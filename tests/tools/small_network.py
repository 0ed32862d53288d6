# SPDX-License-Identifier: GPL-2.0-only
"""For tests of operators: a network of a few nodes, run by synergy-run as a user would."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

DTYPES = onnx.mapping.NP_TYPE_TO_TENSOR_TYPE


def seed(argv, place):
    """The seed given, or another one each time; printed, so that a failure can be repeated."""
    value = int(argv[place]) if len(argv) > place else int.from_bytes(os.urandom(4), "little")
    print("seed", value, flush=True)
    return np.random.default_rng(value)


def model(nodes, inputs, constants, outputs, opset=13, domains=(), functions=()):
    """inputs and constants: name to array; outputs: names."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value(n, DTYPES[a.dtype], a.shape) for n, a in inputs.items()],
        [value(n, onnx.TensorProto.UNDEFINED, None) for n in outputs],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in constants.items()])
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(d, 1) for d in domains]
    return helper.make_model(graph, opset_imports=opsets, functions=list(functions))


def run(command, proto, inputs, count=1):
    """The outputs as arrays, or the message of a network that is refused."""
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "m.onnx")
        with open(path, "wb") as file:
            file.write(proto if isinstance(proto, bytes) else proto.SerializeToString())
        given = []
        for name, array in inputs.items():
            np.save(os.path.join(work, name + ".npy"), array)
            given += ["--input", f"{name}={work}/{name}.npy"]
        done = subprocess.run(command + ["--measure", "off", "--quiet", "--runs", "1", "--output",
                                         work] + given + [path],
                              capture_output=True, text=True, check=False)
        if done.returncode == 1:
            return done.stderr.strip()
        if done.returncode:
            sys.exit(f"exit status {done.returncode}: {done.stderr}")
        names = ["output.npy"] if count == 1 else [f"output_{i}.npy" for i in range(count)]
        return [np.load(os.path.join(work, name)) for name in names]


def same(what, got, want):
    if isinstance(got, str):
        sys.exit(f"{what}: refused: {got}")
    for g, w in zip(got, want):
        if g.dtype != w.dtype or g.shape != w.shape:
            sys.exit(f"{what}: {g.dtype} {g.shape}, expected {w.dtype} {w.shape}")
        exact = w.dtype.kind != "f"
        if not (np.array_equal(g, w) if exact else np.allclose(g, w, rtol=1e-4, atol=1e-5)):
            sys.exit(f"{what}:\n{g}\nexpected\n{w}")


def refused(what, got, *words):
    if not isinstance(got, str):
        sys.exit(f"{what}: was not refused")
    for word in words:
        if word not in got:
            sys.exit(f"{what}: '{got}' lacks '{word}'")
