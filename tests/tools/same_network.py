#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One network's outputs from seeded weights, its .caffemodel and its .onnx are the same.

usage: tests/tools/same_network.py DIRECTORY   (with bare, weights and onnx in it)
"""
import sys

import numpy as np

bare, weights, onnx = (np.load("%s/%s/output.npy" % (sys.argv[1], d)) for d in ("bare", "weights", "onnx"))
assert np.array_equal(bare, weights), "with .caffemodel: outputs differ from seeded weights"
assert np.abs(bare.ravel() - onnx.ravel()).max() <= 1e-6 * np.abs(bare).max(), "ONNX: outputs differ"
assert bare.std() > 0, "the output is constant"
