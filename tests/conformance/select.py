#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lists the conformance cases: every ONNX backend test of the data directory
whose operators are all ours and whose first input (without one: first output)
is float32, and those of quantisation and Einsum. Usage: select.py [DATA] > cases.txt"""

import glob
import os
import re
import sys

import onnx

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../user/model/onnx_operators.c")


def operators():
    """Those of the reader's table."""
    with open(TABLE, encoding="utf-8") as file:
        return set(re.findall(r'^\t\{ "(\w+)", SYNERGY_OP_', file.read(), re.M))


OPERATORS = operators()
OF_ANY_TYPE = {op for op in OPERATORS if re.search("Quantize|QLinear|Integer|Einsum", op)}


def element_type(value):
    tensor = value.type.HasField("tensor_type")
    return value.type.tensor_type.elem_type if tensor else None


def is_ours(path):
    try:
        graph = onnx.load(path).graph
    except Exception:  # a deliberately odd file of the suite
        return False
    used = {node.op_type for node in graph.node}
    if not used <= OPERATORS:
        return False
    if used & OF_ANY_TYPE:
        return True
    weights = {w.name for w in graph.initializer}
    inputs = [v for v in graph.input if v.name not in weights]
    first = inputs[0] if inputs else graph.output[0]
    return element_type(first) == onnx.TensorProto.FLOAT


def main():
    data = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/libonnx-testdata/data"
    for path in sorted(glob.glob(os.path.join(data, "*", "test_*", "model.onnx"))):
        if is_ours(path):
            print(os.path.relpath(os.path.dirname(path), data))


if __name__ == "__main__":
    main()
