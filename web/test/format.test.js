// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsLookedAt } from '../src/format.js';

test('where steps are counted it is said how many calls have any, and why others have none', () => {
	assert.equal(callsLookedAt({ total_calls: 5041, calls_with_steps: 1692, calls_over_days: 3000, calls_without_steps: 349 }),
		'5,041 calls, 1,692 of them with steps (3,000 are over their days, 349 never had any)');
	assert.equal(callsLookedAt({ total_calls: 1, calls_with_steps: 1, calls_over_days: 0, calls_without_steps: 0 }), '1 call');
	assert.equal(callsLookedAt({ total_calls: 7 }), '7 calls');
});
