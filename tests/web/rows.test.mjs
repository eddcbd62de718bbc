// SPDX-License-Identifier: MIT
// Rows of the list: for a pointer, for a small screen, with the line that words found. And the filter that goes along.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, totalOf, until, withPage } from './browser.mjs';
import { now, rightPin, wrongPin } from './calls.mjs';

const start = now() - 600;
const held = stage((program) => {
	program.generate(300);
	program.import([...Array.from({ length: 30 }, (_, index) => wrongPin(`wrong-${index}`, start + index, { src: '+16175554321', outcome: 'abandoned' })), rightPin('right', start)]);
});

test('the whole row opens its call', withPage(held, { address: '#/calls?src=*4321' }, async (page) => {
	const row = page.locator('.table-row').nth(2);
	await row.getByRole('gridcell').nth(5).click();
	await page.getByRole('heading', { name: 'Call wrong-27' }).waitFor();
}));

test('words show the line for which a call was found, under its row', withPage(held, { address: '#/calls?text="no such pin"' }, async (page) => {
	const found = page.locator('.table-row').first().locator('.found');
	await until(page, () => found.textContent(), (text) => text.includes('Invalid input: no such PIN'));
	assert.equal(await found.locator('mark').textContent(), 'no such PIN');
	await page.getByRole('grid').press('End');
	const last = page.locator('.table-row').filter({ hasText: 'wrong-0' }).last();
	await until(page, () => last.locator('.found').textContent(), (text) => text.includes('no such PIN'));
}));

test('on a small screen a row is a card of two lines', withPage(held, { address: '#/calls?src=*4321', viewport: { width: 375, height: 700 } }, async (page) => {
	const card = page.locator('.cards .table-row').first();
	await card.waitFor();
	assert.equal(await page.getByRole('columnheader').count(), 0);
	assert.match(await card.textContent(), /abandoned · 0:40.*\+16175554321 → \+16175550100/s);
	const grid = page.getByRole('grid');
	assert.ok(await grid.evaluate((one) => one.scrollWidth <= one.clientWidth), 'nothing to scroll aside');
	await grid.press('End');
	await page.locator('.cards .table-row').filter({ hasText: '4321' }).last().waitFor();
	await page.locator('[aria-rowindex="31"]').click();
	await page.getByRole('heading', { name: 'Call wrong-0' }).waitFor();
}));

test('the filter and its window go along to the other views, by link and by key', withPage(held, { address: '#/calls?start=-7d&src=*4321' }, async (page) => {
	await totalOf(page);
	const views = page.getByRole('navigation', { name: 'Views' });
	await views.getByRole('link', { name: 'Drop-off' }).click();
	await page.waitForURL((url) => url.hash === '#/dropoff?src=*4321&start=-7d' || url.hash === '#/dropoff?start=-7d&src=*4321');
	await page.keyboard.press('g');
	await page.keyboard.press('s');
	await page.waitForURL((url) => url.hash.startsWith('#/statistics?') && url.hash.includes('start=-7d') && url.hash.includes('src=*4321'));
	await views.getByRole('link', { name: 'Import' }).click();
	await page.getByRole('heading', { name: 'Import' }).waitFor();
	await views.getByRole('link', { name: 'Calls' }).click();
	assert.equal(await totalOf(page), 30);
}));

test('who comes without an address sees the last 24 hours', withPage(held, { address: '' }, async (page) => {
	await page.waitForURL(/#\/calls\?start=-24h$/);
	assert.equal(await page.getByTestId('window').inputValue(), '-24h');
}));

test('a number in a call leads to all its calls', withPage(held, { address: '#/call/wrong-3' }, async (page) => {
	await page.getByRole('link', { name: '+16175554321' }).click();
	assert.equal(await totalOf(page), 30);
}));

test('printing a call prints the call: all of its steps, and nothing to press', withPage(held, { address: '#/call/wrong-3' }, async (page) => {
	await page.locator('.step').nth(5).waitFor();
	await page.emulateMedia({ media: 'print' });
	assert.equal(await page.locator('.step:visible').count(), 6);
	for (const part of ['.top', '.crumbs', '.actions']) {
		assert.equal(await page.locator(part).isVisible(), false, part);
	}
	assert.equal(await page.getByTestId('story').isVisible(), true);
}));
