// SPDX-License-Identifier: MIT
// The bars of calls over time: how long they are, and which there are.
import { formatDate, offsetAt, timeOf } from './time.js';

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

/* Where the bucket begins that @time is in, as the server has it: days and hours are those of @zone. */
export function bucketStart(time, bucket, zone) {
	if (bucket === 'day') {
		return timeOf(`${formatDate(time, zone)}T00:00`, zone);
	}
	const seconds = bucketSeconds[bucket];
	const clock = time + offsetAt(time, zone);
	return time - (((clock % seconds) + seconds) % seconds);
}

/* Where the next one begins: a day may have 23 or 25 hours. */
export function bucketEnd(start, bucket, zone) {
	return bucket === 'day' ? bucketStart(start + 26 * 3600, bucket, zone) : start + bucketSeconds[bucket];
}

/* The window that groups lie in, for choosing shorter ones; null when there are none. */
export function extentOf(groups, bucket, zone) {
	return groups.length ? { start: groups[0].key, end: bucketEnd(groups.at(-1).key, bucket, zone) } : null;
}

/* One point a bucket, empty ones too, so that a quiet time looks quiet; above BARS_MAX only what is there. A window that begins at 0 is
 * open there. */
export function fillBuckets(groups, bucket, zone, start, end) {
	if (groups.length === 0) {
		return [[], []];
	}
	const seconds = bucketSeconds[bucket];
	const begin = start > 0 ? Math.max(start, groups[0].key - AROUND * seconds) : groups[0].key;
	const first = Math.min(groups[0].key, bucketStart(begin, bucket, zone));
	const last = Math.max(groups.at(-1).key, Math.min(end - 1, groups.at(-1).key + AROUND * seconds));
	if ((last - first) / seconds > BARS_MAX) {
		return [groups.map((group) => group.key), groups.map((group) => group.calls)];
	}
	const counts = new Map(groups.map((group) => [group.key, group.calls]));
	/* Whatever the clocks do, each group has its bar. */
	for (let time = first; time <= last; time = bucketEnd(time, bucket, zone)) {
		counts.set(time, counts.get(time) ?? 0);
	}
	const times = [...counts.keys()].sort((a, b) => a - b);
	return [times, times.map((time) => counts.get(time))];
}
