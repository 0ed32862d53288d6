// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * synergy-record: record the stream of power and counters while any program runs,
 * or until it is stopped. It attributes nothing: synergy-report does.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mark_ring.h"
#include "lib/recording.h"
#include "lib/synergy.h"
#include "measure/capture.h"
#include "measure/events.h"
#include "measure/notes.h"
#include "measure/sampler.h"
#include "report/meter.h"
#include "tools/shared_options.h"
#include "tools/tool.h"

struct record {
	const char *output, *events, *name, *onto;
	double duration_s;		/* 0: no limit */
	uint64_t pmu_every;		/* UINT64_MAX: not said */
	uint64_t repeat;		/* of the command */
	bool no_mark, quiet;
	struct synergy_capture_options options;
	struct synergy_events resolved;
	int argc;
	char **argv;			/* the whole command line */
	char **command;			/* NULL: none */
	struct synergy_capture *capture;
	struct synergy_recording *recording;
	struct synergy_error error;
};

#define CSV	"csv:"		/* a source's name begins so: a file is meant */

static volatile sig_atomic_t signalled;
static volatile sig_atomic_t command_pid;	/* 0: not running */

/*
 * What ends the recorder ends the command, too; what the terminal sends it has sent to the
 * command itself.
 */
static void on_signal(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	signalled = number;
	if (command_pid && info->si_code != SI_KERNEL)
		kill(command_pid, number);
	errno = saved;
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
#define N_ENDING	(sizeof(ending) / sizeof(ending[0]))

/* nohup's SIGHUP stays ignored; a shell's & ignores SIGINT, which is no wish of anybody's. */
static bool is_caught(int number)
{
	struct sigaction now;

	sigaction(number, NULL, &now);
	return number != SIGHUP || now.sa_handler != SIG_IGN;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		if (is_caught(ending[i]))
			sigaction(ending[i], &action, NULL);
}

/* In the command, which is to find them as they were. */
static void release_signals(void)
{
	size_t i;

	for (i = 0; i < N_ENDING; i++)
		if (is_caught(ending[i]))
			signal(ending[i], SIG_DFL);
}

#define O struct record

static const struct synergy_option options[] = {
	SYNERGY_TEXT("output", 'o', "FILE", O, output, "capture.syn",
		     "the recording; - is standard output"),
	SYNERGY_ROW_EVENTS(O, events),
	SYNERGY_ROW_RATE(O, options),
	SYNERGY_ROW_CONVERSION(O, options),
	SYNERGY_ROW_RAILS(O, options),
	SYNERGY_UNSIGNED("pmu-every", 0, "N", O, pmu_every, 0, 1000000, NULL,
			 "counters of every core each Nth sample, 0 at marks only (1)"),
	SYNERGY_UNSIGNED("repeat", 'r', "N", O, repeat, 1, 1000000, "1",
			 "run COMMAND so many times; figures are then means of a run"),
	SYNERGY_REAL("duration", 0, "SECONDS", O, duration_s, 0.001, 1e7, NULL,
		     "without COMMAND: stop after so many seconds"),
	SYNERGY_TEXT("name", 0, "NAME", O, name, NULL,
		     "what to call it in reports (the command's name)"),
	SYNERGY_FLAG("join", 0, O, options.join, "read along in a session that another program has"),
	SYNERGY_FLAG("no-mark", 0, O, no_mark, "no marks around COMMAND (when it makes its own)"),
	SYNERGY_ROW_NO_DITHER(O, options),
	SYNERGY_FLAG("multiplex", 0, O, options.multiplex,
		     "allow more events than the PMU counts at once"),
	SYNERGY_ROW_DEVICE(O, options.device),
	SYNERGY_ROW_SOURCE(O, options,
			   "where power comes from: hwmon, iio, powercap, csv:FILE (the module)"),
	SYNERGY_TEXT("onto", 0, "FILE", O, onto, NULL,
		     "with csv:FILE: a recording of the marks of what the meter measured"),
	SYNERGY_ROW_QUIET(O, quiet, "no summary"),
	SYNERGY_END,
};

#undef O

static const struct synergy_tool tool = {
	.name = "synergy-record",
	.operands = "[-- COMMAND [ARG...]]",
	.about = "Record power, counters and marks from /dev/synergy while COMMAND runs, or until "
		 "interrupted. synergy-report shows what is in the recording.",
	.after =
"Exit status: COMMAND's, 128 + N when signal N ended it, 127 when it is not found, 126\n"
"when it cannot be run; without COMMAND, or when recording fails: 0 done, 1 failed, 2\n"
"wrong usage, 3 no device.\n",
	.options = options,
	.most_operands = SIZE_MAX,
	.command = true,
};

static bool is_csv(const struct record *r)
{
	return r->options.source && !strncmp(r->options.source, CSV, strlen(CSV));
}

/* -1 go on, else the exit status */
static int parse(struct record *r, int argc, char **argv)
{
	int status = synergy_tool_parse(&tool, r, argc, argv);

	if (status >= 0)
		return status;
	if (optind < argc)
		r->command = argv + optind;
	if (r->command && r->duration_s > 0)
		return synergy_usage_error("--duration is for recording without a command");
	if (is_csv(r) ? r->command != NULL : r->onto != NULL)
		return synergy_usage_error(r->command ?
			"--source csv:FILE: the trace is there already: no command with it" :
			"--onto: with --source csv:FILE only");
	if (r->repeat > 1 && (!r->command || r->no_mark))
		return synergy_usage_error("--repeat: it takes a command, and marks around it");
	if (r->options.join && (r->events || r->options.rails || r->options.rate_hz > 0 ||
				r->options.fastest || r->options.conversion_ns))
		return synergy_usage_error(
			"--join takes the session as it is: no --events, --rails, --rate, --conversion with it");
	return -1;
}

static int open_output(struct record *r)
{
	int fd;

	if (strcmp(r->output, "-")) {
		r->recording = synergy_recording_create(r->output, 64ULL << 20, &r->error);
		return r->recording ? 0 : -1;
	}
	if (isatty(STDOUT_FILENO))
		return synergy_error_set(&r->error, EINVAL,
			"-o -: a recording is not for a terminal; give a file");
	/* The command's own output must not land in the recording. */
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return synergy_error_set(&r->error, errno, "standard output: %s", strerror(errno));
	r->recording = synergy_recording_create_fd(fd, "standard output", &r->error);
	return r->recording ? 0 : -1;
}

/* The command as the only layer of the only inference, so that reports have a row. */
static int write_layer(struct record *r, const char *name)
{
	char text[512], quoted[256];
	size_t i, n = 0;

	for (i = 0; name[i] && n + 3 < sizeof(quoted); i++) {
		if (name[i] == '"')
			quoted[n++] = '"';
		quoted[n++] = (unsigned char)name[i] < 0x20 ? ' ' : name[i];
	}
	quoted[n] = '\0';
	snprintf(text, sizeof(text),
		 "index,layer,op,mac,params,bytes_in,bytes_out\n0,\"%s\",Command,0,,,\n", quoted);
	return synergy_recording_layers(r->recording, text, &r->error);
}

static int write_notes(struct record *r)
{
	struct synergy_notes notes = { 0 };
	const char *name = r->name;
	int result;

	if (!name && r->command) {
		name = strrchr(r->command[0], '/');
		name = name ? name + 1 : r->command[0];
	}
	synergy_notes_add(&notes, "network", "%s", name ? name : "recording");
	synergy_notes_add_host(&notes, "synergy-record", 0);
	synergy_notes_add_command(&notes, r->argc, r->argv);
	synergy_notes_add_source(&notes, synergy_capture_sampler(r->capture));
	result = notes.failed ? synergy_error_set(&r->error, ENOMEM, "notes: no memory") :
		synergy_recording_note(r->recording, notes.text, &r->error);
	synergy_notes_free(&notes);
	if (!result && r->command && !r->no_mark)
		result = write_layer(r, name);
	return result;
}


/* A meter's trace, which lies there already, as a recording; the exit status. */
static int import(struct record *r)
{
	struct synergy_notes notes = { 0 };
	char text[256];
	int result;

	synergy_notes_add(&notes, "network", "%s", r->name ? r->name : "recording");
	synergy_notes_add_host(&notes, "synergy-record", 0);
	synergy_notes_add_command(&notes, r->argc, r->argv);
	/* What a run's own recording says of its machine holds. */
	result = synergy_meter_record(r->options.source + strlen(CSV), r->onto, r->output,
				      r->onto ? NULL : notes.text, text, sizeof(text), &r->error);
	synergy_notes_free(&notes);
	if (result) {
		synergy_say("%s", r->error.message);
		return SYNERGY_EXIT_FAILED;
	}
	if (!r->quiet)
		synergy_say("%s: %s", r->output, text);
	return 0;
}

/* Open everything; -1 go on, else the exit status. */
static int open_all(struct record *r)
{
	bool no_device;

	if (r->events && synergy_events_resolve(r->events, NULL, &r->resolved, &r->error)) {
		synergy_say("%s", r->error.message);
		return SYNERGY_EXIT_FAILED;
	}
	if (*r->resolved.note && !r->quiet)
		synergy_say("%s", r->resolved.note);
	r->options.events = &r->resolved;
	r->options.measured_cpu = -1;
	r->options.pmu_every = r->pmu_every != UINT64_MAX ? r->pmu_every :
		r->resolved.n_columns ? 1 : 0;
	r->capture = synergy_capture_open(&r->options, &r->error);
	if (!r->capture) {
		no_device = !r->options.source && (errno == ENODEV || errno == EPROTO || errno == ENXIO ||
			access(r->options.device ? r->options.device : SYNERGY_DEVICE_PATH, F_OK));
		synergy_say("%s", r->error.message);
		return no_device ? SYNERGY_EXIT_NO_DEVICE : SYNERGY_EXIT_FAILED;
	}
	if (open_output(r) || write_notes(r) ||
	    synergy_capture_start(r->capture, r->recording, &r->error)) {
		synergy_say("%s", r->error.message);
		return SYNERGY_EXIT_FAILED;
	}
	return -1;
}

static void mark_one(struct record *r, uint32_t kind, uint32_t id)
{
	if (synergy_capture_mark(r->capture, kind, id, 0,
				 SYNERGY_MARK_F_ALL_CPUS | SYNERGY_MARK_F_TOOL))
		synergy_say("mark: %s", strerror(errno));
}

/* Inference outside, layer inside. */
static void mark(struct record *r, uint32_t kind)
{
	if (r->no_mark)
		return;
	mark_one(r, kind, kind == SYNERGY_MARK_BEGIN ? SYNERGY_MARK_ID_RUN :
						       SYNERGY_MARK_ID_COMMAND);
	mark_one(r, kind, kind == SYNERGY_MARK_BEGIN ? SYNERGY_MARK_ID_COMMAND :
						       SYNERGY_MARK_ID_RUN);
}

/* Waits for a signal, the end of the time, or of recording itself. */
static void wait_for_end(const struct record *r)
{
	struct timespec tick = { 0, 50000000 }, now, begin;
	double passed;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (!signalled && synergy_capture_alive(r->capture)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		passed = now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9;
		if (r->duration_s > 0 && passed >= r->duration_s)
			return;
		if (r->duration_s > 0 && r->duration_s - passed < 0.05)
			tick.tv_nsec = (long)((r->duration_s - passed) * 1e9) + 1;
		nanosleep(&tick, NULL);
	}
}

/* As a shell has it: the command is not there, or cannot be run. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* Runs the command between marks; its exit status, or -1 with the error filled. */
static int run_command(struct record *r)
{
	int status, failed[2], why = 0;
	pid_t child;

	if (pipe2(failed, O_CLOEXEC))
		return synergy_error_set(&r->error, errno, "pipe: %s", strerror(errno));
	mark(r, SYNERGY_MARK_BEGIN);
	child = fork();
	if (!child) {
		release_signals();
		if (synergy_capture_sampler(r->capture))
			setenv(SYNERGY_MARK_RING_VARIABLE,
			       synergy_sampler_ring(synergy_capture_sampler(r->capture)), 1);
		execvp(r->command[0], r->command);
		why = errno;
		(void)!write(failed[1], &why, sizeof(why));
		_exit(EXIT_NOT_FOUND);
	}
	close(failed[1]);
	if (child < 0) {
		close(failed[0]);
		return synergy_error_set(&r->error, errno, "fork: %s", strerror(errno));
	}
	command_pid = child;
	/* One that came before there was a command to pass it on to. */
	if (signalled)
		kill(child, signalled);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR) {
			synergy_error_set(&r->error, errno, "%s: %s", r->command[0],
					  strerror(errno));
			status = -1;
			break;
		}
	command_pid = 0;
	mark(r, SYNERGY_MARK_END);
	if (read(failed[0], &why, sizeof(why)) != sizeof(why))
		why = 0;
	close(failed[0]);
	if (why) {
		synergy_say("%s: %s", r->command[0], strerror(why));
		return why == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
	}
	if (status < 0)
		return -1;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Its energy is then that of what came before and after, mostly. */
static void tell_short(const struct record *r, double least_s)
{
	double period_s = (double)synergy_capture_configured(r->capture)->period_ns / 1e9;

	if (!r->quiet && least_s < period_s)
		synergy_say("%s took %.3g ms, less than a sampling period of %.4g ms: a higher --rate, or --repeat, says more of it",
			    r->command[0], 1e3 * least_s, 1e3 * period_s);
}

/* The command so often as is wanted, as long as it succeeds; its exit status, or -1. */
static int run_commands(struct record *r)
{
	double least_s = INFINITY, begin;
	uint64_t done = 0;
	int status = 0;

	while (done < r->repeat && !status && !signalled) {
		begin = now_s();
		status = run_command(r);
		least_s = fmin(least_s, now_s() - begin);
		done += !status;
	}
	if (status >= 0 && done < r->repeat && r->repeat > 1)
		synergy_say("%s after %llu of %llu runs", signalled ? "interrupted" : "it failed",
			    (unsigned long long)done, (unsigned long long)r->repeat);
	else if (!status)
		tell_short(r, least_s);
	/* One that ended well although it was asked to end is the last one all the same. */
	return !status && signalled && done < r->repeat ? 128 + signalled : status;
}

static void summary(const struct record *r, const struct synergy_capture_totals *t)
{
	const struct synergy_stats *s = &t->stats;

	if (r->quiet)
		return;
	synergy_say("%s: %llu bytes; %llu power records (%llu repeats), %llu of counters, %llu marks; %llu lost, %llu failed reads, %llu ticks missed of %llu",
	    r->output, (unsigned long long)synergy_recording_bytes(r->recording),
	    (unsigned long long)s->records[SYNERGY_RECORD_POWER],
	    (unsigned long long)s->power_repeats,
	    (unsigned long long)s->records[SYNERGY_RECORD_PMU],
	    (unsigned long long)s->records[SYNERGY_RECORD_MARKER],
	    (unsigned long long)s->lost_here,
	    (unsigned long long)s->records[SYNERGY_RECORD_ERROR],
	    (unsigned long long)s->ticks_missed,
	    (unsigned long long)(s->ticks + s->ticks_missed));
}

static int record(struct record *r)
{
	struct synergy_capture_totals totals;
	int status = 0, result;

	catch_signals();
	/* Inherited as ignored, it would take the command's exit status away. */
	signal(SIGCHLD, SIG_DFL);
	if (r->command)
		status = run_commands(r);
	else
		wait_for_end(r);
	if (status < 0) {
		synergy_say("%s", r->error.message);
		status = SYNERGY_EXIT_FAILED;
	}
	result = synergy_capture_stop(r->capture, &totals, &r->error);
	if (!result) {
		summary(r, &totals);
		result = synergy_recording_close(r->recording, &r->error);
		r->recording = NULL;
	}
	if (result) {
		synergy_say("%s", r->error.message);
		return SYNERGY_EXIT_FAILED;
	}
	if (totals.device_gone) {
		synergy_say("the device went away while recording; what came before is in %s", r->output);
		return SYNERGY_EXIT_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct record r = {
		.pmu_every = UINT64_MAX,
		.argc = argc,
		.argv = argv,
	};
	int status;

	setlocale(LC_CTYPE, "");
	status = parse(&r, argc, argv);
	if (status >= 0)
		return status;
	if (is_csv(&r))
		return import(&r);
	status = open_all(&r);
	if (status < 0)
		status = record(&r);
	synergy_capture_close(r.capture);
	synergy_recording_close(r.recording, NULL);
	synergy_events_free(&r.resolved);
	/* A shell's loop goes on after an exit, whatever its status, and ends by the signal. */
	if (signalled && status == 128 + signalled) {
		signal(signalled, SIG_DFL);
		raise(signalled);
	}
	return status;
}
