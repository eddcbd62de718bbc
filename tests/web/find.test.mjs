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

test('drop-off: a place is the calls that reached it, and those that ended there', withPage(held, { address: '#/dropoff?type=inbound' }, async (page) => {
	const rows = page.locator('.dropoff tbody tr').filter({ has: page.locator('td:nth-child(4) a') });
	await rows.first().waitFor();
	assert.ok(await rows.count() > 3);
	for (const index of [0, 3]) {
		await rows.nth(index).waitFor();
		const [reached, ended] = [rows.nth(index).locator('td:nth-child(2) a'), rows.nth(index).locator('td:nth-child(4) a')];
		const counts = [number(await reached.getAttribute('aria-label').then((label) => label.split(': ').at(-1))), number(await ended.textContent())];
		await follow(page, reached, counts[0]);
		await follow(page, ended, counts[1]);
	}
}));

test('callers who gave wrong input and hung up: found, opened, at the step', withPage(held, { address: '#/calls?text=pbx-invalid+%22hung+up+by+the+caller%22' }, async (page) => {
	assert.equal(await totalOf(page), 1);
	await page.locator('.table-row').first().getByRole('link').click();
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
