// SPDX-License-Identifier: MIT
// Statistics and drop-off: each bar leads to as many calls as it counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, stage, totalOf, until, withPage } from './browser.mjs';

const held = stage((program) => {
	program.record();
	program.generate(2000);
});

const number = (text) => Number(/[\d,]+/.exec(text)[0].replaceAll(',', ''));

/* Follows @link, which says how many calls there are behind it, and back again. */
async function follow(page, link, count) {
	const address = await page.evaluate(() => location.hash);
	await link.click();
	await page.waitForURL(/#\/calls/);
	await until(page, () => totalOf(page), (total) => total === count);
	await goTo(page, address);
}

test('days are those of the zone that is shown, and a bar of one is its calls', withPage(held, { address: '#/statistics?group=time&start=-30d' }, async (page) => {
	const rows = page.locator('.bars tbody tr');
	await rows.first().waitFor();
	const names = await rows.locator('th').allTextContents();
	assert.ok(names.length > 1 && names.every((name) => name.endsWith(' 00:00:00')), names.join(', '));
	const [day] = names[0].split(' ');
	const count = number(await rows.first().locator('.bar-cell').textContent());
	await rows.first().getByRole('link').click();
	await page.waitForURL(/#\/calls/);
	await until(page, () => totalOf(page), (total) => total === count);
	const times = await page.locator('.table-row').allTextContents();
	assert.ok(times.length > 0 && times.every((time) => time.includes(day)), `${day}: ${times.slice(0, 3)}`);
}));

test('where the server does not know the zone, days are those of UTC', withPage(held, { address: '#/calls' }, async (page) => {
	await page.route('**/v1/stats?*zone=*', (route) => route.fulfill({ status: 400, contentType: 'application/problem+json',
		body: JSON.stringify({ type: 'about:blank', title: 'Bad Request', status: 400, detail: 'zone: there is none', parameter: 'zone' }) }));
	await goTo(page, '#/statistics?group=time&start=-30d');
	await page.getByTestId('chart').waitFor();
	const names = await page.locator('.bars tbody tr th').allTextContents();
	assert.ok(names.length > 1 && names.every((name) => / (19|20):00:00$/.test(name)), names.join(', '));
}));

for (const group of ['time', 'dest', 'type', 'class', 'module', 'variable']) {
	test(`statistics by ${group}: a bar is its calls`, withPage(held, { address: `#/statistics?group=${group}&start=-7d` }, async (page) => {
		const rows = page.locator('.bars tbody tr');
		await rows.first().waitFor();
		for (const index of new Set([0, Math.floor(await rows.count() / 2), await rows.count() - 1])) {
			await rows.nth(index).waitFor();
			await follow(page, rows.nth(index).getByRole('link'), number(await rows.nth(index).locator('.bar-cell').textContent()));
		}
	}));
}

test('statistics by outcome: a bar is its calls, but where it is not known there is nothing to ask for', withPage(held, { address: '#/statistics?group=outcome&start=-7d' }, async (page) => {
	const rows = page.locator('.bars tbody tr');
	await rows.first().waitFor();
	const names = await rows.locator('th').allTextContents();
	assert.ok(names.includes('answered') && names.includes('abandoned') && names.includes('not known'), names.join(', '));
	assert.equal(await rows.nth(names.indexOf('not known')).getByRole('link').count(), 0);
	const abandoned = rows.nth(names.indexOf('abandoned'));
	await follow(page, abandoned.getByRole('link'), number(await abandoned.locator('.bar-cell').textContent()));
}));

test('callers to be called back are found by one choice, and the list says why', withPage(held, { address: '#/calls?outcome=missed,abandoned&start=-7d' }, async (page) => {
	await page.locator('.table-row').first().waitFor();
	const rows = await page.locator('.table-row').allTextContents();
	assert.ok(rows.length > 0 && rows.every((row) => /missed|abandoned/.test(row)), rows.slice(0, 3).join('; '));
	await page.getByRole('button', { name: 'Drop: Outcome missed,abandoned' }).waitFor();
}));

test('drop-off: a place is the calls that reached it, those that were lost there, and those that ended normally', withPage(held, { address: '#/dropoff?type=inbound' }, async (page, program) => {
	const rows = page.locator('.dropoff tbody tr').filter({ has: page.locator('td:nth-child(2) a') }).filter({ has: page.locator('td:nth-child(3) a') });
	await rows.first().waitFor();
	assert.ok(await rows.count() > 2);
	for (const index of [0, 2]) {
		await rows.nth(index).waitFor();
		const links = [2, 3, 4].map((column) => rows.nth(index).locator(`td:nth-child(${column}) a`));
		const counts = [number((await links[0].getAttribute('aria-label')).split(': ').at(-1)), number(await links[1].textContent()), number(await links[2].textContent())];
		for (const at of [0, 1, 2]) {
			await follow(page, links[at], counts[at]);
		}
	}
	const lost = await page.locator('.dropoff tbody tr td:nth-child(2)').evaluateAll((cells) => cells.map((cell) => Number(/[\d,]+/.exec(cell.textContent)[0].replaceAll(',', ''))));
	assert.deepEqual(lost, [...lost].sort((a, b) => b - a), 'what loses most stands first');
	const { total_calls: all } = await program.ask('/v1/calls?type=inbound&outcome=abandoned,missed,busy,failed&limit=1');
	assert.equal(number(await page.locator('.total').textContent()), all);
}));

test('drop-off of a window stands beside that of the time before', withPage(held, { address: '#/dropoff?start=-2d' }, async (page, program) => {
	await page.getByLabel('Compare with').selectOption('the time before');
	await page.waitForURL(/against=before/);
	const end = Math.floor(Date.now() / 1000) - 2 * 86400;
	const { modules } = await program.ask(`/v1/dropoff?start=${end - 2 * 86400}&end=${end}&outcome=abandoned,missed,busy,failed&limit=1000`);
	const menu = modules.find((place) => place.variable === 'main_menu').ended;
	const cell = page.locator('.dropoff tbody tr').filter({ hasText: 'menu → main_menu' }).locator('td:nth-child(3)').first();
	await until(page, async () => number(await cell.textContent()), (shown) => Math.abs(shown - menu) <= 1);
}));

test('where time goes: what the server counts, sorted by any column, to the calls that stayed longest', withPage(held, { address: '#/places?type=inbound' }, async (page, program) => {
	const { places, total_calls: total } = await program.ask('/v1/places?type=inbound&limit=200');
	const rows = page.locator('.places tbody tr');
	await rows.first().waitFor();
	assert.equal(number(await page.locator('.total').textContent()), total);
	const shown = (column) => rows.locator(`td:nth-child(${column})`).allTextContents().then((texts) => texts.map((text) => number(text)));
	assert.deepEqual(await shown(3), places.map((place) => place.visits));
	await page.getByRole('button', { name: 'Wrong input' }).click();
	await page.waitForURL(/sort=wrong_input/);
	await until(page, () => shown(7), (wrong) => wrong.join() === places.map((place) => place.wrong_input).sort((a, b) => b - a).join());
	await follow(page, rows.first().getByRole('link').first(), [...places].sort((a, b) => b.wrong_input - a.wrong_input)[0].calls);
	await rows.first().locator('.slowest a').first().click();
	await page.getByRole('heading', { name: `Call ${[...places].sort((a, b) => b.wrong_input - a.wrong_input)[0].slowest[0].session_id}` }).waitFor();
}));

test('callers who gave wrong input and hung up: found, opened, at the step', withPage(held, { address: '#/calls?text=pbx-invalid+%22hung+up+by+the+caller%22' }, async (page) => {
	assert.equal(await totalOf(page), 1);
	await page.locator('.table-row').first().getByRole('link').first().click();
	const step = page.locator('.step').filter({ hasText: 'pbx-invalid' }).last();
	await step.getByRole('link').click();
	await page.waitForURL(/#\/call\/.*step=\d+/);
	assert.equal(await step.getAttribute('aria-current'), 'step');
}));

test('a filter that is not understood is told in statistics and drop-off too', withPage(held, {}, async (page) => {
	for (const view of ['statistics', 'dropoff']) {
		await goTo(page, `#/${view}?max_duration=long`);
		assert.match(await page.locator('#field-max_duration-problem').textContent(), /max_duration/);
	}
}));

test('the ways of calls are a picture, and each way that can be asked for leads to as many calls as went it', withPage(held, { address: '#/dropoff?type=inbound' }, async (page, program) => {
	await page.getByRole('button', { name: 'Picture of the ways' }).click();
	await page.waitForURL(/show=picture/);
	const { edges, nodes } = await program.ask('/v1/flow?type=inbound&limit=18');
	await page.locator('.flow svg .way').first().waitFor();
	assert.ok(await page.locator('.flow svg .way').count() > 10);
	const rows = page.locator('.ways tbody tr').filter({ has: page.getByRole('link') });
	const ended = rows.filter({ has: page.locator('td:nth-child(2)', { hasText: /^(completed|abandoned)$/ }) });
	for (const row of [rows.first(), ended.first()]) {
		await row.waitFor();
		await follow(page, row.getByRole('link'), number(await row.getByRole('link').textContent()));
	}
	const begins = edges.find((edge) => nodes[edge.from].kind === 'begin' && nodes[edge.to].kind === 'place');
	const name = [nodes[begins.to].module, nodes[begins.to].variable].filter(Boolean).join(' → ');
	assert.match(await page.locator('.total').textContent(), /stand for themselves.*ways? back/);
	await page.locator('.flow svg').getByRole('link', { name: `begin to ${name}:` }).press('Enter'); // a straight way has no height for a pointer of the test
	await page.waitForURL(/#\/calls/);
	await until(page, () => totalOf(page), (total) => total === begins.calls);
}));
