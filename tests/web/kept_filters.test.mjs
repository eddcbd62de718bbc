// SPDX-License-Identifier: MIT
// Filters that are saved by name, those used last, and what is left of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn, stage, totalOf, until, withPage } from './browser.mjs';
import { email } from './program.mjs';

const held = stage((program) => program.record());

const menu = async (page) => {
	await page.locator('.filter-menu > summary').click();
	return page.locator('.menu-body');
};

test('a filter is saved by name, and opens in whichever view, by keyboard', withPage(held, { address: '#/calls?type=inbound&start=-7d' }, async (page) => {
	const wanted = await totalOf(page);
	await menu(page);
	await page.getByLabel('Save this filter as').fill('Coming in');
	await page.keyboard.press('Enter');
	await page.getByRole('status').filter({ hasText: 'Saved as “Coming in”.' }).waitFor();
	await page.keyboard.press('Escape');
	await page.goto(`${page.origin}/#/calls?type=outbound`);
	await until(page, () => totalOf(page), (total) => total !== wanted);
	await page.locator('.filter-menu > summary').focus();
	await page.keyboard.press('Enter');
	await page.getByRole('link', { name: 'Coming in' }).focus();
	await page.keyboard.press('Enter');
	await page.waitForURL(/calls\?start=-7d&type=inbound/);
	await until(page, () => totalOf(page), (total) => total === wanted);
	await page.goto(`${page.origin}/#/dropoff`);
	const body = await menu(page);
	assert.equal(await body.getByRole('link', { name: 'Coming in' }).getAttribute('href'), '#/dropoff?start=-7d&type=inbound');
	await page.getByRole('button', { name: 'Drop Coming in' }).click();
	await body.getByRole('link', { name: 'Coming in' }).waitFor({ state: 'detached' });
}));

test('its address can be sent to another', withPage(held, { address: '#/calls?text=keypad', permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
	await menu(page);
	await page.getByLabel('Save this filter as').fill('Keypads');
	await page.getByRole('button', { name: 'Save', exact: true }).click();
	await page.getByRole('button', { name: 'Copy the address of Keypads' }).click();
	await page.getByRole('status').filter({ hasText: 'is copied' }).waitFor();
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${page.origin}/#/calls?text=keypad`);
}));

test('filters that were used last are offered in words, a window alone is not', withPage(held, { address: '#/calls?start=-24h' }, async (page) => {
	await page.goto(`${page.origin}/#/calls?src=*129&start=-24h`);
	await page.getByRole('button', { name: 'Drop: From *129' }).waitFor();
	await page.goto(`${page.origin}/#/calls?start=-7d`);
	const body = await menu(page);
	assert.deepEqual(await body.locator('li').allTextContents(), ['From *129, last 24 hours']);
	await body.getByRole('link').click();
	await page.waitForURL(/src=\*129/);
	await menu(page);
	await body.getByRole('button', { name: 'Forget these' }).click();
	await body.locator('li').waitFor({ state: 'detached' });
}));

test('who signs out leaves no filters that were used behind, and another account sees none that are saved', withPage(held, { address: '#/calls?src=*129' }, async (page, program) => {
	await menu(page);
	await page.getByLabel('Save this filter as').fill('Mine');
	await page.keyboard.press('Enter');
	await page.getByRole('link', { name: 'Mine' }).waitFor();
	await page.getByText(email).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByLabel('E-mail').waitFor();
	assert.deepEqual(Object.values(await page.evaluate(() => JSON.parse(localStorage['callstep-filters']))).map(({ recent, saved }) => [recent.length, saved.length]), [[0, 1]]);
	const key = program.run(['account', 'add', 'you@example.com']).trim();
	await page.getByLabel('E-mail').fill('you@example.com');
	await page.getByLabel('Key', { exact: true }).fill(key);
	await page.getByRole('button', { name: 'Sign in' }).click();
	const body = await menu(page);
	await body.getByRole('heading', { name: 'Used last' }).waitFor();
	assert.equal(await body.getByRole('link', { name: 'Mine' }).count(), 0);
	await page.getByText('you@example.com').click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await signIn(page, program.key);
	await menu(page);
	await page.getByRole('link', { name: 'Mine' }).waitFor();
}));
