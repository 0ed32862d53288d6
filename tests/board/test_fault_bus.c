// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every transfer on the bus that a session, a bind or an unbind makes fails once,
 * not acknowledged or timed out. Each step then says so or goes on, works when
 * repeated, and the session after it is whole.
 * board: timeout=300
 */
#include "steps.h"

#define FAULTS	"/sys/kernel/debug/synergy-sim/faults/"

static const char *fault_path;

static int bus_arm(unsigned int nth)
{
	char text[32];

	snprintf(text, sizeof(text), "1 %u", nth);
	return write_text(fault_path, text);
}

static int bus_disarm(void)
{
	char text[100];
	unsigned int left;

	if (read_text(fault_path, text, sizeof(text)) || sscanf(text, "left %u", &left) != 1 ||
	    write_text(fault_path, "0"))
		return -1;
	return left == 0;
}

static int nack_expected(int e)
{
	return e == ENXIO || e == EREMOTEIO || e == ENODEV || e == EIO;
}

static int timeout_expected(int e)
{
	return e == ETIMEDOUT || e == ENODEV || e == EIO;
}

static struct steps steps;

SETUP
{
	if (access(FAULTS "nack", W_OK))
		SKIP("the chip is not simulated");
	REQUIRE(!steps_find(&steps));
}

/* Every transfer of a session and of a binding; then a session is whole. */
static void all(const struct fault_source *source, const char *path)
{
	fault_path = path;
	REQUIRE(!steps_all(&steps, session_steps, N_SESSION_STEPS, source, 60));
	REQUIRE(!steps_all(&steps, binding_steps, N_BINDING_STEPS, source, 300));
	CHECK_GE(steps_pass(&steps, session_steps, N_SESSION_STEPS, -1, 0, source), 0);
}

TEST(nack)
{
	static const struct fault_source nack = { "nack", bus_arm, bus_disarm, nack_expected };

	all(&nack, FAULTS "nack");
}

TEST(timeout)
{
	static const struct fault_source timeout = { "timeout", bus_arm, bus_disarm,
						     timeout_expected };

	all(&timeout, FAULTS "timeout");
}
