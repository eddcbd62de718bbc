// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketEnd, bucketSeconds, bucketStart, chooseBucket, extentOf, fillBuckets } from '../src/buckets.js';

test('bars are so long that there are not too many of them', () => {
	for (const [seconds, expected] of [[60, 'minute'], [3600, 'minute'], [4 * 3600, 'minute'], [4 * 3600 + 1, 'hour'], [86400, 'hour'], [16 * 86400, 'hour'], [30 * 86400, 'day']]) {
		assert.equal(chooseBucket(0, seconds), expected);
		assert.ok(seconds / bucketSeconds[expected] <= 400);
	}
});

test('times without calls have their own bar, from the window\'s beginning to its end', () => {
	const groups = [{ key: 7200, calls: 3 }, { key: 14400, calls: 1 }];
	assert.deepEqual(fillBuckets(groups, 'hour', 'UTC', 3600, 18000), [[3600, 7200, 10800, 14400], [0, 3, 0, 1]]);
});

test('a window that is open begins with its first call', () => {
	assert.deepEqual(fillBuckets([{ key: 7200, calls: 3 }], 'hour', 'UTC', 0, 10800), [[7200], [3]]);
});

test('a window that begins within a bucket has that bucket', () => {
	assert.deepEqual(fillBuckets([{ key: 3600, calls: 1 }], 'hour', 'UTC', 4000, 7200), [[3600], [1]]);
});

test('no call is left out, wherever it lies', () => {
	for (const groups of [[{ key: 0, calls: 1 }, { key: 86400 * 20000, calls: 2 }], [{ key: 0, calls: 1 }], [{ key: 86400 * 5, calls: 4 }, { key: 86400 * 9, calls: 2 }]]) {
		const [times, calls] = fillBuckets(groups, 'day', 'UTC', 0, 86400 * 6);
		assert.equal(calls.reduce((sum, one) => sum + one, 0), groups.reduce((sum, one) => sum + one.calls, 0));
		assert.ok(times.length <= 6000);
	}
});

test('nothing makes no bars', () => {
	assert.deepEqual(fillBuckets([], 'minute', 'UTC', 0, 3600), [[], []]);
	assert.equal(extentOf([], 'minute', 'UTC'), null);
});

test('the extent of what is there', () => {
	assert.deepEqual(extentOf([{ key: 86400 }, { key: 172800 }], 'day', 'UTC'), { start: 86400, end: 259200 });
});

test('days are those of the zone, however long they are', () => {
	const zone = 'America/New_York';
	for (const [noon, hours] of [[1773000000 - 36 * 3600, 24], [1773000000, 23], [1793530000, 25], [1795600000, 24]]) {
		const start = bucketStart(noon, 'day', zone);
		assert.equal(bucketStart(start - 1, 'day', zone) < start, true);
		assert.equal((bucketEnd(start, 'day', zone) - start) / 3600, hours);
	}
	const [times, calls] = fillBuckets([{ key: 1772859600, calls: 1 }, { key: 1773115200, calls: 2 }], 'day', zone, 0, 1773115201);
	assert.deepEqual(times, [1772859600, 1772946000, 1773028800, 1773115200]);
	assert.deepEqual(calls, [1, 0, 0, 2]);
	assert.equal(bucketStart(1795583000, 'hour', 'Asia/Kolkata'), 1795582800 - 1800);
});
