// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callText, countClasses, endOf, readSets, readSteps, readVariables, readVisits, stepHas, takeCall, takeSteps, ticksOf } from '../src/steps.js';

const step = (timestamp, class_, line, module, variable = '', more = {}) => ({
	event: { line, data: { module_type: module, result_variable: variable, ...more } }, class: class_, timestamp,
});

const call = {
	session_id: 's1', src: '617', dest: '3001', type: 'inbound', start: 1000, end: 1030, duration: 30, steps: 6, log: true,
	detail: [
		step(1000, 'info', 'Call started', 'start'),
		step(1000, 'prompt', 'Playing welcome', 'menu', 'choice'),
		step(1008, 'event', 'User input: 9 (dtmf)', 'menu', 'choice'),
		step(1008, 'error', 'Invalid input', 'menu', 'choice'),
		step(1010, 'event', 'User input: 2 (dtmf)', 'menu', 'choice'),
		step(1025, 'event', 'Caller hung up', 'hangup'),
	],
};

test('a step has its number, its time since the call began, since the step before and until the next', () => {
	const steps = readSteps(call);
	assert.deepEqual(steps.map((one) => [one.number, one.offset, one.delta, one.duration]),
		[[1, 0, 0, 0], [2, 0, 0, 8], [3, 8, 8, 0], [4, 8, 0, 2], [5, 10, 2, 15], [6, 25, 15, 5]]);
});

test('steps that go back in time make no bar of negative length', () => {
	const steps = readSteps({ ...call, detail: [step(1010, 'info', 'a', 'x'), step(1000, 'info', 'b', 'x'), step(1005, 'info', 'c', 'y')] });
	for (const visit of readVisits(steps)) {
		assert.ok(visit.end >= visit.begin && visit.lastStep >= visit.begin && visit.end >= visit.lastStep);
	}
	assert.equal(steps[1].delta, -10);
});

test('a call without steps, whether expired or never there, has none', () => {
	for (const detail of [false, undefined, null, []]) {
		assert.deepEqual(readSteps({ ...call, detail }), []);
	}
});

test('whatever data holds, its module and variable are text', () => {
	const [one, two] = readSteps({ ...call, detail: [step(1, 'info', 'x', 5, { a: 1 }), { event: { line: 'y' }, class: 'info', timestamp: 2 }] });
	assert.deepEqual([one.module, one.variable, two.module, two.variable], ['5', '{"a":1}', '', '']);
});

test('steps that follow each other at one place are one visit, drawn from its first step to the next visit', () => {
	const visits = readVisits(readSteps(call));
	assert.deepEqual(visits.map((visit) => [visit.module, visit.begin, visit.end, visit.lastStep, visit.steps.length]),
		[['start', 0, 0, 0, 1], ['menu', 0, 25, 10, 4], ['hangup', 25, 30, 25, 1]]);
});

test('the variables are what was entered last', () => {
	assert.deepEqual(readVariables(readSets(readSteps(call))), [{ name: 'choice', module: 'menu', value: '2', by: 'dtmf', step: 5 }]);
});

test('what is set is told step by step, with the step that sets it', () => {
	assert.deepEqual(readSets(readSteps(call)).map(({ name, value, step: number }) => [name, value, number]), [['choice', '9', 3], ['choice', '2', 5]]);
});

test('classes are counted', () => {
	assert.deepEqual(countClasses(readSteps(call)), [['info', 1], ['prompt', 1], ['event', 3], ['error', 1]]);
});

test('a word is found in line, place and data, in either case', () => {
	const [one] = readSteps({ ...call, detail: [step(1, 'info', 'Line', 'Menu', 'Choice', { dtmf: 'ABC' })] });
	for (const word of ['line', 'MENU', 'choice', 'abc', 'info']) {
		assert.ok(stepHas(one, word), word);
	}
	assert.ok(!stepHas(one, 'other'));
});

test('the call as text has every step with its time and delay', () => {
	const text = callText(call, readSteps(call), 'UTC');
	assert.match(text, /^Call s1\n/);
	assert.match(text, /00:16:48 +\+8 s +event +User input: 9 \(dtmf\) +\[menu → choice\]/);
	assert.equal(text.match(/^ {2}00:1/gm).length, 6);
});

test('the scale has round steps, not too many, and begins at 0', () => {
	assert.deepEqual(ticksOf(10, 5), [0, 2, 4, 6, 8, 10]);
	for (const seconds of [1, 2, 9, 10, 59, 61, 600, 3600, 7 * 3600, 86400, 10 ** 9]) {
		const ticks = ticksOf(seconds);
		assert.equal(ticks[0], 0);
		assert.ok(ticks.length >= 2 && ticks.length <= 9 && ticks.at(-1) <= seconds, `${seconds}: ${ticks}`);
	}
});

test('steps that a tail tells stand from `first` on', () => {
	const step = (line, timestamp) => ({ class: 'info', timestamp, event: { line } });
	const held = { session_id: 'a', start: 100, end: 101, state: 'live', log: true, steps: 2, detail: [step('one', 100), step('two', 101)] };
	const taken = takeSteps(held, { session_id: 'a', first: 1, steps: [step('TWO', 105), step('three', 107)], end: 107 });
	assert.deepEqual(taken.detail.map(({ event }) => event.line), ['one', 'TWO', 'three']);
	assert.deepEqual([taken.steps, taken.end, taken.duration], [3, 107, 7]);
	assert.equal(held.detail.length, 2);
	assert.equal(takeSteps(held, { session_id: 'a', first: 3, steps: [], end: 107 }), null, 'the step before is not held');
	assert.equal(takeSteps({ ...held, detail: false, log: false }, { session_id: 'a', first: 0, steps: [step('one', 100)], end: 100 }).log, true);
});

test('a header that a tail tells leaves the steps; one that ends the call asks for them', () => {
	const held = { session_id: 'a', dest: '', start: 100, end: 101, state: 'live', log: true, steps: 1, detail: [{}] };
	const header = { ...held, dest: '2', steps: 7, detail: undefined };
	assert.deepEqual(takeCall(held, header), { ...held, dest: '2' });
	assert.equal(takeCall(held, { ...header, state: 'ended' }), null);
	assert.equal(takeCall(held, { ...header, log: false }), null);
});

test('what was collected is what a step says in so many words, and nothing else', () => {
	const of = (...lines) => readVariables(readSets(readSteps({ ...call, detail: lines.map(([kind, line, variable]) => step(1000, kind, line, 'module', variable)) })))
		.map(({ name, value }) => [name, value]);
	assert.deepEqual(of(['event', 'HTTP 200 in 42 ms', 'customer'], ['event', 'Invalid input: 3 (dtmf)', 'choice'], ['event', 'No input', 'pin'], ['event', 'Transfer answered', 'agent'],
		['prompt', 'User input: 1', 'said'], ['event', 'Disconnecting call', 'choice']), []);
	assert.deepEqual(of(['event', 'order_number: "123456", try 1', 'order_number'], ['debug', 'authenticated = true', 'authenticated'], ['event', 'Recording saved: 12 s', 'message']),
		[['order_number', '"123456", try 1'], ['authenticated', 'true'], ['message', '12 s']]);
	assert.deepEqual(of(['event', 'a+b = 1', 'a+b'], ['event', 'User input: 7 (dtmf)', 'digit'], ['event', 'User input: 8 (dtmf)', 'digit']), [['a+b', '1'], ['digit', '8']]);
});

test('a call that goes on has not ended yet', () => {
	assert.equal(endOf({ state: 'live', end: 0 }, 'UTC'), 'not yet');
	assert.equal(endOf({ state: 'ended', end: 0 }, 'UTC'), '1970-01-01 00:00:00');
});
