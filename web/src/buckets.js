// SPDX-License-Identifier: MIT
// The bars of calls over time: how long they are, and which there are.
export const bucketSeconds = { minute: 60, hour: 3600, day: 86400 };

const AROUND = 400; // empty bars drawn at most before the first call and after the last
const BARS_MAX = 5000;

/* For at most about 400 bars in a window of seconds. */
export function chooseBucket(start, end) {
	const seconds = end - start;
	if (seconds <= 4 * 3600) {
		return 'minute';
	}
	return seconds <= 16 * 86400 ? 'hour' : 'day';
}

/* The window that groups of @seconds each lie in, for choosing shorter ones; null when there are none. */
export function extentOf(groups, seconds) {
	return groups.length ? { start: groups[0].key, end: groups.at(-1).key + seconds } : null;
}

/* One point a bucket, empty ones too, so that a quiet time looks quiet; above BARS_MAX only what is there. A window that begins at 0 is
 * open there. */
export function fillBuckets(groups, seconds, start, end) {
	if (groups.length === 0) {
		return [[], []];
	}
	const begin = start > 0 ? Math.max(start, groups[0].key - AROUND * seconds) : groups[0].key;
	const first = Math.min(groups[0].key, Math.floor(begin / seconds) * seconds);
	const last = Math.max(groups.at(-1).key, Math.min(end - 1, groups.at(-1).key + AROUND * seconds));
	if ((last - first) / seconds > BARS_MAX) {
		return [groups.map((group) => group.key), groups.map((group) => group.calls)];
	}
	const counts = new Map(groups.map((group) => [group.key, group.calls]));
	const times = [];
	for (let time = first; time <= last; time += seconds) {
		times.push(time);
	}
	return [times, times.map((time) => counts.get(time) ?? 0)];
}
