# SPDX-License-Identifier: GPL-2.0-only
#
# The ONNX backend tests of Debian's libonnx-testdata, for the operators that
# ConvNets need. Convolutions run by each method in turn; the last line is for
# the default one.

CONFORMANCE_DATA ?= /usr/share/libonnx-testdata/data
CONFORMANCE	:= $(O)/tests/conformance/conformance

$(O)/obj/tests/conformance/conformance.o: | $(O)/gen/model/onnx.pb-c.c

$(CONFORMANCE): $(O)/obj/tests/conformance/conformance.o $(USER_LIBS)
	$(call LINK,$<)

.PHONY: conformance
conformance: $(CONFORMANCE) ## run the ONNX backend tests for our operators
	$(Q)[ -d $(CONFORMANCE_DATA) ] || { \
		echo "conformance: $(CONFORMANCE_DATA): not there; apt-get install libonnx-testdata" >&2; \
		exit 1; }
	$(Q)for how in "--reference" "--conv auto" "--conv direct" "--conv winograd" ""; do \
		echo "conformance $${how:---conv im2col}"; \
		$(CONFORMANCE) $$how tests/conformance/cases.txt $(CONFORMANCE_DATA) || exit 1; \
	done
