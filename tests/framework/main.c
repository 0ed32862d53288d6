// SPDX-License-Identifier: GPL-2.0-only
/*
 * main() of the test programs: runs the cases, or those that are named, and prints TAP
 * (Test Anything Protocol) as KUnit and the kernel's selftests do.
 */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *running = "before the first case";

static void usage(const char *program)
{
	printf("usage: %s [--list] [--only CASE]... [--seed N] [ARGUMENT...]\n"
	       "Runs the test's cases and prints TAP. Exit status: 0 passed, 77 all skipped, 1 failed,\n"
	       "2 usage.\n", program);
}

/* Says which case it was; the signal's own action follows. */
static void crashed(int signal)
{
	static const char in[] = "crashed in case ";

	if (write(STDERR_FILENO, in, sizeof(in) - 1) < 0 ||
	    write(STDERR_FILENO, running, strlen(running)) < 0 ||
	    write(STDERR_FILENO, "\n", 1) < 0)
		_exit(1);
	raise(signal);
}

static void name_crashes(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_RESETHAND };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* A sanitizer has its own. */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

static struct test_entry *find(const char *name)
{
	struct test_entry *c;

	for (c = test_cases(); c && strcmp(c->name, name); c = c->next)
		;
	return c;
}

static int selected(const struct test_entry *c, char **only, int n_only)
{
	int i;

	for (i = 0; i < n_only; i++)
		if (!strcmp(only[i], c->name))
			return 1;
	return !n_only;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Return: what test_run() gives; one line of TAP is printed */
static int run(struct test_entry *c, int number, int setup)
{
	const char *reason = "";
	double began = cpu_s();
	int result;

	running = c->name;
	if (setup)
		fprintf(stderr, "the set-up failed\n");
	result = setup ? 1 : test_run(c, &reason);
	fflush(stdout);
	if (result == TEST_EXIT_SKIP)
		printf("ok %d - %s # SKIP %s\n", number, c->name, reason);
	else
		printf("%sok %d - %s # cpu %.2f s\n", result ? "not " : "", number, c->name,
		       cpu_s() - began);
	fflush(stdout);
	return result;
}

static int run_all(char **only, int n_only)
{
	int n = 0, failed = 0, skipped = 0, setup;
	struct test_entry *c;

	for (c = test_cases(); c; c = c->next)
		n += selected(c, only, n_only);
	setup = test_setup();
	if (setup == TEST_EXIT_SKIP)
		return TEST_EXIT_SKIP;
	printf("1..%d\n", n);
	fflush(stdout);
	n = 0;
	for (c = test_cases(); c; c = c->next) {
		if (!selected(c, only, n_only))
			continue;
		switch (run(c, ++n, setup)) {
		case 0:
			break;
		case TEST_EXIT_SKIP:
			skipped++;
			break;
		default:
			failed++;
		}
	}
	running = "after the last case";
	if (test_teardown()) {
		fprintf(stderr, "the tear-down failed\n");
		failed++;
	}
	return failed || !n ? 1 : skipped == n ? TEST_EXIT_SKIP : 0;
}

int main(int argc, char **argv)
{
	char **only = calloc((size_t)argc, sizeof(*only));
	struct test_entry *c;
	int i, n_only = 0, result;

	if (!only)
		return 1;
	for (i = 1; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--help")) {
			usage(argv[0]);
			return 0;
		} else if (!strcmp(argv[i], "--list")) {
			for (c = test_cases(); c; c = c->next)
				puts(c->name);
			return 0;
		} else if (!strcmp(argv[i], "--only") && i + 1 < argc) {
			only[n_only++] = argv[++i];
		} else if (!strcmp(argv[i], "--seed") && i + 1 < argc) {
			test_set_seed(argv[++i]);
		} else {
			fprintf(stderr, "%s: unknown option '%s', or its value is missing\n", argv[0],
				argv[i]);
			return 2;
		}
	}
	test_arguments = argv + i;
	for (i = 0; i < n_only; i++) {
		if (find(only[i]))
			continue;
		fprintf(stderr, "%s: no case '%s' (--list names them)\n", argv[0], only[i]);
		return 2;
	}
	name_crashes();
	result = run_all(only, n_only);
	free(only);
	return result;
}
