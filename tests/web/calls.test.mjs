// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, stage, totalOf, until, withPage } from './browser.mjs';

const COUNT = 100000;
const held = stage((program) => program.generate(COUNT));

const rowAt = (page, index) => page.locator(`[aria-rowindex="${index + 2}"]`);

test('a filter stands in the address, and the address is a filter', withPage(held, { address: '#/calls?type=outbound' }, async (page, program) => {
	const { total_calls: outbound } = await program.ask('/v1/calls?type=outbound&limit=1');
	assert.equal(await totalOf(page), outbound);
	await page.getByRole('button', { name: /^Filters/ }).click();
	await page.getByRole('textbox', { name: 'At least seconds' }).fill('60');
	await page.getByRole('textbox', { name: 'At least seconds' }).press('Enter');
	await page.waitForURL(/min_duration=60/);
	const { total_calls: long } = await program.ask('/v1/calls?type=outbound&min_duration=60&limit=1');
	await until(page, () => totalOf(page), (total) => total === long);
	await page.getByRole('button', { name: 'Drop: Type outbound' }).click();
	await page.waitForURL((url) => !url.hash.includes('outbound'));
	await page.goBack();
	await until(page, () => totalOf(page), (total) => total === long);
}));

test('what is typed into a field stays while answers come in', withPage(held, { address: '#/statistics' }, async (page) => {
	const held_back = [];
	let holding = true;
	await page.route('**/v1/calls?*', (route) => (holding ? held_back.push(route) : route.continue()));
	await goTo(page, '#/calls');
	await page.getByRole('button', { name: /^Filters/ }).click();
	const field = page.getByRole('textbox', { name: 'At least seconds' });
	await field.pressSequentially('60');
	holding = false;
	await Promise.all(held_back.map((route) => route.continue()));
	await totalOf(page);
	assert.equal(await field.inputValue(), '60');
	await field.press('Enter');
	await page.waitForURL(/min_duration=60/);
}));

test('words find the calls whose steps have them', withPage(held, {}, async (page, program) => {
	await page.getByRole('combobox', { name: 'Number, words, call or time' }).fill('goodbye');
	await page.keyboard.press('Enter');
	await page.waitForURL(/text=goodbye/);
	const { total_calls: total } = await program.ask('/v1/calls?text=goodbye&limit=1');
	assert.ok(total > 0 && total < COUNT);
	await until(page, () => totalOf(page), (shown) => shown === total);
}));

test('a wrong value is told beside its field', withPage(held, { address: '#/calls?min_duration=soon' }, async (page) => {
	const field = page.getByRole('textbox', { name: 'At least seconds' });
	const problem = page.locator('#field-min_duration-problem');
	assert.match(await problem.textContent(), /min_duration/);
	assert.equal(await field.getAttribute('aria-invalid'), 'true');
	assert.equal(await field.getAttribute('aria-describedby'), 'field-min_duration-problem');
	await field.fill('10');
	await field.press('Enter');
	await page.waitForURL(/min_duration=10/);
	await problem.waitFor({ state: 'detached' });
}));

test('a wrong time is told beside the window', withPage(held, { address: '#/calls?start=yesterdayish' }, async (page) => {
	assert.match(await page.locator('.window .field-problem').textContent(), /start/);
}));

test('dragging over the chart selects a window', withPage(held, { address: '#/calls?start=-3d' }, async (page, program) => {
	const before = await totalOf(page);
	const box = await page.locator('.u-over').boundingBox();
	await page.mouse.move(box.x + box.width * 0.4, box.y + 50);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 5 });
	await page.mouse.up();
	await page.waitForURL(/start=\d+/);
	const { searchParams } = new URL(page.url().replace('#/calls', ''));
	const [start, end] = [Number(searchParams.get('start')), Number(searchParams.get('end'))];
	assert.ok(start % 60 === 0 && end % 60 === 0 && start < end, page.url());
	const { total_calls: wanted } = await program.ask(`/v1/calls?start=${start}&end=${end}&limit=1`);
	assert.ok(wanted > 0 && wanted < before, `${wanted} of ${before}: ${page.url()}`);
	await until(page, () => totalOf(page), (total) => total === wanted);
}));

test('the list scrolls to its end and back with few requests', withPage(held, {}, async (page, program) => {
	const asked = [];
	page.on('request', (request) => request.url().includes('/v1/calls?') && asked.push(request.url()));
	assert.equal(await totalOf(page), COUNT);
	const grid = page.getByRole('grid', { name: 'Calls' });
	const wanted = async (offset) => (await program.ask(`/v1/calls?limit=1&offset=${offset}`)).calls[0].session_id;

	assert.ok((await rowAt(page, 0).textContent()).includes(await wanted(0)));
	await grid.evaluate((box) => { box.scrollTop = box.scrollHeight; });
	await rowAt(page, COUNT - 1).getByText(await wanted(COUNT - 1)).waitFor();
	await page.getByTestId('total').filter({ hasText: /–100,000 of 100,000 calls$/ }).waitFor();
	await grid.evaluate((box) => { box.scrollTop = box.scrollHeight / 2; });
	const middle = Number(await until(page, () => page.locator('.table-row').nth(6).getAttribute('aria-rowindex'), (row) => row > 40000 && row < 60000)) - 2;
	await rowAt(page, middle).getByText(await wanted(middle)).waitFor();
	await grid.evaluate((box) => { box.scrollTop = 0; });
	await rowAt(page, 0).getByText(await wanted(0)).waitFor();
	assert.ok(asked.length <= 8, asked.join('\n'));
	assert.ok(await page.locator('.table-row').count() < 60);
}));

test('times are shown in one zone, which can be chosen', withPage(held, {}, async (page, program) => {
	const [{ start }] = (await program.ask('/v1/calls?limit=1')).calls;
	const in_zone = (timeZone) => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(start * 1000);
	await rowAt(page, 0).getByText(in_zone('America/New_York')).waitFor();
	await page.getByTestId('zone').selectOption('Asia/Tokyo');
	await rowAt(page, 0).getByText(in_zone('Asia/Tokyo')).waitFor();
}));

test('the whole result comes as a file', withPage(held, { address: '#/calls?type=outbound&min_duration=120' }, async (page) => {
	const total = await totalOf(page);
	await page.getByText('Export', { exact: true }).click();
	const coming = page.waitForEvent('download');
	await page.getByRole('button', { name: 'CSV, a row a call' }).click();
	const file = await coming;
	assert.match(file.suggestedFilename(), /\.csv$/);
	let text = '';
	for await (const part of await file.createReadStream()) {
		text += part;
	}
	assert.equal(text.trim().split('\n').length, total + 1);
}));

test('a file for a spreadsheet keeps zeros', withPage(held, { address: '#/calls?type=outbound&min_duration=120' }, async (page) => {
	await page.getByText('Export', { exact: true }).click();
	const coming = page.waitForEvent('download');
	await page.getByRole('button', { name: 'CSV for a spreadsheet, a row a call' }).click();
	const parts = [];
	for await (const part of await (await coming).createReadStream()) {
		parts.push(part);
	}
	const text = Buffer.concat(parts).toString('utf8');
	assert.ok(text.startsWith('\ufeffsession_id,'));
	assert.match(text, /"=""\+?\d+"""/);
}));
