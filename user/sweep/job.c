// SPDX-License-Identifier: GPL-3.0-or-later
/* See job.h. */
#include "sweep/job.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "layers/json.h"
#include "lib/array.h"

#define SEPARATE_BY_MS	50	/* between looks at the child */
#define KILL_AFTER_MS	5000	/* a child that does not end when asked to */

void synergy_job_path(const struct synergy_job *job, const char *suffix, char *path, size_t size)
{
	snprintf(path, size, "%s/runs/c%04zu-r%llu%s", job->directory, job->config,
		 (unsigned long long)job->repeat, suffix);
}

bool synergy_job_done(const struct synergy_job *job)
{
	char path[1024];

	synergy_job_path(job, "/run.json", path, sizeof(path));
	return !access(path, R_OK);
}

/* ---- files ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* A directory that is not there is gone. */
static int remove_all(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return -1;
	return 0;
}

static int make_directory(const struct synergy_job *job, const char *part,
			  struct synergy_error *error)
{
	char runs[1024];

	snprintf(runs, sizeof(runs), "%s/runs", job->directory);
	if (mkdir(runs, 0777) && errno != EEXIST)
		return synergy_error_set(error, errno, "%s: %s", runs, strerror(errno));
	if (remove_all(part) || mkdir(part, 0777))
		return synergy_error_set(error, errno, "%s: %s", part, strerror(errno));
	return 0;
}

/* The last line of a file that is not empty. */
static void last_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	*line = '\0';
	while (f && getline(&text, &room, f) > 0) {
		text[strcspn(text, "\n")] = '\0';
		if (*text)
			snprintf(line, size, "%s", text);
	}
	free(text);
	if (f)
		fclose(f);
}

/* ---- what a run was ---- */

static json_t *make_record(const struct synergy_job *job, double seconds)
{
	struct synergy_json_writer w = { .digits = 9 };
	json_t *o = json_object();
	char host[256] = "";
	int a;

	if (!job->board)
		gethostname(host, sizeof(host) - 1);
	synergy_json_set(&w, o, "format", synergy_json_string("synergy-sweep-run 1"));
	synergy_json_set(&w, o, "board", synergy_json_string(job->board ? job->board : host));
	synergy_json_set(&w, o, "config", synergy_json_number((double)job->config));
	synergy_json_set(&w, o, "repeat", synergy_json_number((double)job->repeat));
	synergy_json_set(&w, o, "order", synergy_json_number((double)job->order));
	for (a = 0; a < SYNERGY_AXES; a++)
		synergy_json_set(&w, o, synergy_axis_key(a), synergy_json_string(
			synergy_sweep_plan_word(job->plan, job->config, a)));
	synergy_json_set(&w, o, "khz", job->khz ? synergy_json_number(job->khz) : json_null());
	synergy_json_set(&w, o, "temperature_mc", job->temperature == INT32_MIN ? json_null() :
			 synergy_json_number(job->temperature));
	synergy_json_set(&w, o, "seconds", synergy_json_number(seconds));
	if (!w.failed)
		return o;
	json_decref(o);
	return NULL;
}

static int write_record(const struct synergy_job *job, const char *part, double seconds,
			struct synergy_error *error)
{
	json_t *record = make_record(job, seconds);
	char path[1100];
	int bad;

	snprintf(path, sizeof(path), "%s/run.json", part);
	bad = !record || json_dump_file(record, path, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	json_decref(record);
	return bad ? synergy_error_set(error, errno ? errno : EIO, "%s: cannot be written", path) : 0;
}

/* ---- the child ---- */

/* NULL-ended; the words belong to plan and caller. */
static char **make_arguments(const struct synergy_job *job, const char *part)
{
	char **argv = NULL;
	size_t n = 0, i;
	int a, bad = 0;

#define ADD(word) do {								\
	bad = bad || synergy_array_grow(&argv, n, sizeof(*argv));		\
	if (!bad)								\
		argv[n++] = (char *)(word);					\
} while (0)
	ADD(job->program);
	ADD("--quiet");
	for (i = 0; i < job->plan->options.n; i++)
		ADD(job->plan->options.words[i]);
	for (a = 0; a < SYNERGY_AXES; a++) {
		const char *word = synergy_sweep_plan_word(job->plan, job->config, a);

		if (!synergy_axis_option(a) || !*word)
			continue;
		ADD(synergy_axis_option(a));
		ADD(word);
	}
	ADD("--format");
	ADD("csv");
	ADD("--output");
	ADD(part);
	ADD(synergy_sweep_plan_word(job->plan, job->config, SYNERGY_AXIS_MODEL));
	ADD(NULL);
#undef ADD
	if (!bad)
		return argv;
	free(argv);
	return NULL;
}

static void run_child(char **argv, const char *log)
{
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666), null = open("/dev/null", O_RDWR);

	/* A sweep that is killed leaves no child that goes on measuring. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (fd < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Its wait status, or -1 when it was stopped. */
static int wait_child(pid_t pid, const volatile int *stop)
{
	long waited = 0;
	int status;

	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return *stop ? -1 : status;
		if (got < 0 && errno != EINTR)
			return -1;
		if (*stop) {
			kill(pid, waited < KILL_AFTER_MS ? SIGTERM : SIGKILL);
			waited += SEPARATE_BY_MS;
		}
		sleep_ms(SEPARATE_BY_MS);
	}
}

static int run(const struct synergy_job *job, const char *part, const volatile int *stop,
	       struct synergy_error *error)
{
	char **argv = make_arguments(job, part), log[1100], why[256];
	int status;
	pid_t pid;

	if (!argv)
		return synergy_error_set(error, ENOMEM, "%s: no memory", part);
	snprintf(log, sizeof(log), "%s/run.log", part);
	fflush(NULL);
	pid = fork();
	if (!pid)
		run_child(argv, log);
	free(argv);
	if (pid < 0)
		return synergy_error_set(error, errno, "%s: %s", job->program, strerror(errno));
	status = wait_child(pid, stop);
	if (*stop)
		return synergy_error_set(error, EINTR, "interrupted");
	if (status >= 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	last_line(log, why, sizeof(why));
	if (status >= 0 && WIFSIGNALED(status))
		return synergy_error_set(error, ECHILD, "%s was ended by signal %d", job->program,
					 WTERMSIG(status));
	return synergy_error_set(error, ECHILD, "exit status %d: %s",
				 status < 0 ? -1 : WEXITSTATUS(status), *why ? why : "no message");
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int synergy_job_run(const struct synergy_job *job, const volatile int *stop,
		    struct synergy_error *error)
{
	char part[1024], place[1024];
	double began = now_s();
	int saved;

	synergy_job_path(job, ".part", part, sizeof(part));
	synergy_job_path(job, "", place, sizeof(place));
	if (make_directory(job, part, error))
		return -1;
	if (run(job, part, stop, error) || write_record(job, part, now_s() - began, error)) {
		saved = errno;
		/* What failed keeps its log; what was interrupted is nothing. */
		if (saved == EINTR)
			remove_all(part);
		errno = saved;
		return -1;
	}
	if (remove_all(place) || rename(part, place))
		return synergy_error_set(error, errno, "%s: %s", place, strerror(errno));
	return 0;
}
