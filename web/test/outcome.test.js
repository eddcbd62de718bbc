// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns } from '../src/columns.js';
import { outcomeFacts } from '../src/outcome.js';

const CALL = { outcome: 'answered', answered: 1795459204, talk: 0, ended_by: 'caller' };

test('how a call went is told as far as it is known', () => {
	assert.deepEqual(outcomeFacts(CALL, 'UTC').map(([name]) => name), ['Outcome', 'Answered', 'Talk', 'Ended by']);
	assert.deepEqual(outcomeFacts({ outcome: 'missed', answered: null, talk: null, ended_by: null }, 'UTC'), [['Outcome', 'missed']]);
});

test('a list has a column for each, with a dash where it is not known', () => {
	const text = (name, call) => columns.find((column) => column.name === name).text(call, 'UTC');
	for (const name of ['outcome', 'answered', 'talk', 'ended_by']) {
		assert.equal(text(name, { [name]: null }), '–');
		assert.notEqual(text(name, CALL), '–');
	}
});
