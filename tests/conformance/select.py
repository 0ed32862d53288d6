#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lists the conformance cases: every ONNX backend test of the data directory
whose operators are all ours and whose first input (without one: first output)
is float32. Usage: select.py [DATA] > cases.txt"""

import glob
import os
import sys

import onnx

OPERATORS = set("""
Add AveragePool BatchNormalization Clip Concat Constant Conv Div Dropout Elu Flatten Gemm
GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity LRN LeakyRelu LogSoftmax MatMul
MaxPool Mul PRelu Pad ReduceMean Relu Reshape Sigmoid Softmax Squeeze Sub Sum Tanh Transpose
Unsqueeze
""".split())


def element_type(value):
    tensor = value.type.HasField("tensor_type")
    return value.type.tensor_type.elem_type if tensor else None


def is_ours(path):
    try:
        graph = onnx.load(path).graph
    except Exception:  # a deliberately odd file of the suite
        return False
    if not {node.op_type for node in graph.node} <= OPERATORS:
        return False
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
