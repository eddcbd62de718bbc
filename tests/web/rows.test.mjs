// SPDX-License-Identifier: MIT
// Rows of the list: for a pointer, for a small screen, with the line that words found. And the filter that goes along.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, stage, totalOf, until, withPage } from './browser.mjs';
import { call, now, rightPin, step, wrongPin } from './calls.mjs';

const start = now() - 600;
const held = stage((program) => {
	program.generate(300);
	program.import([...Array.from({ length: 30 }, (_, index) => wrongPin(`wrong-${index}`, start + index, { src: '+16175554321', outcome: 'abandoned' })), rightPin('right', start),
		call('long', start - 5000, Array.from({ length: 1200 }, (_, index) => step(start - 5000 + index, 'info', `Step ${index}`, 'module')), { src: '+16175550777' })]);
});

test('the whole row opens its call', withPage(held, { address: '#/calls?src=*4321' }, async (page) => {
	const row = page.locator('.table-row').nth(2);
	await row.getByRole('gridcell').nth(5).click();
	await page.getByRole('heading', { name: 'Call wrong-27' }).waitFor();
	await page.goBack();
	await row.click();
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

test('a number leads to all its calls, in a call and in a row', withPage(held, { address: '#/call/wrong-3' }, async (page) => {
	await page.getByRole('link', { name: '+16175554321' }).click();
	assert.equal(await totalOf(page), 30);
	await goTo(page, '#/calls?text="no such pin"');
	await page.locator('.table-row').first().hover();
	await page.locator('.table-row').first().getByTitle('All calls from this number').click();
	await page.waitForURL((url) => url.hash === '#/calls?src=%2B16175554321');
	assert.equal(await totalOf(page), 30);
}));

test('beside the list stands the call of the active row, which the arrow keys move', withPage(held, { address: '#/calls?src=*4321', viewport: { width: 1600, height: 900 } }, async (page) => {
	const preview = page.getByRole('complementary', { name: 'Preview' });
	await preview.getByText('Call wrong-29').waitFor();
	await preview.getByText('Gave up in pin after 1 wrong input').waitFor();
	assert.equal(await preview.getByRole('list', { name: 'Steps' }).getByRole('listitem').count(), 6);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowDown');
	await preview.getByText('Call wrong-27').waitFor();
	await preview.getByText('Invalid input: no such PIN').waitFor();
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Call wrong-27' }).waitFor();
	await page.goBack();
	await preview.getByText('Call wrong-27').waitFor();
	await preview.getByRole('list', { name: 'Steps' }).getByRole('link').nth(3).click();
	await page.waitForURL(/#\/call\/wrong-27\?step=4$/);
}));

test('a preview can be left out, and a screen without room for it has none', withPage(held, { address: '#/calls', viewport: { width: 1600, height: 900 } }, async (page) => {
	const preview = page.getByRole('complementary', { name: 'Preview' });
	const button = page.getByRole('button', { name: 'Preview', exact: true });
	await preview.waitFor();
	await button.click();
	await preview.waitFor({ state: 'detached' });
	await page.reload();
	assert.equal(await button.getAttribute('aria-pressed'), 'false');
	await button.click();
	await preview.waitFor();
	await page.setViewportSize({ width: 1280, height: 900 });
	await preview.waitFor({ state: 'detached' });
	assert.equal(await button.count(), 0);
}));

test('two calls that are ticked are compared, by pointer and by key', withPage(held, { address: '#/calls?src=*4321' }, async (page) => {
	await page.getByRole('checkbox', { name: 'Pin wrong-29 to compare' }).check();
	await page.getByText('1 call is pinned: pin another to compare').waitFor();
	assert.match(page.url(), /#\/calls/, 'a tick does not open the call');
	await page.getByRole('checkbox', { name: 'Pin wrong-26 to compare' }).check();
	await page.getByRole('link', { name: 'Compare the two pinned' }).click();
	await page.waitForURL(/#\/compare\/wrong-29\/wrong-26$/);
	await page.goBack();
	await page.getByRole('button', { name: 'Unpin' }).click();
	assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 0);
	await page.getByRole('grid').focus();
	for (const key of ['Home', 'x', 'j', 'x', 'j', 'x', 'v']) {
		await page.keyboard.press(key);
	}
	await page.waitForURL(/#\/compare\/wrong-28\/wrong-27$/);
	await page.getByRole('heading', { name: 'Two calls compared' }).waitFor();
}));

test('the list is sorted by its start either way, from its first row to its last', withPage(held, { address: '#/calls' }, async (page, program) => {
	const total = await totalOf(page);
	const sort = page.getByRole('columnheader', { name: 'Started' });
	assert.equal(await sort.getAttribute('aria-sort'), 'descending');
	await sort.getByRole('button').click();
	await page.waitForURL(/#\/calls\?order=oldest$/);
	const { calls } = await program.ask('/v1/calls?limit=1000');
	const row = (index) => page.locator(`[aria-rowindex="${index + 2}"]`);
	await row(0).getByText(calls.at(-1).session_id, { exact: true }).waitFor();
	assert.equal(await sort.getAttribute('aria-sort'), 'ascending');
	assert.equal(await totalOf(page), total);
	await page.getByRole('grid').press('End');
	await row(total - 1).getByText(calls[0].session_id, { exact: true }).waitFor();
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: calls[1].session_id }).waitFor();
	await page.keyboard.press('j');
	await page.getByRole('heading', { name: calls[0].session_id }).waitFor();
	await page.goto(`${page.origin}/#/calls?order=oldest&text="no such pin"`);
	await row(0).filter({ hasText: 'wrong-0' }).locator('.found mark').waitFor();
	await page.getByRole('grid').press('End');
	await row(29).filter({ hasText: 'wrong-29' }).locator('.found mark').waitFor();
}));

test('the list is sorted by length and steps either way, with its exact total; the address says the order', withPage(held, { address: '#/calls' }, async (page, program) => {
	const total = await totalOf(page);
	const row = (index) => page.locator(`[aria-rowindex="${index + 2}"]`);
	const head = (name) => page.getByRole('columnheader', { name });
	for (const [label, name] of [['Length', 'duration'], ['Steps', 'steps']]) {
		for (const [order, direction] of [[`-${name}`, 'descending'], [name, 'ascending']]) {
			await head(label).getByRole('button').click();
			await page.waitForURL(`**/#/calls?order=${order}`);
			const { calls } = await program.ask(`/v1/calls?limit=1000&order=${order}`);
			assert.ok(calls[0][name] !== calls.at(-1)[name] && calls.length === total);
			await row(0).getByText(calls[0].session_id, { exact: true }).waitFor();
			assert.equal(await head(label).getAttribute('aria-sort'), direction);
			assert.equal(await head('Started').getAttribute('aria-sort'), 'none');
			assert.equal(await totalOf(page), total);
			await page.getByRole('grid').press('End');
			await row(total - 1).getByText(calls.at(-1).session_id, { exact: true }).waitFor();
		}
	}
	assert.equal(await head('From').getByRole('button').count(), 0);
	await head('Started').getByRole('button').click();
	await page.waitForURL(/#\/calls$/);
	assert.equal(await head('Started').getAttribute('aria-sort'), 'descending');
}));

test('a large screen is used to its edges: list and preview, the call, the tables', withPage(held, { address: '#/calls?src=*4321', viewport: { width: 3840, height: 2160 } }, async (page) => {
	const right = (locator) => locator.evaluate((one) => one.getBoundingClientRect().right);
	assert.ok(await right(page.getByRole('complementary', { name: 'Preview' })) > 3780);
	const grid = page.getByRole('grid');
	assert.ok(await grid.evaluate((one) => one.scrollWidth <= one.clientWidth));
	for (const [address, part] of [['#/call/wrong-3', '.step-list'], ['#/dropoff', '.dropoff'], ['#/places', '.places'], ['#/statistics?group=module', '.bars']]) {
		await goTo(page, address);
		assert.ok(await right(page.locator(part)) > 3780, address);
	}
	await goTo(page, '#/call/wrong-3');
	const heights = await page.locator('.step .class-word').evaluateAll((words) => words.map((word) => word.getClientRects().length && word.firstChild && (() => {
		const range = document.createRange();
		range.selectNodeContents(word);
		return range.getClientRects().length;
	})()));
	assert.ok(heights.every((lines) => lines === 1), 'no class is broken in two');
}));

test('at 1536 pixels list and preview have room beside each other', withPage(held, { address: '#/calls', viewport: { width: 1536, height: 864 } }, async (page) => {
	await page.getByRole('complementary', { name: 'Preview' }).waitFor();
	await page.locator('.table-row').nth(3).waitFor();
	assert.ok(await page.getByRole('grid').evaluate((one) => one.scrollWidth <= one.clientWidth), 'nothing to scroll aside');
}));

test('printing a long call prints what is drawn on demand, too', withPage(held, { address: '#/call/long' }, async (page) => {
	await page.locator('.step').nth(999).waitFor();
	assert.equal(await page.locator('.step').count(), 1000);
	await page.pdf();
	await until(page, () => page.locator('.step').count(), (count) => count === 1200);
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
