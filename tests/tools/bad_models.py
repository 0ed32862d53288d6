#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the model files of bad_models.sh into a directory: good ones, and each kind of bad.

usage: tests/tools/bad_models.py DIRECTORY
"""
import math
import os
import struct
import sys

from onnx import TensorProto as T, helper as h

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from wire import field, varint  # noqa: E402

work = sys.argv[1]


def model(name, nodes, weights=(), shape=(1, 3, 8, 8), kind=T.FLOAT, out="y", stated=()):
    graph = h.make_graph(nodes, "g", [h.make_tensor_value_info("x", kind, shape)],
                         [h.make_tensor_value_info(out, kind, None)], list(weights),
                         value_info=[h.make_tensor_value_info(name, kind, stated[name]) for name in stated])
    data = h.make_model(graph, opset_imports=[h.make_opsetid("", 13)]).SerializeToString()
    with open(os.path.join(work, name), "wb") as f:
        f.write(data)
    return data


def weight(name, dims, value=0.5, kind=T.FLOAT):
    return h.make_tensor(name, kind, dims, [value] * max(0, math.prod(dims)))


conv = h.make_node("Conv", ["x", "w"], ["y"], name="the_conv")
w = weight("w", [4, 3, 3, 3])
good = model("good.onnx", [conv], [w])
with open(work + "/truncated.onnx", "wb") as f:
    f.write(good[:len(good) // 2])
flipped = bytearray(good)
flipped[good.index(b"Conv")] ^= 0x10
with open(work + "/flipped.onnx", "wb") as f:
    f.write(flipped)
model("cycle.onnx", [h.make_node("Add", ["x", "b"], ["a"], name="first"),
                     h.make_node("Relu", ["a"], ["b"], name="second"),
                     h.make_node("Relu", ["b"], ["y"], name="third")])
model("operator.onnx", [h.make_node("Teleport", ["x"], ["y"], name="the_node")])
model("operators.onnx", [h.make_node("Teleport", ["x"], ["a"], name="the_node"),
                         h.make_node("Scotty", ["a"], ["b"], name="beam", domain="com.ship"),
                         h.make_node("Teleport", ["b"], ["c"], name="again"),
                         h.make_node("Relu", ["c"], ["d"]), h.make_node("Conv", ["d", "w"], ["y"])], [w],
      stated={"c": (1, 3, 8, 8)})
model("setting.onnx", [h.make_node("Conv", ["x", "v"], ["c"], name="six"), h.make_node("Relu", ["c"], ["y"])],
      [weight("v", [4, 3, 2, 2, 2, 2], 4 * 3 * 16)], (1, 3, 4, 4, 4, 4), stated={"c": (1, 4, 3, 3, 3, 3)})
model("endless.onnx", [h.make_node("Einsum", ["a", "b", "c", "d"], ["s"], name="the_sum", equation="i,j,k,l->"),
                       h.make_node("Add", ["x", "s"], ["y"])], [weight(name, [8192]) for name in "abcd"])
nothing = h.make_node("", ["x"], ["y"], name="the_node")
nothing.ClearField("op_type")
model("no_operator.onnx", [nothing])
model("attribute.onnx", [h.make_node("Relu", ["x"], ["y"], name="the_node", warp=9)])
model("type.onnx", [conv], [w], kind=T.INT64)
model("weight_type.onnx", [conv], [weight("w", [4, 3, 3, 3], 1, T.INT32)])
model("shape.onnx", [conv], [weight("w", [4, 5, 3, 3])])
model("rank.onnx", [conv], [weight("w", [4, 3])])
model("kernel.onnx", [h.make_node("MaxPool", ["x"], ["y"], name="the_pool", kernel_shape=[9, 9])])
model("nan.onnx", [conv], [weight("w", [4, 3, 3, 3], float("nan"))])
model("negative.onnx", [conv], [w], shape=(1, 3, -8, 8))
bad = weight("w", [4, 3, 3, 3])
bad.dims[1] = -3
model("negative_weight.onnx", [conv], [bad])
bad = weight("w", [4, 3, 3, 3])
bad.dims[0] = 1 << 40
model("oversized_weight.onnx", [conv], [bad])
model("oversized.onnx", [conv], [w], shape=(1 << 40, 3, 8, 8))
model("overflow.onnx", [conv], [w], shape=(1 << 31, 3, 1 << 31, 8))
model("memory.onnx", [conv], [w], shape=(1, 3, 200000, 200000))
model("undefined.onnx", [h.make_node("Relu", ["nowhere"], ["y"], name="the_node")])
model("twice.onnx", [h.make_node("Relu", ["x"], ["y"], name="one"),
                     h.make_node("Relu", ["x"], ["y"], name="two")])
model("division.onnx", [h.make_node("Conv", ["x", "w"], ["y"], name="the_conv", strides=[0, 1])], [w])

head = "name: 'n' input: 'x' input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n"
conv = "layer { name: 'the_conv' type: 'Convolution' bottom: 'x' top: 'y' convolution_param { %s } }\n"
for name, text in {
        "good": head + conv % "num_output: 4 kernel_size: 3",
        "truncated": (head + conv % "num_output: 4 kernel_size: 3")[:-9],
        "cycle": head + "layer { name: 'a' type: 'ReLU' bottom: 'q' top: 'p' }\n"
                        "layer { name: 'b' type: 'ReLU' bottom: 'p' top: 'q' }\n",
        "operator": head + "layer { name: 'the_layer' type: 'Teleport' bottom: 'x' top: 'y' }",
        "operators": head + "layer { name: 'the_layer' type: 'Teleport' bottom: 'x' top: 'a' }"
                            "layer { name: 'beam' type: 'Scotty' bottom: 'a' top: 'b' }"
                            "layer { name: 'again' type: 'Teleport' bottom: 'b' top: 'y' }",
        "field": head + conv % "num_output: 4 kernel_size: 3 warp: 9",
        "type": head + conv % "num_output: 'four' kernel_size: 3",
        "shape": head + conv % "num_output: 4 kernel_size: 9",
        "group": head + conv % "num_output: 4 kernel_size: 3 group: 2",
        "negative": head.replace("dim: 8", "dim: -8") + conv % "num_output: 4 kernel_size: 3",
        "negative_output": head + conv % "num_output: -4 kernel_size: 3",
        "oversized": head.replace("dim: 1 ", "dim: 1099511627776 ") + conv % "num_output: 4 kernel_size: 3",
        "overflow": head.replace("dim: 8", "dim: 4294967296") + conv % "num_output: 4 kernel_size: 3",
        "memory": head.replace("dim: 8", "dim: 200000") + conv % "num_output: 4 kernel_size: 3",
        "stride": head + conv % "num_output: 4 kernel_size: 3 stride: 0",
        "deep": head + "layer { " * 100000,
        "no_input": conv % "num_output: 4 kernel_size: 3"}.items():
    with open(os.path.join(work, name + ".prototxt"), "w") as f:
        f.write(text)


def caffemodel(name, values, dims=(4, 3, 3, 3), layer=b"the_conv"):
    shape = field(7, field(1, b"".join(varint(d & (1 << 64) - 1) for d in dims)))
    blobs = [field(7, shape + field(5, struct.pack("<%df" % len(values), *values))),
             field(7, field(7, field(1, varint(4))) + field(5, bytes(16)))]
    data = field(1, b"n") + field(100, field(1, layer) + b"".join(blobs))
    with open(os.path.join(work, name + ".caffemodel"), "wb") as f:
        f.write(data)
    return data


data = caffemodel("good", [0.5] * 108)
with open(work + "/truncated.caffemodel", "wb") as f:
    f.write(data[:300])
caffemodel("few", [0.5] * 107)
caffemodel("shape", [0.5] * 96, (4, 3, 4, 2))
caffemodel("nan", [float("nan")] * 108)
caffemodel("negative", [0.5] * 108, (4, -3, 3, 3))
caffemodel("oversized", [0.5] * 108, (1 << 40, 3, 3, 3))
caffemodel("other", [0.5] * 108, layer=b"nobody")
with open(work + "/oversized_file.onnx", "wb") as f:
    f.truncate(3 << 30)
