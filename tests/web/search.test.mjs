// SPDX-License-Identifier: MIT
// One box: numbers, words, ids, times, and what the store has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, totalOf, until, withPage } from './browser.mjs';
import { now, wrongPin } from './calls.mjs';

const held = stage((program) => {
	program.record();
	program.generate(3000);
	program.import([
		wrongPin('caller-7391', now() - 60, { src: '+16175557391' }),
		wrongPin('called-7391', now() - 120, { dest: '+16175557391' }),
		wrongPin('twice-7391', now() - 180, { dest: '+16175557391' }),
	]);
});

const box = (page) => page.getByRole('combobox', { name: 'Number, words, call or time' });
const options = (page) => page.getByRole('listbox').getByRole('option');
const option = (page, label) => options(page).filter({ has: page.getByText(label, { exact: true }) });
const countOf = async (page, label) => Number((await option(page, label).locator('b').textContent()).replaceAll(',', ''));

test('four digits are offered as what they may be, each with its exact count', withPage(held, {}, async (page, program) => {
	await box(page).fill('7391');
	await option(page, 'To ends in 7391').waitFor();
	const total = async (query) => (await program.ask(`/v1/calls?${query}&limit=1`)).total_calls;
	assert.deepEqual(await Promise.all(['From ends in 7391', 'To ends in 7391', 'Words: 7391'].map((label) => countOf(page, label))),
		await Promise.all(['src=*7391', 'dest=*7391', 'text=7391'].map(total)));
	await option(page, 'To ends in 7391').click();
	await page.waitForURL(/dest=\*7391/);
	await until(page, () => totalOf(page), (shown) => shown === 2);
	assert.equal(await box(page).inputValue(), '');
	await page.getByRole('button', { name: 'Drop: To *7391' }).waitFor();
}));

test('Enter takes the first reading that finds something, the arrow keys another', withPage(held, {}, async (page, program) => {
	const { total_calls: from } = await program.ask('/v1/calls?src=*7391&limit=1');
	await page.locator('.table-row a').first().waitFor();
	await page.keyboard.press('/');
	await page.keyboard.type('7391');
	await page.keyboard.press('Enter');
	await page.waitForURL(/src=\*7391/);
	await until(page, () => totalOf(page), (shown) => shown === from);
	await page.getByRole('button', { name: 'Clear all' }).click();
	await box(page).fill('7391');
	const index = (await until(page, () => options(page).allTextContents(), (texts) => texts.length > 2)).findIndex((text) => text.startsWith('To ends'));
	for (let at = 0; at <= index; at++) {
		await box(page).press('ArrowDown');
	}
	assert.equal(await box(page).getAttribute('aria-activedescendant'), `reading-${index}`);
	await box(page).press('Enter');
	await page.waitForURL(/dest=\*7391/);
}));

test('an id opens its call', withPage(held, {}, async (page) => {
	await box(page).fill('caller-7391');
	await box(page).press('Enter');
	await page.getByRole('heading', { name: 'Call caller-7391' }).waitFor();
}));

test('the beginning of an id opens its call, and lists several', withPage(held, {}, async (page) => {
	await box(page).fill('calle');
	await option(page, 'Open call caller-7391').waitFor();
	assert.equal(await countOf(page, 'Calls whose id begins with calle'), 2);
	await box(page).press('Enter');
	await page.waitForURL(/session=calle\*/);
	await until(page, () => totalOf(page), (shown) => shown === 2);
	await page.getByRole('button', { name: 'Drop: Id calle*' }).waitFor();
	await box(page).fill('twice');
	await option(page, 'Open call twice-7391').waitFor();
	await box(page).press('Enter');
	await page.getByRole('heading', { name: 'Call twice-7391' }).waitFor();
}));

test('modules and variables are completed from the store, and found', withPage(held, {}, async (page, program) => {
	await box(page).fill('main_m');
	const { total_calls: total } = await program.ask('/v1/calls?variable=main_menu&limit=1');
	assert.equal(await countOf(page, 'Variable main_menu'), total);
	await option(page, 'Variable main_menu').click();
	await page.waitForURL(/variable=main_menu/);
	await until(page, () => totalOf(page), (shown) => shown === total);
}));

test('a number beside a time is that number around that time', withPage(held, { timezoneId: 'America/New_York' }, async (page) => {
	const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', hour: '2-digit', minute: '2-digit' }).format((now() - 60) * 1000);
	await box(page).fill(`7391 ${clock}`);
	await box(page).press('Enter');
	await page.waitForURL(/src=\*7391/);
	assert.match(page.url(), /start=\d+&end=\d+/);
	await until(page, () => totalOf(page), (shown) => shown === 1);
}));

test('what the grammar does not have is said', withPage(held, {}, async (page) => {
	await box(page).fill('goodbye -spanish');
	await page.getByRole('status').filter({ hasText: '“-spanish” leaves no call out' }).waitFor();
	await box(page).fill('goodbye OR hello');
	await page.getByRole('status').filter({ hasText: '“OR” is looked for as a word' }).waitFor();
	await box(page).fill('goodbye hello');
	await page.locator('#words-said').waitFor({ state: 'detached' });
}));

test('Escape and a click elsewhere close what is offered', withPage(held, {}, async (page) => {
	await box(page).fill('7391');
	await options(page).first().waitFor();
	await box(page).press('Escape');
	await options(page).first().waitFor({ state: 'detached' });
	assert.equal(await box(page).inputValue(), '7391');
	await box(page).fill('739');
	await options(page).first().waitFor();
	await page.getByTestId('total').click();
	await options(page).first().waitFor({ state: 'detached' });
}));

test('the words that were looked for are marked in the call, which opens at the first', withPage(held, { address: '#/calls?text="no such pin"', viewport: { width: 1000, height: 420 } }, async (page) => {
	await page.locator('.table-row').first().getByRole('link').first().click();
	const mark = page.locator('.step mark').first();
	assert.equal(await mark.textContent(), 'no such PIN');
	await until(page, () => mark.evaluate((one) => one.getBoundingClientRect().top), (top) => top > 0 && top < 420);
	await page.goto(page.url());
	await mark.waitFor();
}));
