// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn, stage, withPage } from './browser.mjs';
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
