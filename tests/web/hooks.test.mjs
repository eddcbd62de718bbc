// SPDX-License-Identifier: MIT
// Hooks in the page: made, tested, told, refused and sent again, turned off, removed.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { goTo, stage, until, withPage } from './browser.mjs';
import { now } from './calls.mjs';

const held = stage(() => {}, ['--hook-private']);

/* A receiver that keeps what comes, and says what it is told to. */
async function receive(use) {
	const receiver = { came: [], status: 204 };
	const server = createServer(async (request, response) => {
		let body = '';
		for await (const part of request) {
			body += part;
		}
		receiver.came.push({ headers: request.headers, body, document: JSON.parse(body) });
		response.writeHead(receiver.status).end();
	});
	await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
	try {
		await use(`http://127.0.0.1:${server.address().port}/calls`, receiver);
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

const types = (receiver) => receiver.came.map(({ document }) => document.type);

test('a hook is made, tested, told, sent again and removed', withPage(held, { key: 'admin', address: '#/hooks' }, (page, program) => receive(async (url, receiver) => {
	await page.getByText('Nobody is told of calls yet.').waitFor();
	await page.getByRole('textbox', { name: 'Name' }).fill('wallboard');
	await page.getByLabel('Address').fill(url);
	await page.getByLabel('Only calls with').fill('dest=3001');
	await page.getByRole('button', { name: 'Make a hook' }).click();
	const secret = await page.getByTestId('new-secret').textContent();
	assert.match(secret, /^whsec_/);

	await page.getByRole('button', { name: 'Test wallboard' }).click();
	await until(page, () => types(receiver), (came) => came.length === 1);
	const { headers, body } = receiver.came[0];
	const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
	assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64')}`);

	receiver.status = 422;
	program.import([{ session_id: 'refused', src: '3002', dest: '3001', type: 'inbound', start: now() - 60, end: now() - 30, detail: false },
		{ session_id: 'other', src: '3002', dest: '3009', type: 'inbound', start: now() - 60, end: now() - 30, detail: false }]);
	await page.getByRole('button', { name: '1 failures of wallboard' }).click();
	await page.getByRole('row').filter({ hasText: 'refused' }).waitFor();
	receiver.status = 200;
	await page.getByRole('button', { name: 'Send all again' }).click();
	await until(page, () => types(receiver), (came) => came.length === 3);
	assert.deepEqual(types(receiver), ['test', 'call.ended', 'call.ended']);

	await page.getByRole('button', { name: 'Turn wallboard off' }).click();
	await page.getByRole('button', { name: 'Turn wallboard on' }).waitFor();
	await page.getByRole('button', { name: 'Remove wallboard' }).click();
	await page.getByRole('button', { name: 'Remove for ever' }).click();
	await page.getByText('Nobody is told of calls yet.').waitFor();
})));

test('what is wrong with a hook is said, and what was typed stays', withPage(held, { key: 'admin', address: '#/hooks' }, async (page, program) => {
	await page.getByLabel('Address').fill('https://example.org/');
	await page.getByLabel('When').selectOption('threshold');
	await page.getByLabel('More than').fill('5');
	await page.getByLabel('Only calls with').fill('clas=error');
	await page.getByRole('button', { name: 'Make a hook' }).click();
	assert.match(await page.getByRole('alert').textContent(), /did you mean 'class'/);
	await page.getByLabel('Only calls with').fill('class=error');
	await page.getByRole('button', { name: 'Make a hook' }).click();
	await page.getByTestId('new-secret').waitFor();
	const { hooks } = await program.ask('/v1/hooks', { key: program.adminKey });
	assert.deepEqual([hooks[0].event, hooks[0].more_than, hooks[0].window, hooks[0].filter], ['threshold', 5, 300, 'class=error']);
	program.run(['hook', 'remove', String(hooks[0].id)]);
	await goTo(page, '#/calls');
}));
