#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Networks with functions of their own through synergy-run: check_functions.py RUN
values|refusals."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

from small_network import model, refused, run, same

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from wire import field, varint  # noqa: E402

COMMAND = [sys.argv[1]]
X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
DOMAIN = "own"


def function(name, inputs, outputs, nodes, attributes=(), opset=13, domain=DOMAIN):
    return helper.make_function(domain, name, inputs, outputs, nodes,
                                [helper.make_opsetid("", opset), helper.make_opsetid(DOMAIN, 1)],
                                list(attributes))


def refers(node, **attributes):
    """The node with attributes (name to type) that stand for the call's."""
    for name, kind in attributes.items():
        a = node.attribute.add()
        a.name, a.ref_attr_name, a.type = name, name, kind
    return node


def call(name, inputs, outputs, **attributes):
    return helper.make_node(name, inputs, outputs, domain=DOMAIN, **attributes)


def made(nodes, functions, constants=(), outputs=("y",), opset=13):
    return model(nodes, {"x": X}, dict(constants), outputs, opset, [DOMAIN], functions)


LEAKY = function("Leaky", ["a"], ["b"],
                 [refers(helper.make_node("LeakyRelu", ["a"], ["b"]), alpha=onnx.AttributeProto.FLOAT)],
                 ["alpha"])


def leaky(x, alpha):
    return np.where(x < 0, x * np.float32(alpha), x)


def with_default(proto, alpha):
    """LEAKY with a value for calls that have none: field 11, since ONNX 1.13."""
    default = helper.make_attribute("alpha", alpha).SerializeToString()
    parts = proto.SerializeToString()
    plain = LEAKY.SerializeToString()
    at = parts.index(varint(25 << 3 | 2) + varint(len(plain)) + plain)
    end = at + len(field(25, plain))
    return parts[:at] + field(25, plain + field(11, default)) + parts[end:]


def values():
    double = function("Double", ["a"], ["c"], [helper.make_node("Add", ["a", "a"], ["t"]),
                                               call("Leaky", ["t"], ["c"], alpha=0.5)])
    nodes = [call("Leaky", ["x"], ["u"], alpha=0.25), call("Double", ["u"], ["v"]),
             call("Double", ["v"], ["y"])]
    got = run(COMMAND, made(nodes, [LEAKY, double]), {"x": X})
    same("nested calls", got, [leaky(2 * leaky(2 * leaky(X, .25), .5), .5)])

    got = run(COMMAND, made([call("Leaky", ["x"], ["y"])], [LEAKY]), {"x": X})
    same("no attribute", got, [leaky(X, 0.01)])
    got = run(COMMAND, with_default(made([call("Leaky", ["x"], ["y"])], [LEAKY]), .75), {"x": X})
    same("an attribute's default", got, [leaky(X, .75)])

    # Its second input and first output are left out; its last output is its input.
    many = function("Many", ["a", "b"], ["sum", "less", "a"],
                    [helper.make_node("Clip", ["a", "b"], ["sum"]),
                     helper.make_node("Neg", ["sum"], ["less"])])
    nodes = [call("Many", ["x"], ["", "n", "same"]), helper.make_node("Sub", ["n", "same"], ["y"])]
    same("omitted arguments", run(COMMAND, made(nodes, [many]), {"x": X}), [-2 * X])

    # Its constant is read twice; it is large enough to be taken over from the file.
    table = np.arange(3000, dtype=np.float32)
    typed = onnx.TensorProto(data_type=1, dims=[3000], float_data=table.tolist())
    for tensor in (numpy_helper.from_array(table), typed):
        pick = function("Pick", ["a"], ["c"], [helper.make_node("Constant", [], ["t"], value=tensor),
                                               helper.make_node("Gather", ["t", "a"], ["g"]),
                                               helper.make_node("Neg", ["g"], ["c"])])
        nodes = [call("Pick", ["i"], ["p"]), call("Pick", ["i"], ["q"]),
                 helper.make_node("Sum", ["p", "q", "x"], ["y"])]
        got = run(COMMAND, made(nodes, [pick], {"i": np.array([7, 2000, 2], np.int64)}), {"x": X})
        same("a constant read twice", got, [X - 2 * table[[7, 2000, 2]]])

    # Axes are an attribute in its opset and an input in the network's.
    mean = function("Mean", ["a"], ["b"], [helper.make_node("ReduceMean", ["a"], ["b"], axes=[1])])
    got = run(COMMAND, made([call("Mean", ["x"], ["y"])], [mean], opset=18), {"x": X})
    same("another opset", got, [X.mean(1, keepdims=True)])
    # An operator that is ours comes before a function of its name.
    relu = function("Relu", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], domain="")
    got = run(COMMAND, made([helper.make_node("Relu", ["x"], ["y"])], [relu]), {"x": X})
    same("a function with an operator's name", got, [np.maximum(X, 0)])
    erfc = function("Erfc", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], domain="")
    got = run(COMMAND, made([helper.make_node("Erfc", ["x"], ["y"])], [erfc]), {"x": X})
    same("a function of the default domain", got, [-X])
    describe(made([call("Double", ["x"], ["y"])], [LEAKY, double]))


def describe(proto):
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "m.onnx")
        onnx.save(proto, path)
        text = subprocess.run(COMMAND + ["--describe", path], capture_output=True, text=True,
                              check=True).stdout
    for word in ("y/Add", "y/Leaky", "LeakyRelu"):
        if word not in text:
            sys.exit(f"--describe lacks '{word}':\n{text}")


def refuse(what, nodes, functions, *words, **more):
    refused(what, run(COMMAND, made(nodes, functions, **more), {"x": X}), *words)


def refusals():
    loop = [function("A", ["a"], ["b"], [call("B", ["a"], ["b"])]),
            function("B", ["a"], ["b"], [call("A", ["a"], ["b"])])]
    refuse("recursion", [call("A", ["x"], ["y"])], loop, "own:A", "contains itself")
    # Each calls the next twice: 2^31 calls that come to nothing.
    bomb = [function(f"F{i}", ["a"], ["b"], [call(f"F{i + 1}", ["a"], ["t"]),
                                             call(f"F{i + 1}", ["t"], ["b"])]) for i in range(30)]
    bomb.append(function("F30", ["a"], ["a"], []))
    refuse("exponential", [call("F0", ["x"], ["y"])], bomb, "65536 nodes")
    deep = [function(f"F{i}", ["a"], ["b"], [call(f"F{i + 1}", ["a"], ["b"])]) for i in range(40)]
    deep.append(LEAKY)
    refuse("depth", [call("F0", ["x"], ["y"])], deep, "32 deep")
    refuse("ambiguous", [call("Leaky", ["x"], ["y"], alpha=.5)], [LEAKY, LEAKY], "more than once")
    refuse("arguments", [call("Leaky", ["x", "x"], ["y"])], [LEAKY], "own:Leaky", "more arguments")
    old = function("Old", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], opset=99)
    refuse("opset", [call("Old", ["x"], ["y"])], [old], "own:Old", "99")
    odd = function("Odd", ["a"], ["b"], [helper.make_node("Teleport", ["a"], ["b"], name="beam")])
    refuse("operator", [call("Odd", ["x"], ["y"])], [odd], "y/beam", "Teleport")
    nowhere = function("Nowhere", ["a"], ["b"], [helper.make_node("Add", ["a", "q"], ["b"])])
    refuse("undefined", [call("Nowhere", ["x"], ["y"])], [nowhere], "y/q", "nowhere defined")
    refuse("absent", [call("Absent", ["x"], ["y"])], [LEAKY], "Absent", "own")
    outside = refers(helper.make_node("LeakyRelu", ["x"], ["y"]), alpha=onnx.AttributeProto.FLOAT)
    refuse("reference outside", [outside], [], "alpha", "is in none")


{"values": values, "refusals": refusals}[sys.argv[2]]()
