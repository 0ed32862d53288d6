# SPDX-License-Identifier: GPL-2.0-only
#
# Device tree overlays for real boards (dts/*.dtso) into $(O)/dts/*.dtbo. A
# warning of dtc is an error here.

DTC	?= dtc
DTBOS	:= $(patsubst dts/%.dtso,$(O)/dts/%.dtbo,$(wildcard dts/*.dtso))

.PHONY: dtbs
dtbs: $(DTBOS) ## build the device tree overlays of dts/

$(O)/dts/%.dtbo: dts/%.dtso
	$(Q)mkdir -p $(@D)
	$(if $(filter 1,$(V)),,@echo "  DTC     $<")
	$(Q)warnings=$$($(DTC) -@ -I dts -O dtb -o $@ $< 2>&1); status=$$?; \
	if [ $$status -ne 0 ] || [ -n "$$warnings" ]; then \
		printf '%s\n' "$$warnings" >&2; rm -f $@; exit 1; fi
