// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterText, isWorthKeeping, withRecent, withSaved } from '../src/kept_filters.js';

const NOW = Date.parse('2026-11-24T15:00:00Z') / 1000;

test('what was used last stands first, once, and no more than eight', () => {
	assert.deepEqual(withRecent(['b', 'a'], 'a'), ['a', 'b']);
	const many = [...'abcdefghij'].reduce(withRecent, []);
	assert.deepEqual(many, [...'jihgfedc']);
});

test('saved filters are sorted by name, and a name means its last filter', () => {
	const saved = withSaved(withSaved([], 'lost', 'a=1'), 'busy', 'b=2');
	assert.deepEqual(saved.map(({ name }) => name), ['busy', 'lost']);
	assert.deepEqual(withSaved(saved, 'lost', 'c=3').filter(({ name }) => name === 'lost'), [{ name: 'lost', query: 'c=3' }]);
});

test('a window alone is not kept', () => {
	assert.equal(isWorthKeeping({ start: '-24h', end: 'now' }), false);
	assert.equal(isWorthKeeping({ start: '-24h', module: 'menu' }), true);
});

test('a filter is told in words', () => {
	assert.equal(filterText({ text: 'invalid input', module: 'menu', start: '-24h' }, 'UTC', NOW), 'Words: invalid input, Module menu, last 24 hours');
	assert.equal(filterText({ '-type': 'inbound', start: '1795459223', end: '1795459283' }, 'UTC', NOW), 'Type: not inbound, from 2026-11-23 18:40:23 until 2026-11-23 18:41:23');
	assert.equal(filterText({ dest: '*3001' }, 'UTC', NOW), 'To *3001, all time');
});
