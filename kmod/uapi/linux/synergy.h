/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/synergy: one timestamped stream of board power, per-core performance
 * counters and program markers. This header is the whole contract; it can be
 * used alone from C and C++.
 *
 * A program opens the device and reads records. A program that wants to decide
 * what is sampled configures and starts a session first (one owner at a time);
 * any number of others may read and mark along.
 *
 *	fd = open("/dev/synergy", O_RDWR | O_CLOEXEC);
 *	ioctl(fd, SYNERGY_IOC_CONFIGURE, &cfg);	// period, rails, events
 *	ioctl(fd, SYNERGY_IOC_START, &ctl);
 *	ioctl(fd, SYNERGY_IOC_MARK, &mark);	// BEGIN ... END around the work
 *	read(fd, buf, sizeof(buf));		// whole records only
 *
 * Units are in the names: _ns nanoseconds, _uv microvolts, _mv millivolts,
 * _ua microamperes, _uw microwatts, _uohm microohms, _hz hertz, _khz kilohertz,
 * _ppm parts per million. Every time in _ns is CLOCK_MONOTONIC, but for @raw_ns
 * of a record's head, which is the same instant on CLOCK_MONOTONIC_RAW: a clock
 * that is being slewed changes the length of time on the first and not on the
 * second. Everything is in the machine's own byte order. Processes and threads
 * (tgid, tid) have the numbers that the PID namespace of whoever opened this file
 * has for them, 0 where it has none.
 *
 * Growth: records carry their size and the size of the elements of their arrays,
 * and readers skip types that they do not know. Fields are only ever appended;
 * numbers are never used again. An ioctl argument begins with its size as the
 * caller knows it: a shorter structure than version 2's is EINVAL, a longer one
 * whose unknown tail is not zero is E2BIG. On return it is the size that the
 * module has filled in. Reserved fields and unknown flags that are not zero are
 * EINVAL.
 *
 * Errors common to all ioctls
 *	ENOTTY	unknown command
 *	EINVAL	too short, unknown flag, reserved field not zero, bad index
 *	E2BIG	longer than this module knows, with a tail that is not zero
 *	EFAULT	bad pointer
 *	ENODEV	the device is gone: the last chip was unbound under a session
 *		that needs one
 * read()	EAGAIN nothing there and O_NONBLOCK; EINVAL buffer shorter than
 *		the next record; EINTR; ENODEV gone and all records read;
 *		EBADF opened for writing alone, or see %SYNERGY_CLIENT_F_NO_RECORDS
 * poll()	EPOLLIN a record is there; EPOLLHUP|EPOLLERR the device is gone
 * open()	EACCES by file mode (0660, group synergy); EMFILE this user, or all
 *		together, have as many files open as there may be (64 for one
 *		user at the least); ENOMEM. A file that is opened for
 *		writing alone is for marks: it gets no records and costs nobody
 *		anything, and there may be many more of them
 */
#ifndef _LINUX_SYNERGY_H
#define _LINUX_SYNERGY_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define SYNERGY_API_VERSION		2

/* In C an array at a structure's end; C++ has none, there use SYNERGY_ENTRY(). */
#ifdef __cplusplus
#define SYNERGY_ENTRIES(type, name)
#else
#define SYNERGY_ENTRIES(type, name)	type name[];
#endif

/*
 * Entry @i of the array at a record's end, by the size of an entry that the record
 * itself gives: SYNERGY_ENTRY(power, struct synergy_power_channel, channel_size, i).
 */
#define SYNERGY_ENTRY(record, type, size_field, i)				\
	((const type *)((const char *)((record) + 1) +				\
			(unsigned long)(i) * (record)->size_field))

#define SYNERGY_LABEL_LEN		32
#define SYNERGY_NAME_LEN		64
#define SYNERGY_MAX_EVENTS		32	/* columns of one session */
#define SYNERGY_MAX_RAILS		64	/* bits of a rail mask */
#define SYNERGY_CHANNELS		3	/* of one INA3221 */
#define SYNERGY_RECORD_TYPES		16	/* entries of counts by type */

/* ------------------------------------------------------------------------
 * Records
 */

/**
 * enum synergy_record_type - what a record is
 * @SYNERGY_RECORD_INFO: what the stream is about; struct synergy_info_record
 * @SYNERGY_RECORD_POWER: one chip's sample; struct synergy_power_record
 * @SYNERGY_RECORD_PMU: one core's counters; struct synergy_pmu_record
 * @SYNERGY_RECORD_MARKER: a program's mark; struct synergy_marker_record
 * @SYNERGY_RECORD_LOST: this reader was too slow; struct synergy_lost_record
 * @SYNERGY_RECORD_ERROR: something failed; struct synergy_error_record
 * @SYNERGY_RECORD_FREQ: a core's clock frequency; struct synergy_freq_record
 * @SYNERGY_RECORD_TEMP: a temperature or a cooling state; struct
 *	synergy_temp_record
 * @SYNERGY_RECORD_NAME: the name of a mark's id; struct synergy_name_record
 * @SYNERGY_RECORD_USER: from here on types are user space's own (recordings);
 *	the module never makes one
 */
enum synergy_record_type {
	SYNERGY_RECORD_INFO	= 1,
	SYNERGY_RECORD_POWER	= 2,
	SYNERGY_RECORD_PMU	= 3,
	SYNERGY_RECORD_MARKER	= 4,
	SYNERGY_RECORD_LOST	= 5,
	SYNERGY_RECORD_ERROR	= 6,
	SYNERGY_RECORD_FREQ	= 7,
	SYNERGY_RECORD_TEMP	= 8,
	SYNERGY_RECORD_NAME	= 9,
	SYNERGY_RECORD_USER	= 0x8000,
};

/**
 * struct synergy_record - what every record begins with
 * @size: bytes of the whole record, this header included; a multiple of 8
 * @type: enum synergy_record_type
 * @flags: by type; 0 when there is none
 * @seq: one count for the whole stream, from 1, up by one with each record
 *	made, whoever reads it. A LOST record, and an INFO or NAME record with
 *	the REPLAY flag, use up no number: they carry the number that
 *	the next record of the stream would have had. So with expected = seq + 1
 *	after each ordinary record, and expected += count after each LOST, a
 *	reader that sees seq != expected has found a bug. 0: user space made the
 *	record (in a recording), and it is not part of the count
 * @time_ns: when what the record reports began, CLOCK_MONOTONIC: for POWER the
 *	begin of the bus transaction, for PMU the time before the first counter
 *	was read on its core, for MARKER the entry into the ioctl
 * @raw_ns: the same instant, CLOCK_MONOTONIC_RAW (see struct synergy_session,
 *	@raw_clock_id). Other times of a record are put on that clock by the line
 *	through the heads of the records before and after them
 */
struct synergy_record {
	__u32 size;
	__u16 type;
	__u16 flags;
	__u64 seq;
	__u64 time_ns;
	__u64 raw_ns;
};

/**
 * struct synergy_power_channel - one channel of a POWER record
 * @rail: the rail's index in the device, as in struct synergy_rail
 * @flags: %SYNERGY_CHANNEL_F_...
 * @shunt_raw: the shunt register as read; the value is in bits 15..3, signed
 * @bus_raw: the bus voltage register as last read; bits 15..3, signed
 * @shunt_uv: shunt voltage, signed, 40 uV a step, the rail's offset taken off
 * @current_ua: current, signed; shunt_uv / shunt resistance
 * @bus_mv: bus voltage, 8 mV a step
 * @power_uw: current times bus voltage
 * @window_begin_ns: begin of the shunt conversions that this value averages
 * @window_end_ns: end of them. With averages > 1 the chip filters recursively:
 *	the window is then that of the last conversion cycle, and
 *	%SYNERGY_CHANNEL_F_FILTERED is set
 * @bus_time_ns: middle of the bus voltage's conversion (it may be read every
 *	Nth sample only); 0 not yet read, then @power_uw is 0 and
 *	%SYNERGY_CHANNEL_F_NO_BUS is set
 * @window_error_ns: uncertainty of the window: either edge may be off by so much,
 *	either way
 * @reserved: 0
 */
struct synergy_power_channel {
	__u32 rail;
	__u32 flags;
	__s16 shunt_raw;
	__s16 bus_raw;
	__s32 shunt_uv;
	__s32 current_ua;
	__s32 bus_mv;
	__s64 power_uw;
	__u64 window_begin_ns;
	__u64 window_end_ns;
	__u64 bus_time_ns;
	__u32 window_error_ns;
	__u32 reserved;
};

#define SYNERGY_CHANNEL_F_FILTERED	(1U << 0) /* averages over conversion cycles */
#define SYNERGY_CHANNEL_F_NO_BUS	(1U << 1) /* no bus voltage yet */
#define SYNERGY_CHANNEL_F_SATURATED	(1U << 2) /* at the end of the scale */
#define SYNERGY_CHANNEL_F_REPEAT	(1U << 3) /* the conversion that the record before had */

/**
 * struct synergy_power_record - one sample of one chip
 * @hdr: type POWER; flags %SYNERGY_POWER_F_...
 * @chip: the chip's index
 * @n_channels: entries in @channel
 * @channel_size: bytes of each entry
 * @missed: ticks of this chip without a sample since its record before
 * @bus_begin_ns: begin of the I2C transaction
 * @bus_end_ns: end of it
 * @channel: one per sampled channel
 */
struct synergy_power_record {
	struct synergy_record hdr;
	__u32 chip;
	__u32 n_channels;
	__u32 channel_size;
	__u32 missed;
	__u64 bus_begin_ns;
	__u64 bus_end_ns;
	SYNERGY_ENTRIES(struct synergy_power_channel, channel)
};

/* The chip had not converted again: these are the previous sample's values. */
#define SYNERGY_POWER_F_REPEAT		(1U << 0)
/* Ticks were missed before this sample. */
#define SYNERGY_POWER_F_LATE		(1U << 1)
/* The chip's configuration was found changed, and was set again before this sample. */
#define SYNERGY_POWER_F_RECONFIGURED	(1U << 2)

/**
 * struct synergy_count - one counter
 * @value: counts since the session's start, wrapped never
 * @enabled_ns: time that the event was asked for
 * @running_ns: time that it was on the counter. Less than @enabled_ns means
 *	multiplexed; both 0 means that this core's PMU does not have the event
 */
struct synergy_count {
	__u64 value;
	__u64 enabled_ns;
	__u64 running_ns;
};

/**
 * struct synergy_pmu_record - one core's counters at one tick
 * @hdr: type PMU; flags %SYNERGY_PMU_F_...; time_ns taken on the core itself
 * @cpu: the core
 * @n_counts: entries in @count, the session's columns in order
 * @count_size: bytes of each entry
 * @missed: PMU records of this core that could not be made since the one before
 *	(it did not answer in time)
 * @done_ns: after the last counter was read
 * @count: one per column
 */
struct synergy_pmu_record {
	struct synergy_record hdr;
	__u32 cpu;
	__u32 n_counts;
	__u32 count_size;
	__u32 missed;
	__u64 done_ns;
	SYNERGY_ENTRIES(struct synergy_count, count)
};

/* The core went offline; counts are its last ones. Written once. */
#define SYNERGY_PMU_F_OFFLINE		(1U << 0)
/* The core came back: events were made again, values go on from the last ones;
 * what ran while none was there has not been counted. Written once.
 */
#define SYNERGY_PMU_F_ONLINE		(1U << 1)
/* @missed is not 0. */
#define SYNERGY_PMU_F_LATE		(1U << 2)

/**
 * enum synergy_mark_kind - what a mark says
 * @SYNERGY_MARK_POINT: something happened now
 * @SYNERGY_MARK_BEGIN: an interval begins; it begins at done_ns
 * @SYNERGY_MARK_END: an interval ends; it ended at hdr.time_ns
 */
enum synergy_mark_kind {
	SYNERGY_MARK_POINT	= 0,
	SYNERGY_MARK_BEGIN	= 1,
	SYNERGY_MARK_END	= 2,
};

/**
 * struct synergy_marker_record - a mark
 * @hdr: type MARKER; flags %SYNERGY_MARKER_F_...; time_ns on entry
 * @done_ns: just before the return to the program, counters read
 * @cookie: the caller's
 * @kind: enum synergy_mark_kind
 * @id: the caller's: the layer's index, or the hash of a name (struct synergy_name)
 * @cpu: the core that the caller was on
 * @tid: the caller's thread
 * @tgid: the caller's process
 * @n_counts: entries in @count: the session's columns, read on @cpu (or summed
 *	over all cores, see %SYNERGY_MARK_F_ALL_CPUS); 0 when none are configured
 * @count_size: bytes of each entry
 * @reserved: 0
 * @count: one per column. For BEGIN the counters are the last thing read, for
 *	END the first, so the program's own work is what lies between
 */
struct synergy_marker_record {
	struct synergy_record hdr;
	__u64 done_ns;
	__u64 cookie;
	__u32 kind;
	__u32 id;
	__u32 cpu;
	__u32 tid;
	__u32 tgid;
	__u32 n_counts;
	__u32 count_size;
	__u32 reserved;
	SYNERGY_ENTRIES(struct synergy_count, count)
};

/* The END was made by the module: the file was closed with the interval open. */
#define SYNERGY_MARKER_F_ABANDONED	(1U << 0)
/* The counts are sums over all online cores. */
#define SYNERGY_MARKER_F_ALL_CPUS	(1U << 1)
/* Made in a struct synergy_mark_page: done_ns is time_ns, the program's own
 * reading of the clock; cpu is 0xffffffff, and there are no counts.
 */
#define SYNERGY_MARKER_F_PAGE		(1U << 2)
/* Such a mark's time was after the module took it or before the mark before it:
 * time_ns is the nearest that can be.
 */
#define SYNERGY_MARKER_F_MOVED		(1U << 3)
/* A tool's mark about the program, not the program's own: %SYNERGY_MARK_F_TOOL. */
#define SYNERGY_MARKER_F_TOOL		(1U << 4)

/**
 * struct synergy_lost_record - records that this reader did not get
 * @hdr: type LOST; seq that of the first lost one
 * @count: how many records are missing here, all types together
 * @last_ns: time_ns of the last lost one
 * @by_type: how many of each type, at its number; [0] of all other types. There is
 *	space set aside for MARKER, so only a reader that stopped reading
 *	loses any
 */
struct synergy_lost_record {
	struct synergy_record hdr;
	__u64 count;
	__u64 last_ns;
	__u64 by_type[SYNERGY_RECORD_TYPES];
};

/**
 * enum synergy_error_source - where an error came from
 * @SYNERGY_ERROR_CHIP: an I2C transfer; index is the chip
 * @SYNERGY_ERROR_PMU: a counter; index is the core
 * @SYNERGY_ERROR_SETUP: a chip's registers were not as we had set them (it was
 *	reset, or there is another master); index is the chip, reg the register,
 *	value what was found there: a configuration (0x00), no conversion where
 *	there should have been some (0x0f), or 0 in a bus voltage's register that
 *	a reset has emptied. It is set up again at once. Another master that only
 *	reads moves the chip's register pointer, which is not sent with each read
 *	of a rail that is sampled alone in continuous mode: for a second, or 64
 *	samples if they are longer, values may then be another register's without
 *	any notice
 * @SYNERGY_ERROR_PAGE: a struct synergy_mark_page; index is its process. EINVAL:
 *	value is a kind that is none; EOVERFLOW: @head went on by value, which is
 *	more than there are slots. Those marks are dropped
 */
enum synergy_error_source {
	SYNERGY_ERROR_CHIP	= 1,
	SYNERGY_ERROR_PMU	= 2,
	SYNERGY_ERROR_SETUP	= 3,
	SYNERGY_ERROR_PAGE	= 4,
};

/**
 * struct synergy_error_record - something failed, and the stream goes on. Each
 *	tick whose transfer failed has this in its POWER record's place
 * @hdr: type ERROR; time_ns when it was tried
 * @source: enum synergy_error_source
 * @index: chip, core or process
 * @error: errno, positive: EREMOTEIO or ENXIO no acknowledge, EAGAIN bus
 *	arbitration lost, ETIMEDOUT, EIO, ENODEV unplugged, ...
 * @reg: the register
 * @value: see the source; else 0
 * @since_us: SETUP: so long before time_ns the chip was last found in order: POWER
 *	records of this chip whose time_ns is not before that are not to be
 *	trusted. 0 for other sources
 * @count: errors of this source and index since the session's start, this one
 *	included
 */
struct synergy_error_record {
	struct synergy_record hdr;
	__u32 source;
	__u32 index;
	__s32 error;
	__u32 reg;
	__u32 value;
	__u32 since_us;
	__u64 count;
};

/**
 * struct synergy_freq_record - a core's clock frequency: at START, and at each change
 * @hdr: type FREQ; flags %SYNERGY_FREQ_F_...
 * @cpu: the core
 * @policy: lowest core of those that change together with it
 * @khz: from now on; 0 unknown
 * @old_khz: until now; 0 unknown
 */
struct synergy_freq_record {
	struct synergy_record hdr;
	__u32 cpu;
	__u32 policy;
	__u32 khz;
	__u32 old_khz;
};

/* As found at START, RESUMED or when the core came online; no change. */
#define SYNERGY_FREQ_F_FOUND		(1U << 0)
/* Found by looking now and then: it changed some time since the record before. */
#define SYNERGY_FREQ_F_SAMPLED		(1U << 1)

/**
 * enum synergy_temp_kind - what a TEMP record is about
 * @SYNERGY_TEMP_ZONE: a thermal zone; value in thousandths of a degree Celsius
 * @SYNERGY_TEMP_COOLING: a cooling device; value is its state, 0 does not cool
 */
enum synergy_temp_kind {
	SYNERGY_TEMP_ZONE	= 0,
	SYNERGY_TEMP_COOLING	= 1,
};

/**
 * struct synergy_temp_record - a temperature or cooling state, once a second
 * @hdr: type TEMP
 * @kind: enum synergy_temp_kind
 * @index: which of that kind
 * @value: see the kind
 * @max: of a cooling device, its highest state; else 0
 * @name: as /sys/class/thermal has its type, NUL-terminated
 */
struct synergy_temp_record {
	struct synergy_record hdr;
	__u32 kind;
	__u32 index;
	__s32 value;
	__s32 max;
	char name[SYNERGY_LABEL_LEN];
};

/**
 * struct synergy_name_record - marks with this id, of this process, have this name
 * @hdr: type NAME; flags %SYNERGY_NAME_F_...
 * @kind: enum synergy_name_kind
 * @id: the marks' id
 * @tgid: the process
 * @reserved: 0
 * @name: UTF-8, NUL-terminated
 */
struct synergy_name_record {
	struct synergy_record hdr;
	__u32 kind;
	__u32 id;
	__u32 tgid;
	__u32 reserved;
	char name[SYNERGY_NAME_LEN];
};

/* Given before, for a file that was opened since. */
#define SYNERGY_NAME_F_REPLAY		(1U << 0)

/* ------------------------------------------------------------------------
 * What is there: the same structures answer ioctls and travel in INFO records
 */

/**
 * struct synergy_device - the device (SYNERGY_IOC_DEVICE)
 * @size: sizeof(struct synergy_device)
 * @flags: in 0; out %SYNERGY_DEVICE_F_...
 * @api_version: %SYNERGY_API_VERSION of the module
 * @n_chips: chips that have an index. One that comes back at its bus and address
 *	has its old index again, and an index whose chip is gone with its adapter
 *	may be given to a new chip, which is then announced by INFO records
 * @n_rails: rails of these
 * @n_cpus: possible cores
 * @min_period_ns: shortest period that can be asked for with the rails that are
 *	there, as SYNERGY_IOC_CONFIGURE would judge it by default; 0 no chip
 * @owner_tgid: process that owns the session, 0 none
 * @clock_id: the clock of every time, CLOCK_MONOTONIC
 * @raw_clock_id: the clock of @raw_ns in the records' heads, CLOCK_MONOTONIC_RAW
 * @n_files: files that are open now
 * @n_pages: mark pages that they have
 * @files_refused: open() that failed because there were too many or no memory,
 *	since the module was loaded
 * @pages_refused: the same of mmap()
 * @reserved: 0
 * @module_version: NUL-terminated
 */
struct synergy_device {
	__u32 size;
	__u32 flags;
	__u32 api_version;
	__u32 n_chips;
	__u32 n_rails;
	__u32 n_cpus;
	__u64 min_period_ns;
	__u32 owner_tgid;
	__u32 clock_id;
	__u32 raw_clock_id;
	__u32 n_files;
	__u32 n_pages;
	__u32 files_refused;
	__u32 pages_refused;
	__u32 reserved;
	char module_version[SYNERGY_LABEL_LEN];
};

#define SYNERGY_DEVICE_F_CONFIGURED	(1U << 0)
#define SYNERGY_DEVICE_F_RUNNING	(1U << 1)

/**
 * struct synergy_chip - one INA3221 (SYNERGY_IOC_CHIP)
 * @size: sizeof(struct synergy_chip)
 * @flags: in 0; out %SYNERGY_CHIP_F_...
 * @index: in: which
 * @i2c_bus: number of the I2C adapter (/dev/i2c-N)
 * @address: on that bus
 * @bus_hz: clock of that bus as firmware gives it; 0 unknown, then the cost of
 *	a transfer is measured
 * @transfer_ns: what one register read takes, measured at probe
 * @config_found: configuration register as we found it; written back at stop
 * @config_set: as we set it; 0 while no session runs
 * @manufacturer_id: 0x5449
 * @die_id: 0x3220
 * @conversion_shunt_ns: one shunt conversion in this session, from CONFIGURE on
 * @conversion_bus_ns: one bus voltage conversion in this session
 * @averages: conversions per value, 1 none
 * @bus_voltage_every: the bus voltage is taken every Nth sample; where the chip
 *	converts shunts continuously, as soon after N as costs no sample; 0 four
 *	times a second, or after 16 conversion cycles where these take longer
 * @conversion_ppm: how long the chip's conversions really are, 1000000 as nominal:
 *	measured at probe, and again and again in sessions in continuous mode; 0
 *	could not be measured
 * @conversion_margin_ppm: how far that may be off
 * @adapter_name: of the I2C adapter, NUL-terminated
 */
struct synergy_chip {
	__u32 size;
	__u32 flags;
	__u32 index;
	__u32 i2c_bus;
	__u32 address;
	__u32 bus_hz;
	__u64 transfer_ns;
	__u16 config_found;
	__u16 config_set;
	__u16 manufacturer_id;
	__u16 die_id;
	__u32 conversion_shunt_ns;
	__u32 conversion_bus_ns;
	__u32 averages;
	__u32 bus_voltage_every;
	__u32 conversion_ppm;
	__u32 conversion_margin_ppm;
	char adapter_name[SYNERGY_NAME_LEN];
};

#define SYNERGY_CHIP_F_GONE		(1U << 0) /* unbound since */
#define SYNERGY_CHIP_F_CONTINUOUS	(1U << 1) /* continuous mode; else triggered */
#define SYNERGY_CHIP_F_GUARDS		(1U << 2) /* its limits are armed: it protects the board */

/**
 * struct synergy_rail - one measured supply (SYNERGY_IOC_RAIL)
 * @size: sizeof(struct synergy_rail)
 * @flags: in 0; out %SYNERGY_RAIL_F_...
 * @index: in: which
 * @chip: its chip's index
 * @channel: 1..3, as on the chip
 * @shunt_uohm: shunt resistance
 * @offset_uv: offset of the shunt voltage that is taken off each value
 * @divisor: of the session's rate: the rail is sampled each Nth tick; 0 it is not
 *	sampled
 * @seen_ppm: share of the time that its conversion windows cover, in the session as
 *	configured; 0 it is not sampled
 * @reserved: 0
 * @label: the board's name for it (VDD_CPU), NUL-terminated; two rails of one
 *	device never share one (the later is given "@chip" after its label)
 */
struct synergy_rail {
	__u32 size;
	__u32 flags;
	__u32 index;
	__u32 chip;
	__u32 channel;
	__u32 shunt_uohm;
	__s32 offset_uv;
	__u32 divisor;
	__u32 seen_ppm;
	__u32 reserved;
	char label[SYNERGY_LABEL_LEN];
};

#define SYNERGY_RAIL_F_GONE		(1U << 0) /* with its chip */
#define SYNERGY_RAIL_F_DISABLED		(1U << 1) /* status = "disabled" */
#define SYNERGY_RAIL_F_ASSUMED_SHUNT	(1U << 2) /* nobody stated its shunt */
#define SYNERGY_RAIL_F_OFFSET_CORRECTED	(1U << 3) /* @offset_uv is known, 0 included */

/**
 * struct synergy_event - a perf event to count on every core
 * @size: sizeof(struct synergy_event)
 * @type: PMU type: PERF_TYPE_..., or /sys/bus/event_source/devices/PMU/type
 * @column: place in the records, 0..%SYNERGY_MAX_EVENTS-1. Entries that share a
 *	column are alternatives for unlike cores (big.LITTLE): each core counts
 *	the first that its PMU takes
 * @flags: %SYNERGY_EVENT_F_...
 * @config: as perf_event_attr.config
 * @config1: as perf_event_attr.config1
 * @config2: as perf_event_attr.config2
 * @name: the caller's name for it, NUL-terminated; it travels in the stream
 */
struct synergy_event {
	__u32 size;
	__u32 type;
	__u32 column;
	__u32 flags;
	__u64 config;
	__u64 config1;
	__u64 config2;
	char name[SYNERGY_NAME_LEN];
};

#define SYNERGY_EVENT_F_EXCLUDE_USER	(1U << 0)
#define SYNERGY_EVENT_F_EXCLUDE_KERNEL	(1U << 1)

/**
 * struct synergy_configure - what to sample (SYNERGY_IOC_CONFIGURE)
 * @size: sizeof(struct synergy_configure)
 * @flags: %SYNERGY_CONFIGURE_F_...
 * @period_ns: between samples, 0 the shortest possible. On return the one that
 *	is used; with ERANGE the shortest that the bus and the chip can carry
 * @rail_mask: bit per rail index; 0 all enabled rails. On return what is used
 * @events: address of an array of struct synergy_event; 0 with @n_events 0
 * @n_events: entries there
 * @event_size: bytes from one to the next, which is also each one's @size
 * @pmu_every: a PMU record per core every Nth tick; 0 none, counters are then
 *	read at markers only
 * @bus_voltage_every: bus voltage every Nth sample; 0 chosen by the module
 * @conversion_shunt_ns: 140000, 204000, 332000, 588000, 1100000, 2116000,
 *	4156000 or 8244000; 0 the longest that fits into the period
 * @conversion_bus_ns: the same for the bus voltage
 * @averages: 1, 4, 16, 64, 128, 256, 512 or 1024; 0 means 1
 * @sampler_cpu: core for the sampling thread plus 1; 0 chosen (the last one
 *	online)
 * @dither_ns: the period is varied by up to this, evenly, so that sampling does
 *	not beat with the work; 0 none. At most half of the idle time that
 *	is left in a period (ERANGE)
 * @bad_event: out: index into @events with ENOENT, ENOSPC, EINVAL
 * @rail_divisor: for each rail: it is sampled each Nth tick; 0 or 1 each. The
 *	rate is then that of the rails with the least divisor. EOPNOTSUPP: this
 *	module cannot, for this chip
 *
 * Errors
 *	EBUSY	another file owns the session, or it runs
 *	ERANGE	period shorter than can be carried; @period_ns is one that can
 *	EPERM	a chip's limits guard the board, and conversions as asked for would stop
 *		that or make it more nervous; the kernel's log says how
 *	ENOENT	an event that no core's PMU knows; @bad_event is which
 *	ENOSPC	more events than the PMU can count at once; @bad_event is the
 *		first that did not fit (see %SYNERGY_CONFIGURE_F_MULTIPLEX)
 *	EACCES	counting whole cores is not allowed to the caller (CAP_PERFMON,
 *		/proc/sys/kernel/perf_event_paranoid)
 *	ENXIO	no chip, and %SYNERGY_CONFIGURE_F_NO_POWER not given
 */
struct synergy_configure {
	__u32 size;
	__u32 flags;
	__u64 period_ns;
	__u64 rail_mask;
	__aligned_u64 events;
	__u32 n_events;
	__u32 event_size;
	__u32 pmu_every;
	__u32 bus_voltage_every;
	__u32 conversion_shunt_ns;
	__u32 conversion_bus_ns;
	__u32 averages;
	__u32 sampler_cpu;
	__u32 dither_ns;
	__u32 bad_event;
	__u16 rail_divisor[SYNERGY_MAX_RAILS];
};

#define SYNERGY_CONFIGURE_F_MULTIPLEX	(1U << 0) /* more events than counters are fine */
#define SYNERGY_CONFIGURE_F_NO_POWER	(1U << 1) /* counters and marks only */
#define SYNERGY_CONFIGURE_F_CONTINUOUS	(1U << 2) /* the chip's continuous mode */
#define SYNERGY_CONFIGURE_F_TRIGGERED	(1U << 3) /* trigger each conversion cycle */
/*
 * In continuous mode, begin the conversions again at random phases some 50 times
 * per second, so that they do not alias with the work. EOPNOTSUPP: this module cannot.
 */
#define SYNERGY_CONFIGURE_F_RESTARTS	(1U << 4)

/**
 * struct synergy_control - start or stop (SYNERGY_IOC_START, SYNERGY_IOC_STOP)
 * @size: sizeof(struct synergy_control)
 * @flags: 0
 *
 * START: EINVAL not configured, EBUSY not the owner, EALREADY running, ENXIO
 * the chips have gone, ENOSPC others took the counters since CONFIGURE, ERANGE a
 * chip has meanwhile been found to be slower than CONFIGURE assumed.
 * STOP: EBUSY not the owner, EALREADY not running. The owner's close() stops,
 * too, and gives the session up.
 */
struct synergy_control {
	__u32 size;
	__u32 flags;
};

/**
 * struct synergy_mark - put a mark into the stream (SYNERGY_IOC_MARK)
 * @size: sizeof(struct synergy_mark)
 * @flags: %SYNERGY_MARK_F_...
 * @kind: enum synergy_mark_kind
 * @id: anything; the layer's index, or the hash of a name (struct synergy_name)
 * @cookie: anything
 *
 * Marks may be made by any open file while a session runs or not; counters are
 * read when one runs. EBADF: the file is not open for writing (CONFIGURE, START,
 * STOP and NAME give it, too). Up to 64 open intervals of a file are remembered,
 * for their END to be made up if the file is closed.
 */
struct synergy_mark {
	__u32 size;
	__u32 flags;
	__u32 kind;
	__u32 id;
	__u64 cookie;
};

#define SYNERGY_MARK_F_ALL_CPUS		(1U << 0) /* sum the counters of all cores */
/*
 * A tool marks what it does with the program (around the command that it runs, an
 * inference, a time of doing nothing). Its ids are the tools' own and cannot be
 * mistaken for the program's.
 */
#define SYNERGY_MARK_F_TOOL		(1U << 1)

/**
 * enum synergy_name_kind - what has a name
 * @SYNERGY_NAME_MARK: the id of marks
 */
enum synergy_name_kind {
	SYNERGY_NAME_MARK	= 0,
};

/**
 * struct synergy_name - name the id of the caller's marks (SYNERGY_IOC_NAME)
 * @size: sizeof(struct synergy_name)
 * @flags: in 0; out %SYNERGY_NAME_F_...
 * @kind: enum synergy_name_kind
 * @id: any number. By custom the 32-bit FNV-1a hash of the name's bytes:
 *	h = 0x811c9dc5; for each byte: h = (h ^ byte) * 0x01000193
 * @name: UTF-8, NUL-terminated, not empty (EINVAL)
 *
 * It goes into the stream as a NAME record, is given again to files that are
 * opened later, for as long as this one is open, and at START. A name given again
 * replaces the one before. The module keeps 256 names of a file and 1024 in all.
 */
struct synergy_name {
	__u32 size;
	__u32 flags;
	__u32 kind;
	__u32 id;
	char name[SYNERGY_NAME_LEN];
};

/* Out: it is in the stream, but there was no room to keep it. */
#define SYNERGY_NAME_F_NOT_KEPT		(1U << 1)

#define SYNERGY_MARK_SLOTS		128

/**
 * struct synergy_mark_slot - one mark in a page
 * @time_ns: CLOCK_MONOTONIC by clock_gettime(): the last thing done for a BEGIN,
 *	the first for an END
 * @cookie: as in struct synergy_mark
 * @kind: the same
 * @flags: 0 or %SYNERGY_MARK_F_TOOL
 * @id: the same
 */
struct synergy_mark_slot {
	__u64 time_ns;
	__u64 cookie;
	__u16 kind;
	__u16 flags;
	__u32 id;
};

/**
 * struct synergy_mark_page - marks without a system call and without counters
 * @size: sizeof(struct synergy_mark_page); the module writes it
 * @n_slots: %SYNERGY_MARK_SLOTS, a power of two; the module writes it
 * @head: marks ever made, modulo 2^32; the program writes it
 * @taken: marks ever taken over into the stream, the same; the module writes it
 * @reserved: 0
 * @reserved2: 0; @taken is in a cache line of its own
 * @slot: mark number n is in slot[n % n_slots]
 *
 * For programs whose pieces of work are so short that an ioctl is too long.
 * mmap(NULL, sizeof(struct synergy_mark_page), PROT_READ | PROT_WRITE,
 * MAP_SHARED, fd, 0) of a file open for both gives its page (EACCES: it is
 * not; EINVAL: another length, offset or kind of mapping; ENOMEM: this user, or
 * all together, have as many pages as there may be (16 for one user at the least), or
 * there is no memory). The page is the file's until its last close(). One thread
 * at a time may use a page, and its records carry the thread that mapped it; other
 * threads open files of their own. A child of fork() does not have it.
 *
 * To make a mark: if @head - @taken is @n_slots the page is full, and the mark
 * is made by SYNERGY_IOC_MARK, which takes over the page first. Else fill in the
 * slot, then store @head + 1 with release order.
 *
 * The marks of a file reach the stream in their order, at the sampler's next
 * tick or the file's next SYNERGY_IOC_MARK, at START, STOP and close, or when
 * somebody reads or polls and finds nothing; so up to a period after records of
 * a later time. With no session they wake nobody. The trace point does not see
 * them.
 */
struct synergy_mark_page {
	__u32 size;
	__u32 n_slots;
	__u32 head;
	__u32 reserved[13];
	__u32 taken;
	__u32 reserved2[15];
	struct synergy_mark_slot slot[SYNERGY_MARK_SLOTS];
};

/**
 * struct synergy_client - this open file's own settings (SYNERGY_IOC_CLIENT)
 * @size: sizeof(struct synergy_client)
 * @flags: %SYNERGY_CLIENT_F_...
 * @buffer_bytes: its ring; 0 leaves it. A power of two from 64 KiB to 64 MiB,
 *	else EINVAL; EBUSY once anything was read, or while it is; ENOMEM no
 *	memory, or more than this user may have. On return the one in force
 * @type_mask: bit (1 << type) per record type wanted; 0 all. LOST and INFO are
 *	always given. What is masked off is not counted as lost, so seq has gaps
 * @reserved: 0
 *
 * open() makes a ring of 1 MiB, or a smaller one where the user has many.
 */
struct synergy_client {
	__u32 size;
	__u32 flags;
	__u32 buffer_bytes;
	__u32 type_mask;
	__u64 reserved;
};

/* This file is for marks alone: its ring is given back, and read() is EBADF. For ever. */
#define SYNERGY_CLIENT_F_NO_RECORDS	(1U << 0)

#define SYNERGY_LATENESS_BUCKETS	32

/**
 * struct synergy_stats - totals since START (SYNERGY_IOC_STATS)
 * @size: sizeof(struct synergy_stats)
 * @flags: 0
 * @ticks: deadlines met; with several buses the sum over their threads
 * @ticks_missed: deadlines that had passed, never made up for; conversion cycles
 *	whose values could not be distinguished from the next one's or were not as
 *	configured; and deadlines at which a chip in continuous mode had been
 *	started again and had no value yet
 * @power_repeats: POWER records that repeat the one before
 * @pmu_missed: PMU records that could not be made: the core did not answer in time,
 *	or its answer to the tick before was still due
 * @lost_here: records that this file lost
 * @lost_all: records lost, summed over all files
 * @bus_busy_ns: time spent in I2C transfers
 * @lateness_max_ns: greatest lateness of a tick after its deadline
 * @running_ns: time since START, or of the whole session once stopped
 * @records: records made of each type, at its number; [0] of all other types
 * @lateness: histogram: bucket b counts ticks with 2^(b-1) <= ns < 2^b after
 *	their deadline, bucket 0 exactly 0 ns
 */
struct synergy_stats {
	__u32 size;
	__u32 flags;
	__u64 ticks;
	__u64 ticks_missed;
	__u64 power_repeats;
	__u64 pmu_missed;
	__u64 lost_here;
	__u64 lost_all;
	__u64 bus_busy_ns;
	__u64 lateness_max_ns;
	__u64 running_ns;
	__u64 records[SYNERGY_RECORD_TYPES];
	__u64 lateness[SYNERGY_LATENESS_BUCKETS];
};

/**
 * enum synergy_info_kind - what an INFO record holds
 * @SYNERGY_INFO_DEVICE: struct synergy_device
 * @SYNERGY_INFO_CHIP: struct synergy_chip
 * @SYNERGY_INFO_RAIL: struct synergy_rail
 * @SYNERGY_INFO_EVENT: struct synergy_event
 * @SYNERGY_INFO_SESSION: struct synergy_session
 */
enum synergy_info_kind {
	SYNERGY_INFO_DEVICE	= 1,
	SYNERGY_INFO_CHIP	= 2,
	SYNERGY_INFO_RAIL	= 3,
	SYNERGY_INFO_EVENT	= 4,
	SYNERGY_INFO_SESSION	= 5,
};

/**
 * enum synergy_session_state - what a session record reports
 * @SYNERGY_SESSION_STOPPED: it does not run, or no more
 * @SYNERGY_SESSION_STARTED: it runs from now on
 * @SYNERGY_SESSION_SUSPENDED: the machine sleeps
 * @SYNERGY_SESSION_RESUMED: it has woken up, and the session goes on
 */
enum synergy_session_state {
	SYNERGY_SESSION_STOPPED		= 0,
	SYNERGY_SESSION_STARTED		= 1,
	SYNERGY_SESSION_SUSPENDED	= 2,
	SYNERGY_SESSION_RESUMED		= 3,
};

/**
 * enum synergy_freq_source - where FREQ records come from
 * @SYNERGY_FREQ_NONE: none are made; user space may look now and then
 * @SYNERGY_FREQ_NOTIFIER: cpufreq's transition notifier
 * @SYNERGY_FREQ_TRACEPOINT: the trace point power:cpu_frequency
 */
enum synergy_freq_source {
	SYNERGY_FREQ_NONE	= 0,
	SYNERGY_FREQ_NOTIFIER	= 1,
	SYNERGY_FREQ_TRACEPOINT	= 2,
};

/**
 * struct synergy_session - the session as configured, and what became of it
 * @size: sizeof(struct synergy_session)
 * @flags: %SYNERGY_CONFIGURE_F_... in force
 * @state: enum synergy_session_state
 * @n_columns: counters per core
 * @period_ns: between samples
 * @rail_mask: rails sampled
 * @pmu_every: PMU record every Nth tick
 * @sampler_cpu: core of the sampling thread
 * @dither_ns: as configured
 * @freq_source: enum synergy_freq_source
 * @clock_id: the clock of every time, CLOCK_MONOTONIC
 * @raw_clock_id: the clock of @raw_ns in the records' heads, CLOCK_MONOTONIC_RAW;
 *	the same as @clock_id where it was not recorded
 * @start_ns: when sampling began
 * @realtime_offset_ns: CLOCK_REALTIME minus CLOCK_MONOTONIC then
 */
struct synergy_session {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u32 n_columns;
	__u64 period_ns;
	__u64 rail_mask;
	__u32 pmu_every;
	__u32 sampler_cpu;
	__u32 dither_ns;
	__u32 freq_source;
	__u32 clock_id;
	__u32 raw_clock_id;
	__u64 start_ns;
	__s64 realtime_offset_ns;
};

/**
 * struct synergy_info_record - the stream describes itself
 * @hdr: type INFO; flags %SYNERGY_INFO_F_...
 * @kind: enum synergy_info_kind
 * @reserved: 0
 * @body: the structure; its first member is its size
 *
 * A file that is opened or that joins a running session is given the device's,
 * chips', rails', events' and session's INFO first, marked REPLAY. At START,
 * STOP and at every change they are part of the stream itself.
 */
struct synergy_info_record {
	struct synergy_record hdr;
	__u32 kind;
	__u32 reserved;
	SYNERGY_ENTRIES(__u64, body)
};

#define SYNERGY_INFO_F_REPLAY		(1U << 0)

/* ------------------------------------------------------------------------
 * ioctls
 */
#define SYNERGY_IOC_MAGIC	0xE7

#define SYNERGY_IOC_DEVICE	_IOWR(SYNERGY_IOC_MAGIC, 0x00, struct synergy_device)
#define SYNERGY_IOC_CHIP	_IOWR(SYNERGY_IOC_MAGIC, 0x01, struct synergy_chip)
#define SYNERGY_IOC_RAIL	_IOWR(SYNERGY_IOC_MAGIC, 0x02, struct synergy_rail)
#define SYNERGY_IOC_CONFIGURE	_IOWR(SYNERGY_IOC_MAGIC, 0x03, struct synergy_configure)
#define SYNERGY_IOC_START	_IOW(SYNERGY_IOC_MAGIC, 0x04, struct synergy_control)
#define SYNERGY_IOC_STOP	_IOW(SYNERGY_IOC_MAGIC, 0x05, struct synergy_control)
#define SYNERGY_IOC_MARK	_IOW(SYNERGY_IOC_MAGIC, 0x06, struct synergy_mark)
#define SYNERGY_IOC_CLIENT	_IOWR(SYNERGY_IOC_MAGIC, 0x07, struct synergy_client)
#define SYNERGY_IOC_STATS	_IOWR(SYNERGY_IOC_MAGIC, 0x08, struct synergy_stats)
#define SYNERGY_IOC_NAME	_IOWR(SYNERGY_IOC_MAGIC, 0x09, struct synergy_name)

#endif /* _LINUX_SYNERGY_H */
