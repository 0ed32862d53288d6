// SPDX-License-Identifier: GPL-2.0-only
/*
 * An adapter that polls, on a bus that is busy all of a session's time: the thread of a
 * member of the group does not keep its core from everybody else; the thread of who may
 * have real-time threads stays one.
 */
#include <glob.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>

#include "device.h"
#include "sim.h"

#define MEMBER	1000

/* Of the thread that samples the first adapter; -1: there is none */
static int sampler_policy(void)
{
	glob_t found;
	size_t i;
	int policy = -1;

	if (glob("/proc/[0-9]*/comm", 0, NULL, &found))
		return -1;
	for (i = 0; i < found.gl_pathc; i++) {
		char name[32] = "";
		FILE *f = fopen(found.gl_pathv[i], "re");

		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strcmp(name, "synergy/0\n"))
			policy = sched_getscheduler(atoi(found.gl_pathv[i] + strlen("/proc/")));
		fclose(f);
	}
	globfree(&found);
	return policy;
}

/*
 * Its policy after 300 ticks or some more, as an exit status. A tick's three registers take
 * 363 us, and 716 where transfers are twice as slow.
 */
static int policy_of_session(bool member)
{
	gid_t group = 0;
	int fd = device_open(O_RDWR), policy;
	struct synergy_configure cfg;

	if (member && (setgroups(1, &group) || setgid(0) || setuid(MEMBER)))
		return 99;
	device_config(&cfg, 760000);
	if (ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg) || device_start(fd))
		return 98;
	sleep_ms(500);
	policy = sampler_policy();
	if (device_stop(fd))
		return 97;
	close(fd);
	return policy;
}

static int policy_in_child(bool member)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(policy_of_session(member));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(idle_bus)
{
	CHECK_EQ(policy_in_child(true), SCHED_FIFO);
}

TEST(busy_bus)
{
	/* A tick takes longer than the period there, so that the thread sleeps for half the time. */
	if (debug_kernel())
		SKIP("the checkers' own work takes the tick beyond its period");
	CHECK(!sim_fault("slow", "1000000 1 2"));
	CHECK_EQ(policy_in_child(false), SCHED_FIFO);
	CHECK_EQ(policy_in_child(true), SCHED_OTHER);
	CHECK(!sim_fault("slow", "0"));
}
