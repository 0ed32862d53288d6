# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel modules, for the running kernel or for KDIR, native or cross:
#   make modules [KDIR=DIR] [ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-] [O=DIR]
# They are built in a shadow tree of links, $(O)/kbuild, so that nothing is
# written among the sources; the results are $(O)/synergy.ko and synergy-sim.ko,
# and synergy-kunit.ko where the kernel has KUnit.

KDIR		?= /lib/modules/$(shell uname -r)/build
KMOD_SHADOW	:= $(abspath $(O))/kbuild
KMOD_SOURCES	:= $(shell find Kbuild kmod -type f \( -name '*.[ch]' -o -name Kbuild \) \
			! -name '*.mod.c' 2>/dev/null)
# Without our own O=, which the kernel would take for its.
KMOD_MAKE	= MAKEFLAGS= $(MAKE) -j2 -C $(realpath $(KDIR)) M=$(KMOD_SHADOW) ARCH=$(ARCH) \
			CROSS_COMPILE=$(CROSS_COMPILE) $(if $(filter 1,$(V)),V=1,-s)

.PHONY: modules modules-shadow modules-sparse modules-clean

modules: modules-shadow ## build synergy.ko and synergy-sim.ko for KDIR
	$(Q)+$(KMOD_MAKE) modules
	$(Q)cp -f $(KMOD_SHADOW)/kmod/*.ko $(O)/

modules-sparse: modules-shadow ## the same with sparse (C=2) and more warnings (W=1)
	$(Q)+$(KMOD_MAKE) C=2 W=1 modules

# Links to what is there, and none to what is no more.
modules-shadow:
	$(Q)[ -e "$(KDIR)/Makefile" ] || { echo "modules: no kernel headers in KDIR=$(KDIR)" >&2; \
		exit 1; }
	$(Q)mkdir -p $(KMOD_SHADOW)
	$(Q)find $(KMOD_SHADOW) -xtype l -delete
	$(Q)for f in $(KMOD_SOURCES); do \
		mkdir -p "$(KMOD_SHADOW)/$$(dirname "$$f")" && \
		ln -sfn "$(CURDIR)/$$f" "$(KMOD_SHADOW)/$$f" || exit 1; done

modules-clean: ## remove what `make modules` has built
	$(Q)rm -rf $(KMOD_SHADOW) $(O)/synergy*.ko
