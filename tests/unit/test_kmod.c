// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's pure parts (kmod/pure.h) in user space, with the cases that KUnit runs
 * in the kernel: kmod/kunit/cases.h. Also the sizes of the UAPI's structures, which
 * must be the same for 32-bit programs.
 */
#include "tests/framework/test.h"

#include "../../kmod/kunit/pure_parts.h"
#include "../../kmod/kunit/cases.h"
#include "../../kmod/uapi_layout.h"	/* asserts it all */
