#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The arrays and networks of tests/tools/inputs.sh. Usage: make_input_files.py DIR"""

import struct
import sys

import numpy as np
from onnx import TensorProto as T, helper as h, numpy_helper

work = sys.argv[1] + "/"


def prototxt(name, dims):
    text = "".join(f" dim: {d}" for d in dims)
    with open(work + name, "w", encoding="utf-8") as f:
        f.write('name: "t" layer { name: "data" type: "Input" top: "data" input_param { shape {'
                + text + ' } } } layer { name: "p" type: "Power" bottom: "data" top: "p" }')


def model(name, nodes, inputs, weights=(), outputs=("y",), opset=13, kinds=None):
    graph = h.make_graph(
        nodes, "g",
        [h.make_tensor_value_info(n, (kinds or {}).get(n, T.FLOAT), d) for n, d in inputs.items()],
        [h.make_tensor_value_info(o, (kinds or {}).get(o, T.FLOAT), None) for o in outputs],
        [numpy_helper.from_array(w, n) for n, w in dict(weights).items()])
    data = h.make_model(graph, opset_imports=[h.make_opsetid("", opset)])
    with open(work + name, "wb") as f:
        f.write(data.SerializeToString())
    return data


prototxt("id.prototxt", (1, 3, 8, 10))
prototxt("id3.prototxt", (3, 8, 10))
prototxt("id1.prototxt", (1, 1, 8, 10))
prototxt("turned.prototxt", (1, 3, 10, 8))

# The same values in every form that converts, and some that must not.
x = (np.arange(240, dtype=np.float32).reshape(1, 3, 8, 10) - 100) / 8
np.save(work + "f4.npy", x)
np.save(work + "f8.npy", x.astype("<f8"))
np.save(work + "f2.npy", x.astype("<f2"))
np.save(work + "big.npy", x.astype(">f4"))
np.save(work + "fortran.npy", np.asfortranarray(x))
np.save(work + "flat.npy", x.reshape(3, 8, 10))
np.save(work + "nhwc.npy", x.transpose(0, 2, 3, 1))
np.save(work + "other.npy", x.reshape(1, 3, 10, 8))
np.save(work + "long.npy", x)
with open(work + "long.npy", "ab") as f:
    f.write(b"more")
half = numpy_helper.from_array(x.astype(np.float16))
with open(work + "f2.pb", "wb") as f:
    f.write(half.SerializeToString())
with open(work + "other.pb", "wb") as f:
    f.write(numpy_helper.from_array(x.reshape(1, 3, 10, 8)).SerializeToString())

# Open shapes, and inputs that decide shapes by their value.
w = np.ones((2, 3, 3, 3), np.float32)
model("open.onnx", [h.make_node("Conv", ["x", "w"], ["y"])], {"x": ["N", 3, "H", "W"]}, {"w": w})
model("rankless.onnx", [h.make_node("Relu", ["x"], ["y"])], {"x": None})
model("two.onnx", [h.make_node("Add", ["a", "b"], ["y"])], {"a": [2, 3], "b": [2, 3]})
model("reshape.onnx", [h.make_node("Reshape", ["x", "s"], ["r"]), h.make_node("Relu", ["r"], ["y"])],
      {"x": [2, 6], "s": [2]}, kinds={"s": T.INT64})
model("cast.onnx", [h.make_node("Cast", ["s"], ["t"], to=T.INT64),
                    h.make_node("Reshape", ["x", "t"], ["y"])],
      {"x": [2, 6], "s": [2]}, kinds={"s": T.INT32})
model("bytes.onnx", [h.make_node("Cast", ["x"], ["y"], to=T.FLOAT)], {"x": [1, 3, 8, 10]},
      kinds={"x": T.UINT8})
model("constant.onnx", [h.make_node("Shape", ["x"], ["y"])], {"x": [3, 4, 5]}, kinds={"y": T.INT64})
model("softmax.onnx", [h.make_node("Softmax", ["x"], ["y"])], {"x": [2, 3]})
model("folds.onnx", [h.make_node("ConstantOfShape", ["p"], ["a"])] +
      [h.make_node("Concat", [f"a{i - 1}" if i else "a"] * 8, [f"a{i}"], axis=0) for i in range(6)] +
      [h.make_node("Add", ["x", "a5"], ["y"])], {"x": [1]}, {"p": np.array([1000])})
model("filled.onnx", [h.make_node("ConstantOfShape", ["p"], ["a"], value=numpy_helper.from_array(
    np.array([2.5], np.float32))), h.make_node("Add", ["x", "a"], ["y"])], {"x": [1]},
      {"p": np.array([5 << 20])})
np.save(work + "x8.npy", x[:, :, :5, :6])
np.save(work + "row.npy", np.arange(12, dtype=np.float32).reshape(2, 6))
np.save(work + "shape.npy", np.array([3, 4]))
np.save(work + "shape4.npy", np.array([3, 4], np.int32))
np.save(work + "a.npy", np.full((2, 3), 1, np.float32))
np.save(work + "b.npy", np.full((2, 3), 10, np.float32))
np.save(work + "one.npy", np.array([1], np.float32))
np.save(work + "i8.npy", np.arange(240, dtype=np.int64).reshape(1, 3, 8, 10))
np.save(work + "i9.npy", np.arange(240, dtype=np.int64).reshape(1, 3, 8, 10) + 100)
np.save(work + "nan.npy", np.array([[1, np.nan, 2], [3, 4, 5]], np.float32))
with open(work + "labels", "w", encoding="utf-8") as f:
    f.write("".join(f"class {i}\n" for i in range(240)))


# Attributes as proto3 writes them: the type is there, a zero is not.
def proto3(name, op, attribute, kind, inputs, weights):
    m = model(name, [h.make_node(op, inputs, ["y"])], {"x": [2, 3]}, weights)
    a = m.graph.node[0].attribute.add()
    a.name, a.type = attribute, kind
    with open(work + name, "wb") as f:
        f.write(m.SerializeToString())


z = np.arange(9, dtype=np.float32).reshape(3, 3)
proto3("concat0.onnx", "Concat", "axis", 2, ["x", "z"], {"z": z[:1]})
proto3("leaky0.onnx", "LeakyRelu", "alpha", 1, ["x"], {})
proto3("gemm0.onnx", "Gemm", "transB", 2, ["x", "z"], {"z": z})
np.save(work + "x23.npy", np.array([[-1, 2, -3], [4, -5, 6]], np.float32))

# External data: beside the model, and by links out of its folder.
np.ones(54, np.float32).tofile(work + "w.bin")
for name, location in (("plain", "w.bin"), ("link", "link.bin"), ("folder", "sub/w.bin")):
    m = model(f"ext_{name}.onnx", [h.make_node("Conv", ["x", "w"], ["y"])], {"x": [1, 3, 5, 6]}, {"w": w})
    t = m.graph.initializer[0]
    t.ClearField("raw_data")
    t.data_location = T.EXTERNAL
    e = t.external_data.add()
    e.key, e.value = "location", location
    with open(work + f"ext_{name}.onnx", "wb") as f:
        f.write(m.SerializeToString())

# What people give for a model.
for name, start in (("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 130\n"),
                    ("gz", b"\x1f\x8b\x08\0"), ("tflite", b"\x1c\0\0\0TFL3"),
                    ("pt", b"PK\x03\x04\x14\0\0\0\0\0archive/data.pkl"),
                    ("caffemodel", b"\x0a\x05hello\xa2\x06\x02\x0a\0")):
    with open(work + "as_" + name, "wb") as f:
        f.write(start + bytes(64))
