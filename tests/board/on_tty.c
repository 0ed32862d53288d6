// SPDX-License-Identifier: GPL-2.0-only
/*
 * A helper of board tests: runs a command whose standard error is a terminal and
 * copies what it writes there to standard output. Usage: on_tty COMMAND [ARG...].
 * Exit: the command's status; 1 with a message when there is no terminal to be had.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "on_tty: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status;
	char text[4096];
	ssize_t n;
	pid_t pid;

	if (argc < 2) {
		fputs("usage: on_tty COMMAND [ARG...]\n", stderr);
		return 2;
	}
	if (master < 0 || grantpt(master) || unlockpt(master))
		return failed("pseudo-terminal");
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		return failed(ptsname(master));
	pid = fork();
	if (pid < 0)
		return failed("fork");
	if (!pid) {
		close(master);
		if (dup2(slave, STDERR_FILENO) >= 0 && freopen("/dev/null", "w", stdout))
			execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(slave);
	/* EIO: the last one who had the terminal open is gone. */
	while ((n = read(master, text, sizeof(text))) > 0)
		if (fwrite(text, 1, n, stdout) != (size_t)n)
			return failed("standard output");
	if (fflush(stdout) || waitpid(pid, &status, 0) != pid)
		return failed("the command's end");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
