// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSight, MAX_HEIGHT, PAGE, pagesOf, ROW_HEIGHT, scrollHeight, scrollOf, topOf, topThatShows } from '../src/rows.js';

const HEIGHT = 20 * ROW_HEIGHT;
const totals = [0, 1, 19, 20, 21, 1000, 166_666, 166_667, 1_000_000, 100_000_000];

test('no list is higher than browsers can make an element', () => {
	assert.equal(scrollHeight(10), 10 * ROW_HEIGHT);
	for (const total of totals) {
		assert.ok(scrollHeight(total) <= MAX_HEIGHT);
	}
});

test('the bar at its top shows the first row, at its end the last one', () => {
	for (const total of totals) {
		assert.equal(topOf(0, total, HEIGHT), 0);
		const end = Math.max(0, scrollHeight(total) - HEIGHT);
		const [first, last] = inSight(topOf(end, total, HEIGHT), total, HEIGHT);
		assert.equal(last, total);
		assert.ok(first >= 0 && last - first <= 20 + 9);
	}
});

test('every row can be scrolled to, and the bar stands where it then should', () => {
	for (const total of totals.filter((one) => one > 20)) {
		for (let top = 0; top <= total - 20; top += Math.max(1, Math.floor(total / 997))) {
			assert.ok(Math.abs(topOf(scrollOf(top, total, HEIGHT), total, HEIGHT) - top) < 1e-6 * total + 1e-9, `${top} of ${total}`);
		}
	}
});

test('a list that fits does not scroll', () => {
	for (const total of [0, 1, 20]) {
		assert.equal(scrollOf(0, total, HEIGHT), 0);
		assert.equal(topOf(5, total, HEIGHT), 0);
	}
});

test('a row that is chosen comes wholly into sight, and what is in sight does not move', () => {
	assert.equal(topThatShows(3, 10, HEIGHT), 3);
	assert.equal(topThatShows(15, 10, HEIGHT), 10);
	for (const row of [29, 30, 31, 100]) {
		const top = topThatShows(row, 10, HEIGHT);
		assert.ok(top <= row && row + 1 <= top + HEIGHT / ROW_HEIGHT, `${row}`);
	}
});

test('the pages of rows', () => {
	assert.deepEqual(pagesOf(0, 1), [0]);
	assert.deepEqual(pagesOf(PAGE - 1, PAGE + 1), [0, 1]);
	assert.deepEqual(pagesOf(PAGE, 2 * PAGE), [1]);
	assert.deepEqual(pagesOf(5, 5), []);
});
