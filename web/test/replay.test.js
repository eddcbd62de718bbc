// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONG_WAIT_S, Player, readPace, secondsAt, SHORT_WAIT_S, SPEEDS, stepsAt } from '../src/replay.js';

const callOf = (duration, ...offsets) => [{ duration }, offsets.map((offset, index) => ({ number: index + 1, offset }))];
const [call, steps] = callOf(70, 0, 2, 6, 7, 13, 67);
const pace = readPace(call, steps, false);

test('at its own pace a call takes as long as it took, and each step comes at its second', () => {
	assert.deepEqual(pace.seconds, [0, 0, 2, 6, 7, 13, 67, 70]);
	assert.deepEqual(pace.at, pace.seconds);
	assert.deepEqual([pace.waits, pace.left], [[], 0]);
	assert.deepEqual([0, 1.9, 2, 66.9, 67, 70].map((at) => stepsAt(pace, at)), [1, 1, 2, 5, 6, 6]);
	assert.equal(secondsAt(pace, 40.5), 40.5);
});

test('a long wait is shortened, the others are not, and what is left out is known', () => {
	const short = readPace(call, steps, true);
	assert.deepEqual(short.waits, [5]);
	assert.equal(short.left, 54 - SHORT_WAIT_S);
	assert.deepEqual(short.at, [0, 0, 2, 6, 7, 13, 13 + SHORT_WAIT_S, 16 + SHORT_WAIT_S]);
	assert.equal(secondsAt(short, 13 + SHORT_WAIT_S / 2), 40);
	const [just, two] = callOf(LONG_WAIT_S, 0);
	assert.deepEqual(readPace(just, two, true).waits, []);
});

test('steps of one second come one after the other within it, whatever the log does', () => {
	const [same, ones] = callOf(2, 0, 1, 1, 1, 1, 2, 2);
	assert.deepEqual(readPace(same, ones, false).seconds, [0, 0, 1, 1.25, 1.5, 1.75, 2, 2.5, 2.5]);
	for (const offsets of [[5, 3, 3, 9], [-4, -4, 0, 0], [0], [100, 100, 100]]) {
		const { seconds, at } = readPace(...callOf(6, ...offsets), true);
		assert.equal(seconds.length, offsets.length + 2);
		assert.ok(at.slice(2, -1).every((one, index) => one > at[index + 1]), `${offsets}: ${at}`);
		assert.ok(seconds.at(-1) >= 6);
	}
	const [none, no] = callOf(9);
	assert.deepEqual([stepsAt(readPace(none, no, false), 5), secondsAt(readPace(none, no, false), 5)], [0, 5]);
});

test('time passes by the speed, to the end, where it pauses', () => {
	for (const speed of SPEEDS) {
		const player = new Player(pace, { speed });
		player.play();
		player.tick(500);
		assert.equal(player.seconds, speed / 2);
		player.pause();
		player.tick(500);
		assert.equal(player.seconds, speed / 2, 'a pause stands still');
		player.play();
		player.tick(70_000);
		assert.deepEqual([player.seconds, player.number, player.playing], [70, 6, false]);
		player.play();
		assert.deepEqual([player.seconds, player.playing], [0, true], 'from the begin again');
	}
});

test('a step on, a step back; within a wait, back is where it began; behind the last step is the end', () => {
	const player = new Player(pace, { number: 4 });
	assert.deepEqual([player.number, player.seconds], [4, 7]);
	player.play();
	player.step(1);
	assert.deepEqual([player.number, player.playing], [5, false]);
	player.seek(40);
	player.step(-1);
	assert.deepEqual([player.number, player.seconds], [5, 13]);
	player.step(-1);
	assert.equal(player.number, 4);
	[1, 1, 1, 1].forEach(() => player.step(1));
	assert.deepEqual([player.number, player.seconds], [6, 70]);
	[1, 2, 3, 4, 5, 6, 7, 8].forEach(() => player.step(-1));
	assert.deepEqual([player.number, player.seconds], [1, 0]);
});

test('every step is reached by keys, forth and back, where many come in one second', () => {
	const player = new Player(readPace(...callOf(1, 0, 0, 0, 1, 1, 1), false));
	const forth = Array.from({ length: 5 }, () => (player.step(1), player.number));
	const back = Array.from({ length: 5 }, () => (player.step(-1), player.number));
	assert.deepEqual([forth, back], [[2, 3, 4, 5, 6], [5, 4, 3, 2, 1]]);
});

test('slower and faster end at the slowest and the fastest', () => {
	const player = new Player(pace);
	const speeds = [1, 1, 1, 1, -1, -1, -1, -1].map((by) => (player.faster(by), player.speed));
	assert.deepEqual(speeds, [2, 10, 60, 60, 10, 2, 1, 1]);
});

test('waits that are shortened, or no longer, leave the call where it is', () => {
	const player = new Player(pace);
	player.seek(40);
	player.take(readPace(call, steps, true));
	assert.deepEqual([player.number, player.seconds, player.hurries], [5, 40, true]);
	player.take(pace);
	assert.deepEqual([player.at, player.hurries], [40, false]);
});

test('who watches is told of every moment, or calmly of steps alone', () => {
	for (const [calm, told] of [[false, 4], [true, 1]]) {
		const player = new Player(pace, { calm });
		player.play();
		let count = 0;
		const end = player.watch(() => { count++; });
		[500, 500, 500, 500].forEach((ms) => player.tick(ms));
		assert.deepEqual([count, player.number, player.seconds], [told, 2, 2]);
		end();
		player.pause();
		assert.equal(count, told);
	}
});
