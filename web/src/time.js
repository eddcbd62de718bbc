// SPDX-License-Identifier: MIT
// Times: UNIX seconds inside, one zone for everything that is shown or typed.
const formats = new Map();

/* "local" and whatever the browser does not know become the browser's own zone. */
export function zoneName(zone) {
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zone === 'local') {
		return own;
	}
	try {
		return new Intl.DateTimeFormat('en', { timeZone: zone }) && zone;
	} catch {
		return own;
	}
}

/* The wall clock of @zone at @time: numbers by name. */
function wall(time, zone) {
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
	const { year, month, day } = wall(time, zone);
	return `${year.padStart(4, '0')}-${month}-${day}`;
}

/* "08:49:05" */
export function formatClock(time, zone) {
	const { hour, minute, second } = wall(time, zone);
	return `${hour}:${minute}:${second}`;
}

export function formatTime(time, zone) {
	return `${formatDate(time, zone)} ${formatClock(time, zone)}`;
}

/* How far @zone is ahead of UTC at @time, in seconds. */
export function offsetAt(time, zone) {
	const { year, month, day, hour, minute, second } = wall(time, zone);
	return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(time);
}

/* "+01:00" */
export function formatOffset(time, zone) {
	const minutes = Math.round(offsetAt(time, zone) / 60);
	const two = (number) => String(number).padStart(2, '0');
	return `${minutes < 0 ? '−' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

/* What "2026-03-29T02:30" on a clock of @zone is; NaN when it is no time. A time that the clock skips is taken an hour later, of
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

/* UNIX seconds of what an address may say: "now", "-2h", digits, ISO 8601; null for anything else. */
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
	const parsed = Date.parse(text);
	return Number.isNaN(parsed) ? null : Math.floor(parsed / 1000);
}

/* "0:08", "1:02:03" */
export function formatDuration(seconds) {
	const two = (number) => String(number).padStart(2, '0');
	const hours = Math.floor(seconds / 3600);
	const rest = `${hours ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
	return hours ? `${hours}:${rest}` : rest;
}
