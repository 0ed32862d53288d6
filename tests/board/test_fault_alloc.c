// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation and every copy from or to user space that a session, a bind or
 * an unbind makes in the caller's context fails once (the kernel's fail-nth). Each
 * step then says ENOMEM or EFAULT, works when repeated, and leaves nothing behind
 * (KASAN, lockdep and kmemleak look on).
 * board: kernel=debug timeout=300
 */
#include "steps.h"

static int fail_nth_fd;

static int alloc_arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	return write(fail_nth_fd, text, strlen(text)) < 0 ? -1 : 0;
}

/*
 * Counted down to 0: it struck. Reading and writing the count are chances to fail
 * themselves: what strikes here has not struck the step.
 */
static int alloc_disarm(void)
{
	char text[16] = "";
	int struck = pread(fail_nth_fd, text, sizeof(text) - 1, 0) >= 0 && atoi(text) == 0;

	if (write(fail_nth_fd, "0", 1) != 1 && write(fail_nth_fd, "0", 1) != 1) {
		fprintf(stderr, "cannot disarm: %s\n", strerror(errno));
		return -1;
	}
	return struck;
}

static int alloc_expected(int e)
{
	return e == ENOMEM || e == EFAULT;
}

static const struct fault_source fault_alloc = {
	"allocation", alloc_arm, alloc_disarm, alloc_expected,
};

/* By default only allocations that may not sleep would fail. */
static const char *const settings[][2] = {
	{ "failslab/ignore-gfp-wait", "N" },
	{ "failslab/verbose", "0" },
	{ "fail_page_alloc/ignore-gfp-wait", "N" },
	{ "fail_page_alloc/ignore-gfp-highmem", "N" },
	{ "fail_page_alloc/min-order", "0" },
	{ "fail_page_alloc/verbose", "0" },
	{ "fail_usercopy/verbose", "0" },
};

/* A step that fails otherwise has said so, and the case ends. */
static int passes(struct steps *s)
{
	return steps_pass(s, session_steps, N_SESSION_STEPS, -1, 0, &fault_alloc) >= 0;
}

static struct steps steps;

SETUP
{
	char path[100];
	unsigned int i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		if (write_text(path, settings[i][1]))
			SKIP("this kernel has no fault injection (%s)", path);
	}
	fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth_fd < 0)
		SKIP("this kernel has no fail-nth");
	REQUIRE(!steps_find(&steps));
}

TEST(session)
{
	REQUIRE(passes(&steps));
	REQUIRE(!steps_all(&steps, session_steps, N_SESSION_STEPS, &fault_alloc, 400));
	CHECK(passes(&steps));
}

TEST(binding)
{
	REQUIRE(!steps_all(&steps, binding_steps, N_BINDING_STEPS, &fault_alloc, 400));
	CHECK(passes(&steps));
}
