// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketSeconds, chooseBucket, extentOf, fillBuckets } from '../src/buckets.js';

test('bars are so long that there are not too many of them', () => {
	for (const [seconds, expected] of [[60, 'minute'], [3600, 'minute'], [4 * 3600, 'minute'], [4 * 3600 + 1, 'hour'], [86400, 'hour'], [16 * 86400, 'hour'], [30 * 86400, 'day']]) {
		assert.equal(chooseBucket(0, seconds), expected);
		assert.ok(seconds / bucketSeconds[expected] <= 400);
	}
});

test('times without calls have a bar of their own, from the window\'s beginning to its end', () => {
	const groups = [{ key: 7200, calls: 3 }, { key: 14400, calls: 1 }];
	assert.deepEqual(fillBuckets(groups, 3600, 3600, 18000), [[3600, 7200, 10800, 14400], [0, 3, 0, 1]]);
});

test('a window that is open begins with its first call', () => {
	assert.deepEqual(fillBuckets([{ key: 7200, calls: 3 }], 3600, 0, 10800), [[7200], [3]]);
});

test('a window that begins within a bucket has that bucket', () => {
	assert.deepEqual(fillBuckets([{ key: 3600, calls: 1 }], 3600, 4000, 7200), [[3600], [1]]);
});

test('no call is left out, wherever it lies', () => {
	for (const groups of [[{ key: 0, calls: 1 }, { key: 86400 * 20000, calls: 2 }], [{ key: 0, calls: 1 }], [{ key: 86400 * 5, calls: 4 }, { key: 86400 * 9, calls: 2 }]]) {
		const [times, calls] = fillBuckets(groups, 86400, 0, 86400 * 6);
		assert.equal(calls.reduce((sum, one) => sum + one, 0), groups.reduce((sum, one) => sum + one.calls, 0));
		assert.ok(times.length <= 6000);
	}
});

test('nothing is no bars', () => {
	assert.deepEqual(fillBuckets([], 60, 0, 3600), [[], []]);
	assert.equal(extentOf([], 60), null);
});

test('the extent of what is there', () => {
	assert.deepEqual(extentOf([{ key: 86400 }, { key: 172800 }], 86400), { start: 86400, end: 259200 });
});
