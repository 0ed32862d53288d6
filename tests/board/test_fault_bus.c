// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every transfer on the bus that a session, a bind or an unbind makes fails once,
 * not acknowledged or timed out. Each step then says so or goes on, works when
 * repeated, and the session after it is whole.
 * board: timeout=240
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

int main(void)
{
	static const struct fault_source nack = { "nack", bus_arm, bus_disarm, nack_expected };
	static const struct fault_source timeout = { "timeout", bus_arm, bus_disarm,
						     timeout_expected };
	struct steps s;

	if (access(FAULTS "nack", W_OK)) {
		printf("SKIP: the chip is not simulated\n");
		return 77;
	}
	if (steps_find(&s)) {
		fprintf(stderr, "no bound synergy-ina3221\n");
		return 1;
	}
	fault_path = FAULTS "nack";
	if (steps_all(&s, session_steps, N_SESSION_STEPS, &nack, 60) ||
	    steps_all(&s, binding_steps, N_BINDING_STEPS, &nack, 300))
		return 1;
	fault_path = FAULTS "timeout";
	if (steps_all(&s, session_steps, N_SESSION_STEPS, &timeout, 60) ||
	    steps_all(&s, binding_steps, N_BINDING_STEPS, &timeout, 300) ||
	    steps_pass(&s, session_steps, N_SESSION_STEPS, -1, 0, &timeout) < 0)
		return 1;
	return 0;
}
