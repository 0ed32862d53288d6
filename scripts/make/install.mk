# SPDX-License-Identifier: GPL-2.0-only
#
# make install, make uninstall: tools, library, headers, Python module, manual pages, udev rule,
# group, examples, overlays and the module's source for DKMS. DESTDIR is put
# before every path; PREFIX is where the user-space part goes. Nothing is written
# but the files below, and uninstall removes exactly these. `make dkms-install`
# then builds and installs the module for the running kernel.

PREFIX		?= /usr/local
DESTDIR		?=
BINDIR		?= $(PREFIX)/bin
SBINDIR		?= $(PREFIX)/sbin
LIBDIR		?= $(PREFIX)/lib
INCLUDEDIR	?= $(PREFIX)/include
MANDIR		?= $(PREFIX)/share/man
DATADIR		?= $(PREFIX)/share/synergy
BASHCOMPDIR	?= $(PREFIX)/share/bash-completion/completions
# Debian's packages have a directory of their own.
ZSHCOMPDIR	?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
# Debian's packages have one for every Python 3; what is not a package's own belongs to a version.
PYTHONDIR	?= $(PREFIX)/lib/$(if $(filter /usr,$(PREFIX)),python3/dist-packages,$(PYTHON_SUBDIR))
PYTHON_SUBDIR	= $(shell python3 -c 'import sys, sysconfig; print("python%d.%d/%s" % ( \
	*sys.version_info[:2], sysconfig.get_path("purelib").rpartition("/")[2]))' 2>/dev/null || \
	echo python3/site-packages)
# udev and sysusers do not look under /usr/local: what is not a package's own
# goes to /etc.
SYSTEMDIR	?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)
UDEVDIR		?= $(if $(filter /usr,$(PREFIX)),/usr/lib/udev/rules.d,/etc/udev/rules.d)
DKMS_NAME	:= synergy
DKMS_VERSION	:= $(shell sed -n 's/^\#define SYNERGY_LIB_VERSION[^"]*"\(.*\)"/\1/p' user/lib/synergy.h)
DKMS_SOURCE	:= /usr/src/$(DKMS_NAME)-$(DKMS_VERSION)
DKMS_FILES	:= Kbuild LICENSES/GPL-2.0-only.txt LICENSES/Linux-syscall-note.txt \
		   $(shell find kmod -type f \( -name '*.[ch]' -o -name Kbuild \) ! -name '*.mod.c')
# In the tree our headers are found by their folders; installed, below synergy/ alone.
HEADERS		:= $(patsubst user/lib/%,$(O)/include/synergy/%,$(LIB_HEADERS)) \
		   $(O)/include/synergy/linux/synergy.h
MAN_PAGES	:= $(wildcard user/man/*.[1-9])
# Section 3 is made of the headers' comments, a page a function, where there is Python.
MAN3_HEADERS	:= $(addprefix user/lib/,synergy.h marks.h meter.h error.h)
MAN3_PAGES	:= $(if $(shell command -v python3),$(patsubst %,$(O)/man3/%.3,$(shell \
		   sed -n 's/^\(synergy_[a-z_]*\) .*/\1/p' user/lib/libsynergy.symbols)))
MAN3_DATE	:= $(shell sed -n 's/^\.TH SYNERGY 4 \([0-9-]*\) .*/\1/p' user/man/synergy.4)

# mode:file:where to
INSTALL_FILES	= \
	$(foreach f,$(USER_TOOLS),755:$(f):$(BINDIR)/$(notdir $(f))) \
	755:$(O)/synergy-handover:$(SBINDIR)/synergy-handover \
	644:scripts/install/completion.bash:$(BASHCOMPDIR)/synergy-run \
	644:scripts/install/completion.zsh:$(ZSHCOMPDIR)/_synergy \
	755:$(O)/libsynergy.so:$(LIBDIR)/libsynergy.so.$(DKMS_VERSION) \
	644:$(O)/libsynergy.pc:$(LIBDIR)/pkgconfig/libsynergy.pc \
	$(foreach f,$(HEADERS),644:$(f):$(INCLUDEDIR)$(f:$(O)/include%=%)) \
	$(foreach f,$(MAN_PAGES),644:$(f):$(MANDIR)/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f))) \
	$(foreach f,$(MAN3_PAGES),644:$(f):$(MANDIR)/man3/$(notdir $(f))) \
	644:scripts/install/60-synergy.rules:$(UDEVDIR)/60-synergy.rules \
	644:scripts/install/synergy.sysusers.conf:$(SYSTEMDIR)/sysusers.d/synergy.conf \
	644:scripts/install/synergy.modules-load.conf:$(DATADIR)/modules-load.conf \
	644:scripts/install/synergy.modprobe.conf:$(DATADIR)/modprobe.conf \
	$(foreach f,$(DTBOS),644:$(f):$(DATADIR)/dts/$(notdir $(f))) \
	644:dts/synergy,ina3221.yaml:$(DATADIR)/dts/synergy,ina3221.yaml \
	644:user/examples/power.c:$(DATADIR)/examples/power.c \
	755:user/examples/power.py:$(DATADIR)/examples/power.py \
	$(foreach f,$(wildcard user/python/synergy/*.py),644:$(f):$(PYTHONDIR)/synergy/$(notdir $(f))) \
	644:README.md:$(DATADIR)/README.md \
	$(foreach f,$(wildcard user/doc/*.md),644:$(f):$(DATADIR)/doc/$(notdir $(f))) \
	$(foreach f,$(wildcard user/doc/figures/*.svg),644:$(f):$(DATADIR)/doc/figures/$(notdir $(f))) \
	644:$(O)/dkms.conf:$(DKMS_SOURCE)/dkms.conf \
	$(foreach f,$(DKMS_FILES),644:$(f):$(DKMS_SOURCE)/$(f))

# Links: name:target
INSTALL_LINKS	= \
	$(foreach t,$(filter-out synergy-run,$(notdir $(USER_TOOLS)) synergy-handover),\
		$(BASHCOMPDIR)/$(t):synergy-run) \
	$(LIBDIR)/$(LIB_SONAME):libsynergy.so.$(DKMS_VERSION) \
	$(LIBDIR)/libsynergy.so:$(LIB_SONAME)

.PHONY: install uninstall install-files dkms-install dkms-uninstall deb container check-packages

# The paths are in the file: made each time, as PREFIX may have changed.
.PHONY: install-pc
install-pc: user/lib/libsynergy.pc.in
	$(Q)mkdir -p $(O) && sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(DKMS_VERSION)|' $< > $(O)/libsynergy.pc

INSTALLED_PATHS	:= -e 's|<linux/synergy\.h>|<synergy/linux/synergy.h>|g' \
		   -e 's|"lib/\([a-z]*\.h\)"|<synergy/\1>|g' -e 's|\blib/\([a-z]*\.h\)|synergy/\1|g'

$(O)/include/synergy/linux/synergy.h: kmod/uapi/linux/synergy.h
	$(Q)install -D -m 644 $< $@

$(O)/include/synergy/%: user/lib/%
	$(Q)mkdir -p $(@D) && sed $(INSTALLED_PATHS) $< > $@

$(O)/dkms.conf: scripts/install/dkms.conf.in user/lib/synergy.h
	$(Q)mkdir -p $(@D) && sed -e 's|@NAME@|$(DKMS_NAME)|' -e 's|@VERSION@|$(DKMS_VERSION)|' $< > $@

$(O)/synergy-handover: scripts/handover user/lib/synergy.h
	$(Q)mkdir -p $(@D) && sed -e 's|@VERSION@|$(DKMS_VERSION)|' $< > $@

$(or $(MAN3_PAGES),$(O)/man3/none) &: $(MAN3_HEADERS) scripts/install/man3 user/man/synergy.4
	$(Q)mkdir -p $(O) && scripts/install/man3 $(MAN3_DATE) $(O)/man3 $(MAN3_HEADERS) >$(O)/man3.list

install: user dtbs install-pc $(O)/dkms.conf $(O)/synergy-handover $(HEADERS) $(MAN3_PAGES) ## install tools, library, udev rule, DKMS source (PREFIX, DESTDIR)
	$(Q)set -e; for entry in $(INSTALL_FILES); do \
		mode=$${entry%%:*}; rest=$${entry#*:}; \
		install -D -m $$mode "$${rest%%:*}" "$(DESTDIR)$${rest#*:}"; \
	done; for entry in $(INSTALL_LINKS); do \
		ln -sfn "$${entry#*:}" "$(DESTDIR)$${entry%%:*}"; \
	done
	$(Q)[ -n "$(DESTDIR)" ] || { ldconfig 2>/dev/null; \
		systemd-sysusers $(SYSTEMDIR)/sysusers.d/synergy.conf 2>/dev/null || groupadd -rf synergy; \
		udevadm control --reload 2>/dev/null; true; }

uninstall: ## remove what install put there (same PREFIX and DESTDIR); see also dkms-uninstall
	$(Q)for entry in $(INSTALL_FILES); do rm -f "$(DESTDIR)$${entry##*:}"; done; \
	for entry in $(INSTALL_LINKS); do rm -f "$(DESTDIR)$${entry%%:*}"; done; \
	rm -f "$(DESTDIR)$(PYTHONDIR)"/synergy/__pycache__/*.pyc; \
	for dir in "$(DESTDIR)$(PYTHONDIR)/synergy" "$(DESTDIR)$(DATADIR)" "$(DESTDIR)$(INCLUDEDIR)/synergy" "$(DESTDIR)$(DKMS_SOURCE)"; do \
		[ ! -d "$$dir" ] || find "$$dir" -depth -type d -empty -delete; \
	done

# Also when it was there, in this version or another: what is installed is what is built.
dkms-install: ## build and install the module through DKMS, or update it (after install, as root)
	$(Q)dkms status -m $(DKMS_NAME) | sed -n 's|^$(DKMS_NAME)[/, ]*\([^,: ]*\).*|\1|p' | sort -u | \
		while read -r version; do dkms remove -m $(DKMS_NAME) -v "$$version" --all || exit 1; done
	dkms add -m $(DKMS_NAME) -v $(DKMS_VERSION)
	dkms install -m $(DKMS_NAME) -v $(DKMS_VERSION)

deb: ## build Debian packages (build/deb)
	$(Q)scripts/setup.sh packages test-packages
	$(Q)MAKEFLAGS= scripts/install/make-deb

CONTAINER_TOOL	?= $(firstword $(foreach t,buildah podman docker,$(if $(shell command -v $(t)),$(t))))

container: deb ## a container image of the tools from these packages (CONTAINER_TOOL)
	$(Q)[ -n "$(CONTAINER_TOOL)" ] || { echo "container: none of buildah, podman, docker is here" >&2; exit 1; }
	$(Q)scripts/install/container "$(CONTAINER_TOOL)" synergy:$(DKMS_VERSION) build/deb -t synergy

check-packages: native ## build the packages, and try them and make install in clean Debian systems
	$(Q)scripts/setup.sh packages test-packages container-packages
	$(Q)SYNERGY_CHECK_PACKAGES=1 tests/run tools/packages tools/install_clean

dkms-uninstall: ## remove the module from DKMS (before uninstall, as root)
	dkms remove -m $(DKMS_NAME) -v $(DKMS_VERSION) --all
