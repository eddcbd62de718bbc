// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDED_KEPT, KEPT, LINGER_MS, LiveCalls } from '../src/live_calls.js';

const step = (line) => ({ class: 'event', timestamp: 100, event: { line, data: {} } });

function call(session, more = {}) {
	const detail = more.detail ?? [];
	return { session_id: session, src: '1', dest: '2', type: 'inbound', start: 100, end: 110, state: 'live', steps: detail.length, detail, ...more };
}

const told = (calls, type, data, now = 0) => calls.told({ type, data }, now);
const look = (calls, ...listed) => calls.look({ calls: listed, total_calls: listed.length });
const sessions = (calls) => calls.snapshot().calls.map((row) => row.session_id);
const lastOf = (calls, session) => calls.snapshot().calls.find((row) => row.session_id === session).last?.line;

test('calls that go on are listed, the newest first, with their last step', () => {
	const calls = new LiveCalls();
	look(calls, call('a', { detail: [step('one'), step('two')] }), call('b', { start: 200 }));
	told(calls, 'call', call('c', { start: 150 }));
	assert.deepEqual(sessions(calls), ['b', 'c', 'a']);
	assert.equal(lastOf(calls, 'a'), 'two');
	assert.equal(lastOf(calls, 'b'), undefined);
	assert.equal(calls.snapshot().total, 3);
});

test('steps stand from `first` on, instead of all that stood there and behind', () => {
	const calls = new LiveCalls();
	look(calls, call('a', { detail: [step('one'), step('two'), step('three')] }));
	told(calls, 'step', { session_id: 'a', first: 1, steps: [step('TWO')], end: 120 });
	const [row] = calls.snapshot().calls;
	assert.deepEqual([row.steps, row.last.line, row.end], [2, 'TWO', 120]);
	told(calls, 'step', { session_id: 'a', first: 2, steps: [], end: 120 });
	assert.equal(lastOf(calls, 'a'), 'TWO');
	told(calls, 'step', { session_id: 'a', first: 1, steps: [], end: 100 });
	assert.equal(lastOf(calls, 'a'), undefined, 'which one is the last now was not told');
	told(calls, 'step', { session_id: 'unknown', first: 0, steps: [step('x')], end: 1 });
	assert.deepEqual(sessions(calls), ['a']);
});

test('a call that ends stays a while, then stands among those that ended; one that has the focus waits', () => {
	const calls = new LiveCalls();
	look(calls, call('a'), call('b'));
	told(calls, 'call', call('a', { state: 'ended' }), 1000);
	told(calls, 'call', call('b', { state: 'ended' }), 1000);
	calls.expire(1000 + LINGER_MS - 1);
	assert.equal(calls.snapshot().total, 0);
	assert.deepEqual(sessions(calls), ['b', 'a']);
	calls.expire(1000 + LINGER_MS, 'b');
	assert.deepEqual(sessions(calls), ['b']);
	assert.deepEqual(calls.snapshot().ended.map((entry) => entry.call.session_id), ['a']);
	calls.expire(1000 + LINGER_MS, undefined);
	assert.deepEqual(sessions(calls), []);
});

test('a call that goes on again is in progress, and nowhere else', () => {
	const calls = new LiveCalls();
	told(calls, 'call', call('a', { state: 'ended' }));
	assert.equal(calls.snapshot().ended.length, 1);
	told(calls, 'call', call('a'));
	assert.deepEqual(sessions(calls), ['a']);
	assert.equal(calls.snapshot().ended.length, 0);
});

test('a look takes away what goes on no longer, and leaves the last step where it has none', () => {
	const calls = new LiveCalls();
	look(calls, call('a', { detail: [step('one')] }), call('b'));
	look(calls, { ...call('a'), detail: undefined, steps: 1 });
	assert.deepEqual(sessions(calls), ['a']);
	assert.equal(lastOf(calls, 'a'), 'one');
});

test('no more is held than is shown', () => {
	const calls = new LiveCalls();
	for (let index = 0; index < KEPT + 50; index++) {
		told(calls, 'call', call(`live-${index}`, { start: index }));
		told(calls, 'call', call(`ended-${index}`, { start: index, state: 'ended' }));
	}
	const shown = calls.snapshot();
	assert.equal(shown.calls.length, KEPT);
	assert.equal(shown.calls.at(-1).session_id, 'live-50');
	assert.ok(shown.total > KEPT);
	assert.equal(shown.ended.length, ENDED_KEPT);
	assert.ok(shown.endedMore);
	calls.look({ calls: [], total_calls: 0 });
	assert.equal(calls.snapshot().total, 0);
});

test('what was missed is told among those that ended', () => {
	const calls = new LiveCalls();
	told(calls, 'gap', { after: 7 });
	told(calls, 'call', call('a', { state: 'ended' }));
	assert.deepEqual(calls.snapshot().ended.map((entry) => entry.gap ?? entry.call.session_id), ['a', 7]);
});
