// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnClock, serverNow } from '../src/clock.js';

const NOW = Date.parse('2026-11-30T12:00:00Z');

test('the server’s clock counts where it differs from this computer’s', () => {
	learnClock('Mon, 30 Nov 2026 12:05:00 GMT', NOW);
	assert.equal(serverNow(NOW), NOW / 1000 + 300);
	learnClock(null, NOW);
	assert.equal(serverNow(NOW), NOW / 1000 + 300);
	learnClock('Mon, 30 Nov 2026 11:59:59 GMT', NOW);
	assert.equal(serverNow(NOW), NOW / 1000, 'an answer takes a while to come');
});
