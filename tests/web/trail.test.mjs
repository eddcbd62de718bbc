// SPDX-License-Identifier: MIT
// Who did what, and how long calls are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actions } from '../../web/src/audit.js';
import { goTo, stage, until, withPage } from './browser.mjs';
import { now, wrongPin } from './calls.mjs';
import { email } from './program.mjs';

const DAY = 86400;

const held = stage((program) => {
	program.import([wrongPin('new', now() - 60), wrongPin('leaves-steps', now() - 4.5 * DAY), wrongPin('over', now() - 6 * DAY), wrongPin('leaves', now() - 9.5 * DAY)]);
	program.run(['account', 'set', email, '--keep-detail', '5', '--keep-headers', '10', '--yes']);
	for (let made = 0; made < 101; made++) {
		program.run(['key', 'list']);
	}
});

const rows = (page) => page.getByRole('region', { name: 'Records' }).locator('tbody tr');

test('the audit trail is shown newest first, by action and window, page by page', withPage(held, { key: 'admin', address: '#/audit?action=list-keys' }, async (page) => {
	await rows(page).first().waitFor();
	assert.equal(await rows(page).count(), 100);
	await page.getByRole('button', { name: 'Older records' }).click();
	await page.waitForURL(/cursor=/);
	await until(page, () => rows(page).count(), (count) => count >= 1 && count < 100);
	await page.reload();
	await until(page, () => rows(page).count(), (count) => count >= 1 && count < 100);
	await page.getByLabel('Action').selectOption('make-key');
	await page.waitForURL((url) => /action=make-key/.test(url.hash) && !/cursor/.test(url.hash));
	await until(page, () => rows(page).locator('td:last-child').allTextContents(), (subjects) => subjects.includes('key 2, scopes read,write,admin'));
	await page.getByTestId('window').selectOption('Last hour');
	await page.waitForURL(/start=-1h/);
	await until(page, () => rows(page).count(), (count) => count > 0);
	await page.getByText(email).click();
	assert.equal(await page.getByRole('link', { name: 'Audit trail' }).count(), 1);
}));

test('a key without admin is led to no trail, and told why where it goes there', withPage(held, { address: '#/audit' }, async (page) => {
	await page.getByRole('alert').filter({ hasText: "it lacks the scope 'admin'" }).waitFor();
	await page.getByText(email).click();
	await page.getByRole('link', { name: 'How long calls are kept' }).waitFor();
	assert.equal(await page.getByRole('link', { name: 'Audit trail' }).count(), 0);
}));

test('the actions that are offered are those of the command\'s help', () => {
	const help = held.program.run(['help', 'audit']).replace(/\s+/g, ' ');
	assert.deepEqual(actions.filter((action) => !help.includes(action)), []);
});

test('how long calls are kept, what is held, and what goes next', withPage(held, { key: 'admin', address: '#/retention' }, async (page) => {
	const fact = (name) => page.locator('.keeping > div').filter({ has: page.getByText(name, { exact: true }) }).locator('dd');
	await until(page, () => fact('Steps that go within a day').textContent(), (text) => /^1 call, which started before/.test(text));
	await until(page, () => fact('Calls that go within a day').textContent(), (text) => /^1 call,/.test(text));
	assert.match(await fact('Steps of a call').textContent(), /^5 days after it started/);
	assert.match(await fact('The call itself').textContent(), /^10 days/);
	assert.match(await fact('Held now').textContent(), /^4 calls: 2 calls with steps, 2 calls whose steps are over their days, 0 calls that never had any/);
	await fact('Calls that go within a day').getByRole('link').click();
	await page.locator('.table-row', { hasText: 'leaves' }).waitFor();
	await goTo(page, '#/retention');
	await page.getByRole('link', { name: 'set-account' }).click();
	await rows(page).first().waitFor();
}));
