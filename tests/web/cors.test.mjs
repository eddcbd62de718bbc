// SPDX-License-Identifier: MIT
// A page of another origin, in a real browser: with --cors-origins it asks with its key, otherwise the browser keeps the answer from it.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { options } from './browser.mjs';
import { email, Program } from './program.mjs';

const held = {};
before(async () => {
	held.wall = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Wall</title>'));
	await new Promise((listening) => held.wall.listen(0, '127.0.0.1', listening));
	held.origin = `http://127.0.0.1:${held.wall.address().port}`;
	held.program = new Program();
	held.program.generate(5);
	[held.browser] = await Promise.all([chromium.launch(options), held.program.serve(['--cors-origins', held.origin])]);
});
after(async () => {
	await held.browser?.close();
	held.wall.close();
	await held.program?.stop();
});

/* What a page at @from gets. */
async function askFrom(from, path, init) {
	const context = await held.browser.newContext();
	try {
		const page = await context.newPage();
		await page.goto(from);
		return await page.evaluate(async ([to, more]) => {
			try {
				const answer = await fetch(to, more);
				return { status: answer.status, total: answer.headers.get('X-Total-Calls'), text: await answer.text() };
			} catch (problem) {
				return { problem: problem.name };
			}
		}, [held.program.origin + path, init]);
	} finally {
		await context.close();
	}
}

test('a page of a named origin asks with its key, and reads the total', async () => {
	const headers = { Authorization: `Basic ${Buffer.from(`${email}:${held.program.key}`).toString('base64')}` };
	const answer = await askFrom(held.origin, '/v1/calls?limit=2', { headers });
	assert.deepEqual([answer.status, answer.total, JSON.parse(answer.text).calls.length], [200, '5', 2]);
	assert.equal((await askFrom(held.origin, '/v1/calls', {})).status, 401);
	const posted = await askFrom(held.origin, '/v1/calls', { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: '{"calls":[]}' });
	assert.equal(posted.status, 200);
});

test('it has no session, and a page of an origin that is not named gets nothing', async () => {
	assert.deepEqual(await askFrom(held.origin, '/v1/account', { credentials: 'include', headers: { 'Callstep-Session': '1' } }), { problem: 'TypeError' });
	const stranger = held.origin.replace('127.0.0.1', 'localhost');
	assert.deepEqual(await askFrom(stranger, '/v1/calls', { headers: { Authorization: 'Basic eA==' } }), { problem: 'TypeError' });
	assert.deepEqual(await askFrom(stranger, '/healthz', {}), { problem: 'TypeError' });
});
