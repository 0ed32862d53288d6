# SPDX-License-Identifier: GPL-2.0-only
#
# The ONNX backend tests of Debian's libonnx-testdata, for our operators, through
# synergy-run: by the reference kernels, by each convolution method, and as it is by
# default. `make check` runs the last of these (tests/tools/conformance.sh).

CONFORMANCE_DATA ?= /usr/share/libonnx-testdata/data

.PHONY: conformance
conformance: native ## run the ONNX backend tests for our operators
	$(Q)scripts/setup.sh fuzz-packages
	$(Q)for how in "--reference" "--conv im2col" "--conv direct" "--conv winograd" "--fuse" ""; do \
		echo "conformance $${how:-(default)}"; \
		tests/conformance/conformance.py --jobs 2 build/host/synergy-run \
			tests/conformance/cases.txt $(CONFORMANCE_DATA) -- $$how || exit 1; \
	done
