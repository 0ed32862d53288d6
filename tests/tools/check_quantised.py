#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Networks of 8-bit integers through synergy-run against ONNX's definition in exact
integers and fractions: check_quantised.py RUN values|refusals [SEED]."""
import sys
from fractions import Fraction

import numpy as np
from onnx import helper

from small_network import model, refused, run, same, seed

COMMAND = [sys.argv[1]]
BYTES = (np.uint8, np.int8)


def requantised(sums, factor, zero):
    """sums times factor (exact), to nearest with ties to even, from zero on, limited."""
    info = np.iinfo(zero.dtype)
    steps = [round(int(s) * f) + int(zero) for s, f in zip(sums.flat, factor.flat)]
    return np.clip(steps, info.min, info.max).astype(zero.dtype).reshape(sums.shape)


def convolved(x, w, strides, pads, group):
    x = np.pad(x, [(0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])])
    out = [(x.shape[2 + d] - w.shape[2 + d]) // strides[d] + 1 for d in range(2)]
    y = np.zeros((x.shape[0], w.shape[0], *out), np.int64)
    share_x, share_y = x.shape[1] // group, w.shape[0] // group
    for m in range(w.shape[0]):
        part = x[:, m // share_y * share_x:][:, :share_x]
        for i in range(out[0]):
            for j in range(out[1]):
                at = part[:, :, i * strides[0]:, j * strides[1]:][:, :, :w.shape[2], :w.shape[3]]
                y[:, m, i, j] = (at * w[m]).sum((1, 2, 3))
    return y


def exact(*scales):
    """a * b / y for each of b, as fractions."""
    a, b, y = scales
    return np.array([Fraction(float(a)) * Fraction(float(v)) / Fraction(float(y)) for v in b.flat],
                    object)


def random_bytes(rng, shape, dtype=None):
    dtype = dtype or BYTES[rng.integers(2)]
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


def random_scale(rng, shape, most=0.1):
    # Now and then powers of two, which make ties.
    if rng.integers(2):
        return np.full(shape, 0.5 ** rng.integers(1, 5), np.float32)
    return rng.uniform(0.001, most, shape).astype(np.float32)


def convolution(rng, options):
    group, each = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    m = group * int(rng.integers(1, 4))
    x = random_bytes(rng, (1, group * each, 6, 5))
    w = random_bytes(rng, (m, each, int(rng.integers(1, 4)), int(rng.integers(1, 4))))
    pads, strides = rng.integers(0, 3, 4).tolist(), rng.integers(1, 3, 2).tolist()
    many = (m,) if rng.integers(2) else ()
    x_zero, w_zero = random_bytes(rng, (), x.dtype.type), random_bytes(rng, many, w.dtype.type)
    wide = w.astype(np.int64) - np.broadcast_to(w_zero, (m,)).astype(np.int64)[:, None, None, None]
    sums = convolved(x.astype(np.int64) - int(x_zero), wide, strides, pads, group)
    settings = {"pads": pads, "strides": strides, "group": group}
    if rng.integers(3) == 0:
        node = helper.make_node("ConvInteger", ["x", "w", "xz", "wz"], ["y"], **settings)
        got = run(options, model([node], {"x": x}, {"w": w, "xz": x_zero, "wz": w_zero}, ["y"]),
                  {"x": x})
        return same("ConvInteger", got, [sums.astype(np.int32)])
    scales = random_scale(rng, ()), random_scale(rng, many), random_scale(rng, (), 10)
    bias = rng.integers(-3000, 3000, m).astype(np.int32)
    y_zero = random_bytes(rng, ())
    names = ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"] + ["b"] * int(rng.integers(2))
    if "b" in names:
        sums = sums + bias[:, None, None]
    factor = np.broadcast_to(exact(scales[0], np.broadcast_to(scales[1], (m,)), scales[2])
                             [:, None, None], sums.shape)
    constants = {"xs": scales[0], "xz": x_zero, "w": w, "ws": scales[1], "wz": w_zero,
                 "ys": scales[2], "yz": y_zero, "b": bias}
    node = helper.make_node("QLinearConv", names, ["y"], **settings)
    got = run(options, model([node], {"x": x}, {n: constants[n] for n in names[1:]}, ["y"]), {"x": x})
    return same("QLinearConv", got, [requantised(sums, factor, y_zero)])


def product(rng, options):
    m, k, n = (int(v) for v in rng.integers(1, 9, 3))
    a, b = random_bytes(rng, (2, m, k)), random_bytes(rng, (k, n))
    rows, columns = ((m,), (n,)) if rng.integers(2) else ((), ())
    a_zero, b_zero = random_bytes(rng, rows, a.dtype.type), random_bytes(rng, columns, b.dtype.type)
    sums = np.matmul(a.astype(np.int64) - a_zero.astype(np.int64).reshape(rows + (1,) * len(rows)),
                     b.astype(np.int64) - b_zero.astype(np.int64))
    constant = rng.integers(2)
    if rng.integers(3) == 0:
        node = helper.make_node("MatMulInteger", ["a", "b", "az", "bz"], ["y"])
        inputs = {"a": a} if constant else {"a": a, "b": b}
        constants = {"az": a_zero, "bz": b_zero, **({"b": b} if constant else {})}
        return same("MatMulInteger", run(options, model([node], inputs, constants, ["y"]), inputs),
                    [sums.astype(np.int32)])
    scales = random_scale(rng, rows), random_scale(rng, columns), random_scale(rng, (), 10)
    y_zero = random_bytes(rng, ())
    factor = np.array([exact(v, np.broadcast_to(scales[1], (n,)), scales[2])
                       for v in np.broadcast_to(scales[0], (m,))], object)
    node = helper.make_node("QLinearMatMul", ["a", "as", "az", "b", "bs", "bz", "ys", "yz"], ["y"])
    constants = {"as": scales[0], "az": a_zero, "b": b, "bs": scales[1], "bz": b_zero,
                 "ys": scales[2], "yz": y_zero}
    got = run(options, model([node], {"a": a}, constants, ["y"]), {"a": a})
    return same("QLinearMatMul", got, [requantised(sums, np.broadcast_to(factor, sums.shape), y_zero)])


def dynamic(rng, options):
    x = rng.standard_normal((3, 4)).astype(np.float32) + np.float32(rng.integers(-3, 4))
    if rng.integers(4) == 0:
        x[:] = 0
    low, high = min(np.float32(0), x.min()), max(np.float32(0), x.max())
    scale = np.float32((high - low) / np.float32(255)) if high > low else np.float32(1)
    zero = np.uint8(np.clip(np.rint(-low / scale), 0, 255))
    y = np.clip(np.rint(x / scale) + zero, 0, 255).astype(np.uint8)
    node = helper.make_node("DynamicQuantizeLinear", ["x"], ["y", "s", "z"])
    got = run(options, model([node], {"x": x}, {}, ["y", "s", "z"]), {"x": x}, 3)
    return same("DynamicQuantizeLinear", got, [y, np.array(scale), np.array(zero)])


def values():
    rng = seed(sys.argv, 3)
    for i in range(24):
        options = COMMAND + (["--reference"] if i % 4 == 3 else [])
        (convolution, product, dynamic)[i % 3](rng, options)


def refusals():
    x, w = np.zeros((1, 2, 4, 4), np.uint8), np.zeros((3, 2, 3, 3), np.int8)
    good = {"xs": np.float32(1), "xz": np.uint8(0), "w": w, "ws": np.float32(1), "wz": np.int8(0),
            "ys": np.float32(1), "yz": np.uint8(0), "b": np.zeros(3, np.int32)}
    wrong = {"xz": (np.int8(0), "xz", "i8"), "w": (w.astype(np.float32), "w", "f32"),
             "ws": (np.ones(2, np.float32), "ws", "vector of 3"), "ys": (np.ones(3, np.float32), "ys"),
             "yz": (np.int32(0), "yz", "i32"), "b": (np.zeros(3, np.float32), "b", "f32"),
             "xs": (np.float64(1), "xs", "f64"), "wz": (np.zeros((3, 1), np.int8), "wz")}
    for name, (value, *words) in wrong.items():
        node = helper.make_node("QLinearConv", ["x"] + list(good), ["y"], name="the_node")
        refused(name, run(COMMAND, model([node], {"x": x}, {**good, name: value}, ["y"]), {"x": x}),
                "the_node", *words)
    node = helper.make_node("MatMulInteger", ["a", "b"], ["y"], name="the_node")
    refused("sizes", run(COMMAND, model([node], {"a": np.zeros((2, 3), np.uint8)},
                                        {"b": np.zeros((4, 2), np.uint8)}, ["y"]), {}),
            "the_node", "2x3", "4x2")


{"values": values, "refusals": refusals}[sys.argv[2]]()
