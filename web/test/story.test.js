// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSteps } from '../src/steps.js';
import { storyOf } from '../src/story.js';
import { formatLength } from '../src/time.js';
import { longestWait, readWaits, sumWaits } from '../src/waits.js';

const at = (timestamp, kind, line, module, variable = '') => ({ timestamp, class: kind, event: { line, data: { module_type: module, result_variable: variable } } });

function callOf(detail, more = {}) {
	return { start: 1000, end: detail.at(-1).timestamp, state: 'ended', outcome: null, answered: null, talk: null, ended_by: null, detail, ...more };
}

function kindsOf(call) {
	return readWaits(call, readSteps(call)).map(({ kind, seconds }) => `${kind} ${seconds}`);
}

const GIVEN_UP = callOf([
	at(1000, 'info', 'Executing application "Orders"', 'start'),
	at(1000, 'prompt', 'For orders, press 1.', 'menu', 'main_menu'),
	at(1006, 'event', 'Invalid input: 8 (dtmf)', 'menu', 'main_menu'),
	at(1006, 'prompt', 'For orders, press 1.', 'menu', 'main_menu'),
	at(1010, 'event', 'Invalid input: 3 (dtmf)', 'menu', 'main_menu'),
	at(1010, 'prompt', 'That is not a choice.', 'menu', 'main_menu'),
	at(1064, 'event', 'Disconnecting call', 'menu', 'main_menu'),
], { outcome: 'abandoned', ended_by: 'caller' });

test('a call is told in one sentence', () => {
	assert.equal(storyOf(GIVEN_UP, readSteps(GIVEN_UP)), 'Gave up in main_menu after 2 wrong inputs; waited 54 s; the caller hung up.');
	assert.equal(storyOf({ ...GIVEN_UP, detail: false }, []), 'Gave up; the caller hung up.');
	const answered = { ...GIVEN_UP, detail: false, outcome: 'answered', answered: 1012, talk: 125, ended_by: 'called' };
	assert.equal(storyOf(answered, []), 'A person answered after 12 s; talked 2 min 5 s; the called side hung up.');
	assert.equal(storyOf({ ...GIVEN_UP, detail: false, outcome: null, ended_by: null }, []), 'Ended, nobody knows where.');
	assert.equal(storyOf({ ...GIVEN_UP, state: 'live', outcome: null }, readSteps(GIVEN_UP).slice(0, 3)), 'Goes on in main_menu after 1 wrong input; waited 6 s.');
});

test('each wait of three seconds and more has its kind', () => {
	assert.deepEqual(kindsOf(GIVEN_UP), ['caller 6', 'caller 4', 'silence 54']);
	assert.deepEqual(kindsOf(callOf([
		at(1000, 'prompt', 'Welcome.', 'prompt', 'welcome'),
		at(1005, 'info', 'Executing REST request GET https://api.example.com/', 'rest', 'customer'),
		at(1012, 'event', 'HTTP 200 in 7000 ms', 'rest', 'customer'),
		at(1012, 'event', 'Entering queue Sales', 'queue', 'sales'),
		at(1012, 'prompt', 'You are the next.', 'queue', 'sales'),
		at(1042, 'event', 'Leaving queue after 30 s', 'queue', 'sales'),
		at(1042, 'event', 'Transferring call to 6177129000', 'transfer', 'agent'),
		at(1052, 'event', 'Transfer answered', 'transfer', 'agent'),
		at(1112, 'event', 'Transfer ended after 60 s', 'transfer', 'agent'),
		at(1114, 'event', 'Disconnecting call', 'transfer', 'agent'),
	])), ['prompt 5', 'backend 7', 'queue 30', 'ringing 10', 'talk 60']);
	assert.deepEqual(kindsOf(callOf([at(1000, 'prompt', 'Please enter your number.', 'digits', 'account'), at(1008, 'event', 'No input', 'digits', 'account')])), ['silence 8']);
	assert.deepEqual(kindsOf(callOf([at(1000, 'prompt', 'Goodbye.', 'prompt', 'bye'), at(1003, 'event', 'Disconnecting call', 'prompt', 'bye')], { outcome: 'completed' })), ['prompt 3']);
	assert.deepEqual(kindsOf(callOf([at(1000, 'event', 'Hung up by the caller', 'hangup')], { end: 1010 })), [], 'behind a hang-up nobody waits');
});

test('a talk that a call has, without steps that tell of it, is not a wait', () => {
	const call = callOf([at(1000, 'event', 'Calling 203', 'Dial'), at(1010, 'event', '203 answered', 'Dial'), at(1100, 'event', 'Hung up', 'hangup')], { answered: 1010, talk: 90 });
	assert.deepEqual(kindsOf(call), ['ringing 10', 'talk 90']);
	assert.equal(longestWait(readWaits(call, readSteps(call))).seconds, 10);
});

test('waits are summed by kind, each with what ended it', () => {
	const waits = readWaits(GIVEN_UP, readSteps(GIVEN_UP));
	assert.deepEqual(sumWaits(waits), [['caller', 10], ['silence', 54]]);
	assert.deepEqual(longestWait(waits), { from: 6, to: 7, begin: 10, seconds: 54, kind: 'silence', cause: 'Disconnecting call' });
	const open = callOf([at(1000, 'prompt', 'Hello?', 'menu')], { end: 1030 });
	assert.equal(readWaits(open, readSteps(open))[0].cause, 'the end of the call');
	assert.deepEqual(readWaits({ ...open, state: 'live' }, readSteps(open)), [], 'of a call that goes on, nobody knows what comes');
});

test('a length reads well within a sentence', () => {
	assert.deepEqual([0, 54, 60, 125, 3600, 3780].map(formatLength), ['0 s', '54 s', '1 min', '2 min 5 s', '1 h', '1 h 3 min']);
});
