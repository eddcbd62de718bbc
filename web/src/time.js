// SPDX-License-Identifier: MIT
// Times: UNIX seconds inside, one zone for everything that is shown or typed.
const formats = new Map();

/* "local" and whatever the browser does not know become the browser's own zone. */
export function zoneName(zone) {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (!zone || zone === 'local') {
		return own;
	}
	try {
		return new Intl.DateTimeFormat('en', { timeZone: zone }) && zone;
	} catch {
		return own;
	}
}

const CALENDAR_MAX = 8.64e12; // seconds that a Date reaches (ECMA-262 §21.4.1.1); a call may start later

/* The wall clock of @zone at @time: numbers by name; null where there is none. */
function wall(time, zone) {
	if (!(Math.abs(time) <= CALENDAR_MAX)) {
		return null;
	}
	if (!formats.has(zone)) {
		formats.set(zone, new Intl.DateTimeFormat('en-US', {
			timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
		}));
	}
	const parts = formats.get(zone).formatToParts(new Date(time * 1000));
	return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/* "2026-11-24" */
export function formatDate(time, zone) {
	return dateOf(wall(time, zone)) ?? String(time);
}

function dateOf(clock) {
	return clock && `${clock.year.padStart(4, '0')}-${clock.month}-${clock.day}`;
}

/* "08:49:05" */
export function formatClock(time, zone) {
	return clockOf(wall(time, zone)) ?? String(time);
}

function clockOf(clock) {
	return clock && `${clock.hour}:${clock.minute}:${clock.second}`;
}

/* "2026-11-24 08:49:05"; the number alone where no calendar reaches. */
export function formatTime(time, zone) {
	const clock = wall(time, zone);
	return clock ? `${dateOf(clock)} ${clockOf(clock)}` : String(time);
}

/* How far @zone is ahead of UTC at @time, in seconds. */
export function offsetAt(time, zone) {
	const clock = wall(time, zone);
	if (!clock) {
		return 0;
	}
	const { year, month, day, hour, minute, second } = clock;
	return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(time);
}

/* "+01:00" */
export function formatOffset(time, zone) {
	const minutes = Math.round(offsetAt(time, zone) / 60);
	const two = (number) => String(number).padStart(2, '0');
	return `${minutes < 0 ? '−' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/* What "2026-03-29T02:30" on a clock of @zone is; NaN when it is not a time. A time that the clock skips is taken an hour later, of
 * one that comes twice the first is taken. */
export function timeOf(text, zone) {
	const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
	if (!match) {
		return NaN;
	}
	const [, year, month, day, hour, minute, second = 0] = match.map(Number);
	const utc = Date.UTC(year, month - 1, day, hour, minute, Number.isNaN(second) ? 0 : second) / 1000;
	const candidates = [offsetAt(utc - 86400, zone), offsetAt(utc + 86400, zone)].map((offset) => utc - offset);
	const exact = candidates.filter((time) => time + offsetAt(time, zone) === utc);
	return exact.length ? Math.min(...exact) : Math.max(...candidates);
}

/* For <input type="datetime-local">. */
export function formatInput(time, zone) {
	return formatTime(time, zone).replace(' ', 'T');
}

const ISO = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)$/i;

/* UNIX seconds of what an address may say: "now", "-2h", digits, ISO 8601 with a zone; null for anything else. */
export function resolveTime(text, now) {
	if (text === 'now') {
		return now;
	}
	if (/^\d{1,18}$/.test(text)) {
		return Number(text);
	}
	const relative = /^([+-])(\d+)([smhdw])$/.exec(text);
	if (relative) {
		const seconds = Number(relative[2]) * { s: 1, m: 60, h: 3600, d: 86400, w: 604800 }[relative[3]];
		return now + (relative[1] === '-' ? -seconds : seconds);
	}
	const parsed = ISO.test(text) ? Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')) : NaN;
	return Number.isNaN(parsed) ? null : Math.floor(parsed / 1000);
}

/* "0:08", "1:02:03" */
export function formatDuration(seconds) {
	const two = (number) => String(number).padStart(2, '0');
	const hours = Math.floor(seconds / 3600);
	const rest = `${hours ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
	return hours ? `${hours}:${rest}` : rest;
}

/* "54 s", "2 min 5 s", "1 h 3 min": a length within a sentence. */
export function formatLength(seconds) {
	const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
	const parts = hours ? [`${hours} h`, minutes && `${minutes} min`] : [minutes && `${minutes} min`, (rest || !minutes) && `${rest} s`];
	return parts.filter(Boolean).join(' ');
}

/* How long after the step before: "+3 s", "+2:05"; "−3 s" where a log goes back in time. */
export function formatDelta(seconds) {
	const length = Math.abs(seconds);
	return `${seconds < 0 ? '−' : '+'}${length < 60 ? `${length} s` : formatDuration(length)}`;
}
