# SPDX-License-Identifier: GPL-2.0-only
#
# SyNERGY's one entry point. What it offers: `make help`. Each area's rules are
# in scripts/make/AREA.mk; nothing is built outside $(O) and build/.

# Native by default. A cross build: make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
# [SYSROOT=DIR] [KDIR=DIR] [O=DIR]
ARCH		?= $(patsubst aarch64,arm64,$(shell uname -m))
CROSS_COMPILE	?=
SYSROOT		?=
O		?= build/$(if $(CROSS_COMPILE),$(ARCH),host)
V		?= 0
Q		:= $(if $(filter 1,$(V)),,@)

.DEFAULT_GOAL	:= all
.DELETE_ON_ERROR:
.PHONY: all help clean distclean

all: user

# The libraries first: what the other areas link.
include scripts/make/user.mk
include $(filter-out scripts/make/user.mk,$(sort $(wildcard scripts/make/*.mk)))

# Every public target carries a `## what it does` comment; this prints them.
help: ## print this list
	@grep -hE '^[a-z][a-z0-9_-]*:.*## ' $(MAKEFILE_LIST) | sort | \
		awk -F':.*## ' '{ printf "  %-20s %s\n", $$1, $$2 }'

clean: ## remove what was built, keep what was fetched (build/cache)
	$(Q)[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +

distclean: ## remove all of build/
	$(Q)rm -rf build
