// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, signIn, stage, withPage } from './browser.mjs';
import { email } from './program.mjs';

const held = stage((program) => program.record());

test('a wrong key is told at the form', withPage(held, { key: null }, async (page) => {
	await page.getByLabel('E-mail').fill(email);
	await page.getByLabel('Key', { exact: true }).fill('not-the-key');
	await page.getByRole('button', { name: 'Sign in' }).click();
	assert.match(await page.getByRole('alert').textContent(), /key|credential|e-mail|authentic/i);
	assert.equal(await page.getByRole('navigation', { name: 'Views' }).count(), 0);
}));

test('the right key leads to where the address says, and stays in the tab', withPage(held, { key: null, address: '#/statistics?group=type' }, async (page, program) => {
	await signIn(page, program.key);
	await page.getByRole('heading', { name: 'Statistics' }).waitFor();
	assert.ok(!page.url().includes(program.key));
	assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie).then((kept) => kept.includes('"key"')), false);

	await page.reload();
	await page.getByRole('heading', { name: 'Statistics' }).waitFor();
	const other = await page.context().newPage();
	await other.goto(`${page.origin}/`);
	await other.getByLabel('E-mail').waitFor();
}));

test('signing out forgets the key', withPage(held, {}, async (page) => {
	await page.getByText(email).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByLabel('E-mail').waitFor();
	assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}));

test('a key that is revoked meanwhile leads back to the form', withPage(held, { key: null }, async (page, program) => {
	const key = program.run(['key', 'add', '--label', 'lost']).trim();
	await signIn(page, key);
	const { keys } = await program.ask('/v1/keys', { key: program.adminKey });
	program.run(['key', 'revoke', String(keys.find(({ label }) => label === 'lost').id)]);
	await page.reload();
	await page.getByLabel('E-mail').waitFor();
}));

/* The form, with the tick at Stay signed in. */
async function stay(page, key) {
	await page.getByLabel('Stay signed in on this computer').check();
	await signIn(page, key);
}

const view = (page, name) => page.getByRole('heading', { name, exact: true }).waitFor();

test('who stays signed in is so in a new tab, and after the browser was closed', withPage(held, { key: null, address: '#/statistics?group=type' }, async (page, program) => {
	await stay(page, program.key);
	await view(page, 'Statistics');
	const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
	assert.ok(!kept.includes(program.key) && !kept.includes('cs_'), 'no script reads a key or the secret');
	const [cookie] = await page.context().cookies();
	assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ['callstep-session', true, 'Strict']);

	const other = await page.context().newPage();
	await other.goto(`${page.origin}/#/dropoff`);
	await view(other, 'Drop-off');
	await other.goto(`${page.origin}/docs`);
	await other.getByText(email).first().waitFor();
}));

test('what the page does works without a key: filters, import, following', withPage(held, { key: null }, async (page, program) => {
	await stay(page, program.adminKey);
	await page.locator('.table-row a').first().waitFor();
	await goTo(page, '#/import');
	const line = JSON.stringify({ dest: '1', src: '2', start: 7, end: 8, session_id: 'by-cookie', type: 'inbound', detail: false });
	await page.locator('input[type=file]').setInputFiles({ name: 'one.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(line) });
	await page.getByText(/1 call/).first().waitFor();
	await goTo(page, '#/live');
	await page.getByText('Connected').or(page.getByText('Following')).or(page.locator('.live')).first().waitFor();
	await goTo(page, '#/keys');
	await page.getByLabel('Label').fill('for ever');
	await page.getByRole('button', { name: 'Make a key' }).click();
	await page.getByRole('alert').filter({ hasText: 'this needs the key itself' }).waitFor();
}));

test('signing out in one tab ends it in all, and with the server', withPage(held, { key: null }, async (page, program) => {
	await stay(page, program.key);
	const other = await page.context().newPage();
	await other.goto(`${page.origin}/#/places`);
	await view(other, 'Where time goes');
	const ended = page.waitForResponse((answer) => answer.request().method() === 'DELETE');
	await page.getByText(email).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	assert.equal((await ended).status(), 204);
	await other.getByLabel('E-mail').waitFor();
	assert.deepEqual(await page.context().cookies(), []);
	await page.reload();
	await page.getByLabel('E-mail').waitFor();
}));

test('sessions are listed and ended from elsewhere; the link leads where it pointed after the next sign-in', withPage(held, { key: null, address: '#/places' }, async (page, program) => {
	await stay(page, program.key);
	await view(page, 'Where time goes');
	const id = /^(\d+)/.exec(program.run(['session', 'list']).trim().split('\n').at(-1))[1];
	await page.getByText(email).click();
	await page.getByRole('link', { name: 'Where you stay signed in' }).click();
	await page.getByRole('row', { name: /Chrome on Linux, this one/ }).waitFor();
	program.run(['session', 'end', id]);
	await goTo(page, '#/statistics?group=type');
	await page.getByRole('alert').filter({ hasText: 'You are no longer signed in on this computer' }).waitFor();
	await signIn(page, program.key);
	await view(page, 'Statistics');
}));
