// SPDX-License-Identifier: MIT
// The rows of a question against a server that is a list: newest first, cursors that neither repeat nor skip, offsets that move.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neighbour, remember, Result } from '../src/result.js';
import { PAGE } from '../src/rows.js';

class Server {
	constructor(count) {
		this.calls = Array.from({ length: count }, (_, index) => ({ session_id: `s${count - index}` }));
		this.asked = [];
	}

	arrive(count) {
		const { length } = this.calls;
		this.calls.unshift(...Array.from({ length: count }, (_, index) => ({ session_id: `s${length + count - index}` })));
	}

	ask = async (path) => {
		this.asked.push(path);
		const query = new URLSearchParams(path.split('?')[1]);
		if (this.down) {
			throw new Error('no answer');
		}
		const first = query.has('cursor') ? this.calls.findIndex((call) => call.session_id === query.get('cursor')) + 1 : Number(query.get('offset'));
		const calls = this.calls.slice(first, first + Number(query.get('limit')));
		return { calls, total_calls: this.calls.length, next: first + calls.length < this.calls.length && calls.length > 0 ? calls.at(-1).session_id : null };
	};
}

const sessions = (result, first, last) => Array.from({ length: last - first }, (_, index) => result.row(first + index)?.session_id);

test('rows come by pages, each asked for once', async () => {
	const server = new Server(1000);
	let changes = 0;
	const result = new Result({ dest: '1' }, () => changes++, { ask: server.ask });
	await result.want(0, 30);
	await result.want(10, 40);
	assert.equal(result.total, 1000);
	assert.equal(result.row(0).session_id, 's1000');
	assert.equal(result.row(PAGE), undefined);
	assert.deepEqual(server.asked, [`/v1/calls?dest=1&limit=${PAGE}&offset=0`]);
	assert.equal(changes, 1);
});

test('going down while calls arrive neither repeats nor skips a row', async () => {
	const server = new Server(1000);
	const result = new Result({}, () => {}, { ask: server.ask });
	await result.want(0, 1);
	for (let page = 1; page < 5; page++) {
		server.arrive(7);
		await result.want(page * PAGE, page * PAGE + 1);
	}
	assert.deepEqual(sessions(result, 0, 1000), Array.from({ length: 1000 }, (_, index) => `s${1000 - index}`));
	assert.equal(result.total, 1000);
});

test('a jump after calls arrived shows rows that lie where they are now, and none of those held before', async () => {
	const server = new Server(1000);
	const result = new Result({}, () => {}, { ask: server.ask });
	await result.want(0, 1);
	server.arrive(10);
	await result.want(600, 601);
	assert.equal(result.total, 1010);
	assert.equal(result.row(600).session_id, 's410');
	assert.equal(result.row(0), undefined);
	await result.want(0, 1);
	assert.equal(result.row(0).session_id, 's1010');
});

test('a million rows are not held: the pages used last are', async () => {
	const server = new Server(200 * PAGE);
	const result = new Result({}, () => {}, { ask: server.ask });
	for (let page = 0; page < 200; page++) {
		await result.want(page * PAGE, page * PAGE + 1);
	}
	assert.ok(result.pages.size <= 60 && result.cursors.size <= 61);
	assert.equal(result.row(0), undefined);
	assert.ok(result.row(199 * PAGE));
});

test('a page that failed is not asked for again by itself, and is when asked to', async () => {
	const server = new Server(1000);
	const result = new Result({}, () => {}, { ask: server.ask });
	await result.want(0, 1);
	server.down = true;
	await result.want(400, 401);
	await result.want(400, 401);
	assert.equal(server.asked.length, 2);
	assert.equal(result.problem.message, 'no answer');
	server.down = false;
	result.retry();
	await result.want(400, 401);
	assert.equal(result.row(400).session_id, 's600');
	assert.equal(result.problem, null);
});

test('the next and the previous call are those of the list, across pages, and end with it', async () => {
	const result = new Result({}, () => {}, { ask: new Server(PAGE + 1).ask });
	await result.want(PAGE - 1, PAGE);
	remember(result, PAGE - 1, '#/calls');
	assert.equal(await neighbour('another', 1), null);
	assert.equal(await neighbour('s2', 1), 's1');
	assert.equal(await neighbour('s1', 1), null);
	assert.equal(await neighbour('s1', -1), 's2');
});

test('another order is the server\'s, page by page, as far as it goes', async () => {
	const asked = [];
	const ask = async (path) => {
		asked.push(new URLSearchParams(path.split('?')[1]));
		return { calls: [{ session_id: 'a' }], total_calls: 25000, next: null };
	};
	const result = new Result({ dest: '7' }, () => {}, { order: '-duration', ask });
	await result.want(0, 1);
	assert.deepEqual([result.total, result.reach, result.span(0, 1)], [25000, 10000, null]);
	await result.want(9999, 10000);
	assert.deepEqual(asked.map((query) => [query.get('order'), query.get('dest'), Number(query.get('offset')) + Number(query.get('limit')) <= 10000]), [['-duration', '7', true], ['-duration', '7', true]]);
});

test('the oldest first are the same calls from the end, to the last page, and stay right while calls arrive', async () => {
	const server = new Server(1010);
	const result = new Result({}, () => {}, { order: 'oldest', ask: server.ask });
	await result.want(0, 1010);
	assert.deepEqual(sessions(result, 0, 1010), Array.from({ length: 1010 }, (_, index) => `s${index + 1}`));
	assert.deepEqual(result.span(1000, 1010), { offset: 0, limit: 10 });
	result.pages.delete(2);
	server.arrive(3);
	await result.want(2 * PAGE, 2 * PAGE + 1);
	assert.deepEqual([result.total, result.row(2 * PAGE).session_id, result.row(0)], [1013, `s${2 * PAGE + 1}`, undefined]);
	await result.want(1000, 1013);
	assert.deepEqual(sessions(result, 1009, 1014), ['s1010', 's1011', 's1012', 's1013', undefined]);
	const empty = new Result({}, () => {}, { order: 'oldest', ask: new Server(0).ask });
	await empty.want(0, 1);
	assert.equal(empty.total, 0);
});
