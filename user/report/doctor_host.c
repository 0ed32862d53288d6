// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The machine itself: kernel, cores and their frequency, PMUs and who may count.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernels/gemm.h"
#include "report/doctor.h"
#include "measure/host.h"
#include "measure/pmus.h"

static void host_facts(struct synergy_doctor *d)
{
	char path[256], text[256];
	struct synergy_host host;

	synergy_host_get(0, &host);
	snprintf(path, sizeof(path), "%s/proc/device-tree/model", d->root);
	if (synergy_host_line(path, text, sizeof(text)))
		synergy_doctor_fact(d, "machine", "board", "%s", text);
	synergy_doctor_fact(d, "machine", "kernel", "%s", host.kernel);
	synergy_doctor_fact(d, "machine", "processor", "%s, %d cores online", host.cpu,
			    host.cpus_online);
	if (*host.governor)
		synergy_doctor_fact(d, "machine", "frequency", "%s, governor %s", host.frequency,
				    host.governor);
	else
		synergy_doctor_fact(d, "machine", "frequency", "fixed, or unknown (no cpufreq)");
	if (*host.governor && !host.frequency_fixed && strcmp(host.governor, "performance") &&
	    strcmp(host.governor, "userspace"))
		synergy_doctor_problem(d, false,
			"echo performance > /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor for the time of measuring",
			"governor %s changes the frequency while a network runs", host.governor);
	if (host.cpus_online < 2)
		synergy_doctor_problem(d, false,
			"bring another core online, or expect the sampler's own work in the figures",
			"one core only: sampling and the measured program share it");
}

static void limit_facts(struct synergy_doctor *d)
{
	char path[256], text[64];
	struct rlimit limit;
	int paranoid = 0;

	snprintf(path, sizeof(path), "%s/proc/sys/kernel/perf_event_paranoid", d->root);
	if (synergy_host_line(path, text, sizeof(text))) {
		paranoid = atoi(text);
		synergy_doctor_fact(d, "permissions", "perf_event_paranoid", "%d", paranoid);
	} else {
		synergy_doctor_fact(d, "permissions", "perf_event_paranoid", "no perf events");
		synergy_doctor_problem(d, false, "CONFIG_PERF_EVENTS=y",
			"the kernel has no perf events: energy and time only");
	}
	if (paranoid > 0 && geteuid())
		synergy_doctor_problem(d, false,
			"sysctl kernel.perf_event_paranoid=0, or setcap cap_perfmon+ep the program",
			"counting whole cores is for root only here (perf_event_paranoid %d)",
			paranoid);
	if (!getrlimit(RLIMIT_RTPRIO, &limit))
		synergy_doctor_fact(d, "permissions", "real-time priority", "%s",
			!geteuid() || limit.rlim_cur > 0 ? "yes" :
			"no (capturing works without it)");
}

/* Does it count what cores do? Others (msr, power, bus monitors) look alike in sysfs. */
static bool counts_cores(const struct synergy_pmu *p)
{
	static const char *const names[] = {
		"cpu_cycles", "cpu-cycles", "cycles", "inst_retired", "instructions",
	};
	size_t i;

	if (p->place != SYNERGY_PMU_ANY)
		return p->place == SYNERGY_PMU_CORE;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (synergy_pmu_event(p, names[i]))
			return true;
	return false;
}

static void pmu_facts(struct synergy_doctor *d)
{
	static const char *const places[] = { "of the cores", "of any core", "not of the cores" };
	struct synergy_pmus pmus;
	struct synergy_error error;
	char sysfs[256];
	int counting = 0;
	uint32_t i;

	snprintf(sysfs, sizeof(sysfs), "%s/sys", d->root);
	if (synergy_pmus_load(sysfs, &pmus, &error)) {
		d->failed = true;
		return;
	}
	for (i = 0; i < pmus.n; i++) {
		const struct synergy_pmu *p = &pmus.pmus[i];

		/* tracepoint, breakpoint and their like count no hardware */
		if (p->place == SYNERGY_PMU_ANY && !p->n_events)
			continue;
		counting += counts_cores(p);
		synergy_doctor_fact(d, "PMUs", p->name, "%s%s%s, %u named events",
			places[p->place], p->cpus ? " " : "", p->cpus ? p->cpus : "",
			p->n_events);
	}
	if (!counting) {
		synergy_doctor_fact(d, "PMUs", "none", "of the cores");
		synergy_doctor_problem(d, false,
			"on a board: a pmu node in the device tree; in a virtual machine: let it have one",
			"no PMU counts what the cores do: energy and time only");
	}
	synergy_pmus_free(&pmus);
}

static void backend_facts(struct synergy_doctor *d)
{
	char list[256] = "";
	const char *name;
	size_t i, used = 0;

	for (i = 0; (name = synergy_gemm_name(i)) && used < sizeof(list); i++)
		used += snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", name);
	synergy_doctor_fact(d, "versions", "back ends built in", "%s", list);
}

void synergy_doctor_host(struct synergy_doctor *d)
{
	host_facts(d);
	pmu_facts(d);
	limit_facts(d);
	backend_facts(d);
}
