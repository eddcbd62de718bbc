// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notUnderstood, readingsOf } from '../src/readings.js';

const NOW = Date.parse('2026-11-24T15:00:00Z') / 1000; // a Tuesday, 10:00 in New York
const ZONE = 'America/New_York';
const at = (text) => String(Date.parse(text) / 1000);
const labels = (text) => readingsOf(text, NOW, ZONE).map(({ label }) => label);
const last = (text) => readingsOf(text, NOW, ZONE).at(-1);

test('digits are a number at either end of either party, an id, or words', () => {
	assert.deepEqual(labels('3001'), ['Call 3001', 'From ends in 3001', 'To ends in 3001', 'From begins with 3001', 'To begins with 3001', 'Calls whose id begins with 3001', 'Words: 3001']);
	const [, from, to] = readingsOf('3001', NOW, ZONE);
	assert.deepEqual([from.changes, to.changes], [{ src: '*3001', text: '' }, { dest: '*3001', text: '' }]);
	assert.deepEqual(labels('+1 (617) 555').slice(0, 2), ['From begins with +1617555', 'To begins with +1617555']);
	assert.equal(readingsOf('*67', NOW, ZONE)[1].changes.src, '*67');
});

test('anything else is words, and one word may be an id', () => {
	assert.deepEqual(labels('invalid input'), ['Words: invalid input']);
	assert.deepEqual(labels('pbx-1795459223.129'), ['Call pbx-1795459223.129', 'Calls whose id begins with pbx-1795459223.129', 'Words: pbx-1795459223.129']);
	assert.deepEqual(labels('pbx'), ['Call pbx', 'Words: pbx'], 'three characters are not the beginning of an id');
	assert.equal(readingsOf('pbx-*', NOW, ZONE).find(({ kind }) => kind === 'begins').begins, 'pbx-');
	assert.deepEqual(labels('   '), []);
	assert.deepEqual(labels('"today 3001"'), ['Words: "today 3001"'], 'what is quoted stays as it is');
});

test('a day and a time are a window, in the zone that is shown', () => {
	assert.deepEqual(last('yesterday 14:20').changes, { start: at('2026-11-23T19:10:00Z'), end: at('2026-11-23T19:30:00Z'), text: '' });
	assert.deepEqual(last('2pm').changes, { start: at('2026-11-23T19:00:00Z'), end: at('2026-11-23T20:00:00Z'), text: '' }, 'the last one');
	assert.deepEqual(last('today').changes, { start: at('2026-11-24T05:00:00Z'), end: at('2026-11-25T05:00:00Z'), text: '' });
	assert.deepEqual(last('sun').changes.start, at('2026-11-22T05:00:00Z'));
	assert.deepEqual(last('tuesday 9h').changes.start, at('2026-11-24T14:00:00Z'));
	assert.equal(last('2026-11-01').label, 'Calls of 2026-11-01');
	assert.equal(Number(last('2026-11-01').changes.end) - Number(last('2026-11-01').changes.start), 25 * 3600, 'a day on which the clocks change');
});

test('a number or words may stand beside a time', () => {
	const [from] = readingsOf('3001 yesterday 14:20', NOW, ZONE);
	assert.deepEqual([from.label, from.changes], ['From ends in 3001, 2026-11-23 14:10 to 14:30', { start: at('2026-11-23T19:10:00Z'), end: at('2026-11-23T19:30:00Z'), src: '*3001', text: '' }]);
	assert.deepEqual(last('goodbye today').changes.text, 'goodbye');
});

test('what the grammar of words does not have is said', () => {
	assert.match(notUnderstood('goodbye -spanish'), /“-spanish” leaves no call out/);
	assert.match(notUnderstood('goodbye OR hello'), /“OR” is looked for as a word/);
	for (const text of ['goodbye hello', '"a -b OR c"', 'e-mail', '-1', 'or']) {
		assert.equal(notUnderstood(text), '', text);
	}
});
