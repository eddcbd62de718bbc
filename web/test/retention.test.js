// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leavingWindow } from '../src/retention.js';

test('what leaves within a day is what is a day younger than its days', () => {
	const now = 1795532400;
	assert.deepEqual(leavingWindow(31, now), { start: now - 31 * 86400, end: now - 30 * 86400 });
	assert.equal(leavingWindow(0, now), null, 'for ever');
	assert.deepEqual(leavingWindow(36500, now), { start: 0, end: 0 }, 'nothing is from before 1970');
});
