// SPDX-License-Identifier: MIT
// Calls over time: by outcome, beside the week before, at any zoom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, totalOf, until, withPage } from './browser.mjs';
import { now, rightPin, wrongPin } from './calls.mjs';

const minute = Math.floor((now() - 7200) / 60) * 60;
const week = 7 * 86400;
const held = stage((program) => program.import([
	wrongPin('a', minute + 5, { outcome: 'abandoned' }), wrongPin('b', minute + 15, { outcome: 'abandoned' }), rightPin('c', minute + 25, { outcome: 'answered' }),
	wrongPin('d', minute - week + 5, { outcome: 'abandoned' }), wrongPin('later', minute + 3600, { outcome: 'failed' }),
]));

const readout = (page) => page.getByTestId('readout').textContent();
const window = `start=${minute}&end=${minute + 60}`;

async function plot(page) {
	await page.locator('.u-over').waitFor();
	return page.locator('.u-over').boundingBox();
}

test('a bar says how its calls went, and how many there were a week earlier', withPage(held, { address: `#/calls?${window}` }, async (page) => {
	const box = await plot(page);
	await page.getByText('Calls per minute', { exact: true }).waitFor();
	await until(page, async () => {
		await page.mouse.move(box.x + box.width / 2 + Math.random(), box.y + 60);
		return readout(page);
	}, (text) => / · 3 calls: 1 answered, 2 abandoned · a week earlier 1$/.test(text));
}));

test('a window of one minute is one bar, and selecting within it stays there', withPage(held, { address: `#/calls?${window}` }, async (page) => {
	const box = await plot(page);
	await page.mouse.move(box.x + box.width * 0.2, box.y + 60);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
	await page.mouse.up();
	await until(page, () => page.url(), (url) => url.includes('#/calls'));
	assert.ok(page.url().includes(`start=${minute}&end=${minute + 60}`), page.url());
	assert.equal(await totalOf(page), 3);
}));

test('a finger that sweeps over the bars selects, one that taps is told the value', withPage(held, { address: `#/calls?start=${minute - 600}&end=${minute + 4200}` }, async (page) => {
	const box = await plot(page);
	const touch = (type, x) => page.locator('.u-over').dispatchEvent(type, { pointerType: 'touch', clientX: x, clientY: box.y + 60, bubbles: true });
	const at = (time) => box.x + box.width * (time - minute + 600) / 4800;
	await touch('pointerdown', at(minute + 30));
	await touch('pointerup', at(minute + 30));
	await until(page, () => readout(page), (text) => text.includes('3 calls'));
	assert.ok(page.url().includes(`start=${minute - 600}`));
	await touch('pointerdown', at(minute - 90));
	await touch('pointermove', at(minute + 100));
	await touch('pointerup', at(minute + 150));
	await page.waitForURL((url) => !url.hash.includes(`start=${minute - 600}`));
	assert.equal(await totalOf(page), 3);
}));

test('the counts above the list are the legend: each has the colour of its bars', withPage(held, { address: `#/calls?${window}` }, async (page) => {
	await plot(page);
	const color = await page.locator('.swatch-abandoned').evaluate((one) => getComputedStyle(one).backgroundColor);
	const drawn = await until(page, () => page.locator('.uplot canvas').evaluate((canvas) => {
		const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
		const found = new Set();
		for (let at = 0; at < data.length; at += 4) {
			found.add(`rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`);
		}
		return [...found];
	}), (colors) => colors.includes(color));
	assert.ok(drawn.includes(color));
}));
