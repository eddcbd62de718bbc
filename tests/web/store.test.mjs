// SPDX-License-Identifier: MIT
// What changes the store, and what is seen of it: import, keys, live.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import { goTo, signIn, stage, totalOf, until, withPage } from './browser.mjs';

const held = stage((program) => program.record());

const now = Math.floor(Date.now() / 1000);
const call = (session_id, more = {}) => ({
	session_id, src: '6175550100', dest: '6175550199', type: 'inbound', start: now - 60, end: now - 30,
	detail: [{ timestamp: now - 60, class: 'info', event: { line: 'Dialled', data: { module_type: 'start', result_variable: '' } } }], ...more,
});
const line = (value) => `${JSON.stringify(value)}\n`;
const choose = (page, name, text) => page.locator('#files').setInputFiles({ name, mimeType: '', buffer: Buffer.from(text) });

test('a file is imported, what is refused is told by its line', withPage(held, { address: '#/import' }, async (page) => {
	await choose(page, 'calls.ndjson', line(call('web-1')) + line(call('web-2', { start: 'never' })) + line(call('web-3')) + '{"broken\n');
	const outcome = page.getByRole('region', { name: 'calls.ndjson' });
	await outcome.getByText('2 calls stored').waitFor();
	const rows = outcome.getByRole('region', { name: 'Refused calls' }).locator('tbody tr');
	assert.deepEqual(await rows.locator('td:first-child').allTextContents(), ['2', '4']);
	assert.match(await rows.first().textContent(), /web-2.*start/);
	await goTo(page, '#/calls?src=6175550100');
	assert.equal(await totalOf(page), 2);
}));

test('what will not be seen of a file is told', withPage(held, { address: '#/import' }, async (page) => {
	const aged = (session_id, days) => call(session_id, { src: '6175550101', start: now - days * 86400, end: now - days * 86400 + 5 });
	await choose(page, 'old.ndjson', line(aged('web-a', 40)) + line(aged('web-b', 50)) + line(aged('web-c', 400)) + line(aged('web-d', 1)));
	const outcome = page.getByRole('region', { name: 'old.ndjson' });
	await outcome.getByText('4 calls stored').waitFor();
	await outcome.getByText('1 call will not be seen: older than the account’s calls are kept.').waitFor();
	await outcome.getByText('2 calls will be seen without steps: older than these are kept.').waitFor();
	await goTo(page, '#/calls?src=6175550101');
	assert.equal(await totalOf(page), 3);
}));

test('a file is dropped, compressed', withPage(held, { address: '#/import' }, async (page) => {
	const bytes = [...gzipSync(JSON.stringify({ calls: [call('web-gz')] }))];
	await page.locator('.drop').evaluate((box, given) => {
		const transfer = new DataTransfer();
		transfer.items.add(new File([new Uint8Array(given)], 'answer.json.gz'));
		box.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
	}, bytes);
	await page.getByRole('region', { name: 'answer.json.gz' }).getByText('1 call stored').waitFor();
}));

test('a file that is none is told', withPage(held, { address: '#/import' }, async (page) => {
	await choose(page, 'picture.json', '\x89PNG not a call');
	const said = page.getByRole('region', { name: 'picture.json' }).getByRole('status');
	assert.match(await until(page, () => said.textContent(), (text) => !/sent|Storing/.test(text)), /\w/);
}));

test('a key is made, works, and is revoked', withPage(held, { key: 'admin', address: '#/keys' }, async (page, program) => {
	await page.getByLabel('Label').fill('wallboard');
	await page.getByRole('button', { name: 'Make a key' }).click();
	const key = await page.getByTestId('new-key').textContent();
	assert.deepEqual((await program.ask('/v1/account', { key })).scopes, ['read']);

	const row = page.getByRole('row').filter({ hasText: 'wallboard' });
	await row.getByRole('button', { name: 'Revoke wallboard' }).click();
	await row.getByRole('button', { name: 'Revoke for ever' }).click();
	await row.getByText(/^revoked/).waitFor();
	assert.equal((await program.ask('/v1/account', { key })).status, 401);
}));

test('keys that are too many for one answer come page by page', withPage(held, { key: 'admin', address: '#/keys' }, async (page, program) => {
	const { keys } = await program.ask('/v1/keys', { key: program.adminKey });
	await page.route(/\/v1\/keys(\?.*)?$/, (route) => {
		const second = route.request().url().endsWith('?cursor=7');
		return route.fulfill({ json: { keys: [{ ...keys[0], label: second ? 'the last' : 'the first' }], next: second ? null : '7' } });
	});
	await page.reload();
	await page.getByText('the first', { exact: true }).waitFor();
	await page.getByRole('button', { name: 'The next keys' }).click();
	await page.getByText('the last', { exact: true }).waitFor();
	assert.equal(await page.getByRole('button', { name: 'The next keys' }).isDisabled(), true);
	await page.getByRole('button', { name: 'The first keys' }).click();
	await page.getByText('the first', { exact: true }).waitFor();
}));

test('what a key may do stays chosen when making it fails', withPage(held, { key: 'admin', address: '#/keys' }, async (page) => {
	const [read, write] = [page.getByRole('checkbox', { name: /^read:/ }), page.getByRole('checkbox', { name: /^write:/ })];
	await page.route('**/v1/keys', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
	await page.getByLabel('Label').fill('the dialler');
	await read.uncheck();
	await write.check();
	await page.getByRole('button', { name: 'Make a key' }).click();
	await page.getByRole('alert').waitFor();
	assert.deepEqual([await read.isChecked(), await write.isChecked()], [false, true]);
	await page.unroute('**/v1/keys');
	await page.getByRole('button', { name: 'Make a key' }).click();
	await page.getByTestId('new-key').waitFor();
	await page.getByRole('alert').waitFor({ state: 'detached' });
	assert.deepEqual([await read.isChecked(), await write.isChecked()], [true, false]);
}));

test('a key without a scope shows no view that it may not use', withPage(held, { key: null }, async (page, program) => {
	await signIn(page, program.run(['key', 'add', '--scope', 'read']).trim());
	const views = page.getByRole('navigation', { name: 'Views' });
	assert.equal(await views.getByRole('link', { name: 'Keys' }).count(), 0);
	assert.equal(await views.getByRole('link', { name: 'Import' }).count(), 0);
	await goTo(page, '#/keys');
	await page.getByRole('alert').waitFor();
}));
