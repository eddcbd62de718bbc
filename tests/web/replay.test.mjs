// SPDX-License-Identifier: MIT
// A call is played step by step: by time, by key, by its address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, until, withPage } from './browser.mjs';
import { now, rightPin, step, wrongPin } from './calls.mjs';

const held = stage((program) => program.import([wrongPin('wrong-pin', now() - 600), rightPin('right-pin', now() - 500)]), [], (program) => program.events({
	session_id: 'goes-on', call: { start: now(), src: '1', dest: '2' }, steps: [step(now(), 'info', 'Begun', 'menu')],
}));

const bar = (page) => page.getByRole('region', { name: 'Replay' });
const shown = (page) => page.locator('.step:visible').count();
const current = (page) => page.locator('.step[aria-current="step"]').getAttribute('data-step');
const collected = (page) => page.getByRole('region', { name: 'Collected during the call' }).locator('td').first().textContent();
const position = (page) => bar(page).getByRole('slider');
const covered = (page) => page.locator('.playhead').evaluate((one) => Math.round(100 * one.offsetLeft / one.parentElement.clientWidth));

test('a call is played to its end: each step comes in its turn, and the address has where it stands', withPage(held, { address: '#/call/wrong-pin' }, async (page) => {
	await page.getByRole('button', { name: 'Replay' }).click();
	await page.waitForURL(/replay=1/);
	await bar(page).getByRole('button', { name: 'Pause' }).waitFor();
	await page.locator('.step-list').evaluate((list) => {
		window.seen = [];
		new MutationObserver(() => window.seen.push(Number(list.querySelector('.chosen-step')?.dataset.step ?? 0))).observe(list, { subtree: true, attributes: true });
	});
	await bar(page).getByRole('button', { name: '60×' }).click();
	await bar(page).getByText('The call has ended.', { exact: true }).waitFor();
	await page.waitForURL((url) => /step=6/.test(url.hash) && /replay=60/.test(url.hash));
	assert.equal(await shown(page), 6);
	assert.equal(await collected(page), '4321 dtmf');
	assert.equal(await covered(page), 100);
	const seen = (await page.evaluate(() => window.seen)).filter((number) => number > 0);
	assert.deepEqual(seen, [...seen].sort((a, b) => a - b), 'in order');
	await bar(page).getByRole('button', { name: 'Play' }).click();
	await until(page, () => current(page), (number) => Number(number) < 6);
}));

test('by key: steps come and go, variables fill, the time line moves, and it is said', withPage(held, { address: '#/call/wrong-pin?replay=1' }, async (page) => {
	const seen = [];
	const look = async (number) => {
		await until(page, () => bar(page).locator('.replay-now b').textContent(), (text) => text === `Step ${number} of 6`);
		seen.push([await shown(page), Number(await current(page)), await collected(page), await covered(page)]);
	};
	await look(1);
	for (const number of [2, 3, 4, 5, 6]) {
		await page.keyboard.press('ArrowRight');
		await look(number);
	}
	assert.deepEqual(seen, [[1, 1, '–', 0], [2, 2, '–', 5], [3, 3, '1234 dtmf', 15], [4, 4, '1234 dtmf', 17], [5, 5, '4321 dtmf', 33], [6, 6, '4321 dtmf', 100]]);
	await page.keyboard.press('ArrowLeft');
	await page.getByTestId('replay-said').getByText('Step 5 of 6: User input: 4321 (dtmf); pin is 4321').waitFor();
	await bar(page).getByText('27 s silence follow').waitFor();
	await page.waitForURL(/step=5/);
	await page.keyboard.press('Escape');
	await bar(page).waitFor({ state: 'detached' });
	assert.equal(await shown(page), 6);
	assert.match(page.url(), /#\/call\/wrong-pin\?step=5$/);
	assert.equal(await page.getByRole('button', { name: 'Replay' }).evaluate((one) => one === document.activeElement), true);
}));

test('Space plays and pauses, and presses the button that has the focus; < and > change the speed, r opens and closes', withPage(held, { address: '#/call/wrong-pin' }, async (page) => {
	await page.locator('.step').first().waitFor();
	await page.keyboard.press('r');
	await bar(page).getByRole('button', { name: 'Pause' }).waitFor();
	await page.locator('.step-link').first().focus();
	await page.keyboard.press(' ');
	await bar(page).getByRole('button', { name: 'Play' }).waitFor();
	const at = await position(page).inputValue();
	await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
	assert.equal(await position(page).inputValue(), at, 'it stands');
	await page.keyboard.press(' ');
	await until(page, () => position(page).inputValue(), (moved) => Number(moved) > Number(at));
	await page.keyboard.press(' ');
	for (const [key, speed] of [['>', '2×'], ['>', '10×'], ['<', '2×']]) {
		await page.keyboard.press(key);
		await bar(page).locator(`[aria-pressed="true"]`, { hasText: speed }).waitFor();
	}
	await bar(page).getByRole('button', { name: 'A step on' }).focus();
	await page.keyboard.press(' ');
	await bar(page).getByRole('button', { name: 'Play' }).waitFor();
	await page.keyboard.press('r');
	await bar(page).waitFor({ state: 'detached' });
}));

test('long waits are shortened when asked for, which is said', withPage(held, { address: '#/call/wrong-pin?replay=2&step=5' }, async (page) => {
	assert.match(await bar(page).textContent(), /0:13 of 0:40/);
	const length = async () => Number(await position(page).getAttribute('max'));
	assert.equal(await length(), 40);
	await bar(page).getByLabel('Waits over 10 s take 3 s').check();
	await page.waitForURL(/waits=short/);
	await bar(page).getByText('24 s left out').waitFor();
	await bar(page).getByText('27 s silence follow, shown in 3 s').waitFor();
	assert.equal(await length(), 16);
	assert.match(await bar(page).textContent(), /0:13 of 0:40/);
}));

test('an address opens the replay where it stood, and it does not begin by itself', withPage(held, { address: '#/call/wrong-pin?step=4&replay=10&waits=short' }, async (page) => {
	await bar(page).getByRole('button', { name: 'Play' }).waitFor();
	assert.deepEqual([await shown(page), await current(page)], [4, '4']);
	assert.equal(await bar(page).locator('[aria-pressed="true"]').textContent(), '10×');
	assert.equal(await bar(page).getByLabel('Waits over 10 s take 3 s').isChecked(), true);
	await page.getByTestId('time-line').getByRole('button', { name: /^hangup/ }).click();
	await until(page, () => shown(page), (count) => count === 6);
	await page.waitForURL(/step=6/);
}));

test('the step that is shown stands above the bar when this opens', withPage(held, { address: '#/call/wrong-pin?step=5', viewport: { width: 1280, height: 560 } }, async (page) => {
	await page.locator('.chosen-step').waitFor();
	await page.keyboard.press('r');
	await page.keyboard.press(' ');
	await bar(page).waitFor();
	const edge = (locator, side) => locator.evaluate((one, name) => one.getBoundingClientRect()[name], side);
	await until(page, async () => await edge(bar(page), 'top') - await edge(page.locator('.chosen-step'), 'bottom'), (room) => room >= 0);
}));

test('with reduced motion it goes from step to step and does not glide', withPage(held, { address: '#/call/wrong-pin?replay=60', reducedMotion: 'reduce' }, async (page) => {
	const slider = position(page);
	await slider.evaluate((one) => {
		window.places = new Set();
		window.looking = true;
		requestAnimationFrame(function look() {
			window.places.add(document.querySelector('.replay-time').textContent);
			if (window.looking) {
				requestAnimationFrame(look);
			}
		});
		return one;
	});
	await page.keyboard.press(' ');
	await bar(page).getByText('The call has ended.', { exact: true }).waitFor();
	const places = await page.evaluate(() => { window.looking = false; return [...window.places]; });
	assert.ok(places.length <= 6 && places.every((one) => Number(/^0:(\d+)/.exec(one)[1]) <= 14 || one.startsWith('0:40')), `no place within the wait from 0:13 to 0:40: ${places}`);
}));

test('a call that goes on is followed, not replayed', withPage(held, { address: '#/call/goes-on?replay=1' }, async (page) => {
	await page.locator('.step').first().waitFor();
	assert.equal(await page.getByRole('button', { name: 'Replay' }).count(), 0);
	assert.equal(await bar(page).count(), 0);
}));

test('printing a call in its replay prints all of its steps', withPage(held, { address: '#/call/wrong-pin?replay=1' }, async (page) => {
	await bar(page).waitFor();
	assert.equal(await shown(page), 1);
	await page.emulateMedia({ media: 'print' });
	assert.deepEqual([await shown(page), await bar(page).isVisible()], [6, false]);
}));
