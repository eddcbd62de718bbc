// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, stage, until, withPage } from './browser.mjs';
import { call, step, wrongPin } from './calls.mjs';

const monthAgo = Math.floor(Date.now() / 1000) - 30 * 86400;

const begun = Math.floor(Date.now() / 1000) - 3600;
const long = call('long', begun, Array.from({ length: 90 }, (_, index) => step(begun + 2 * index, 'info', `Step ${index}`, 'module', `place_${index}`)));

const held = stage((program) => {
	program.record();
	program.import([wrongPin('wrong-pin', begun), long]);
	program.run(['account', 'set', 'me@example.com', '--keep-detail', '5', '--yes']);
	program.import([{ session_id: 'old', src: '1', dest: '2', type: 'inbound', start: monthAgo, end: monthAgo + 37, log: false, detail: false }]);
});

const EXAMPLE = '100035;000;1575898377';
const address = `#/call/${encodeURIComponent(EXAMPLE)}`;
const steps = (page) => page.locator('.step');

async function textOf(download) {
	let text = '';
	for await (const part of await download.createReadStream()) {
		text += part;
	}
	return text;
}

test('a call opens from the list and shows every step', withPage(held, { address: '#/calls?src=6177123000' }, async (page, program) => {
	const { detail, steps: count } = await program.ask(`/v1/calls/${encodeURIComponent(EXAMPLE)}`);
	await page.getByRole('grid').getByText(EXAMPLE).waitFor();
	await page.locator('.table-row', { hasText: EXAMPLE }).getByRole('link').first().click();
	await page.getByRole('heading', { name: `Call ${EXAMPLE}` }).waitFor();
	await until(page, () => steps(page).count(), (shown) => shown === count);
	const lines = await page.locator('.step-line').allTextContents();
	assert.deepEqual(lines, detail.map(({ event }) => event.line));
}));

test('the time line has a bar for each visit, to scale', withPage(held, { address }, async (page) => {
	const bars = page.getByTestId('time-line').locator('.visit-bar');
	await bars.first().waitFor();
	const boxes = await bars.evaluateAll((all) => all.map((bar) => [bar.offsetLeft, bar.offsetLeft + bar.offsetWidth, bar.parentElement.clientWidth]));
	assert.ok(boxes.length > 3);
	boxes.forEach(([left, right, width], index) => {
		assert.ok(left >= -1 && right <= width + 4, `bar ${index}: ${left} to ${right} of ${width}`);
		assert.ok(index === 0 || left >= boxes[index - 1][0], 'visits follow each other');
	});
	await page.getByTestId('time-line').getByRole('button').last().click();
	await page.waitForURL(/step=\d+/);
	assert.equal(await page.locator('.step[aria-current="step"]').count(), 1);
}));

test('the time line says what the time went into, and which wait was the longest, until what', withPage(held, { address: '#/call/wrong-pin' }, async (page) => {
	const line = page.getByTestId('time-line');
	const kinds = line.getByRole('list', { name: 'What the time went into' }).getByRole('listitem');
	await kinds.first().waitFor();
	assert.deepEqual((await kinds.allTextContents()).map((text) => text.trim()), ['caller thinking 10 s', 'silence 27 s']);
	assert.match(await line.locator('.longest').textContent(), /Longest wait: 27 s, silence, until\s+Caller hung up/);
	assert.equal(await line.locator('.longest-wait').getAttribute('data-label'), '27 s');
	const delta = page.locator('[data-step="6"] .step-delta');
	assert.equal(await delta.locator('b').textContent(), '+27 s');
	assert.equal(await delta.locator('.wait-word').textContent(), 'silence');
	const until = line.getByRole('button', { name: 'Caller hung up', exact: true });
	assert.notEqual(await until.evaluate((one) => getComputedStyle(one).display), 'grid', 'its words are not put into columns');
	await until.click();
	await page.waitForURL(/step=6$/);
}));

test('dragging over the time line zooms, a button leads back', withPage(held, { address: '#/call/wrong-pin' }, async (page) => {
	const line = page.getByTestId('time-line');
	const track = await line.locator('.visit-track').first().boundingBox();
	const y = track.y + track.height / 2;
	await page.mouse.move(track.x + 2, y);
	await page.mouse.down();
	await page.mouse.move(track.x + track.width / 4, y, { steps: 4 });
	await page.mouse.up();
	const whole = line.getByRole('button', { name: 'Whole call' });
	await whole.waitFor();
	assert.ok(!/step=/.test(page.url()), 'dragging is not choosing');
	assert.ok((await line.locator('.scale').textContent()).includes('0:10'));
	await whole.click();
	await line.getByRole('button', { name: 'Zoom to the longest wait' }).click();
	await whole.waitFor();
}));

test('a linked late step is in sight in both, and the pointer marks it in both', withPage(held, { address: '#/call/long?step=85', viewport: { width: 1280, height: 700 } }, async (page) => {
	const row = page.locator('.time-line li.here');
	await page.locator('.chosen-step').waitFor();
	for (const one of [row, page.locator('.chosen-step')]) {
		await until(page, () => one.evaluate((it) => it.getBoundingClientRect().top), (top) => top > 0 && top < 700);
	}
	const box = await page.getByTestId('time-line').evaluate((line) => line.getBoundingClientRect().toJSON());
	const at = await row.evaluate((it) => it.getBoundingClientRect().toJSON());
	assert.ok(at.top >= box.top && at.bottom <= box.bottom, 'within the time line');
	await page.locator('[data-step="84"]').hover();
	await page.locator('.time-line li.pointed[data-first="84"]').waitFor();
	await row.getByRole('button').hover();
	await page.locator('.step.pointed[data-step="85"]').waitFor();
}));

test('a link to a step shows it, in another browser too', withPage(held, { address: `${address}?step=12`, viewport: { width: 1000, height: 500 } }, async (page) => {
	const step = page.locator('[data-step="12"]');
	await step.waitFor();
	assert.equal(await step.getAttribute('aria-current'), 'step');
	await until(page, () => step.evaluate((one) => one.getBoundingClientRect().top), (top) => top > 0 && top < 500);
	await page.locator('[data-step="3"]').getByRole('link').click();
	await page.waitForURL(/step=3$/);
	await page.goto(page.url());
	assert.equal(await page.locator('[data-step="3"]').getAttribute('aria-current'), 'step');
}));

test('classes are hidden, words are searched, data is unfolded', withPage(held, { address }, async (page) => {
	await steps(page).first().waitFor();
	const all = await steps(page).count();
	const prompts = page.getByRole('button', { name: /^prompt \d+/ });
	const count = Number(/\d+/.exec(await prompts.textContent())[0]);
	await prompts.click();
	assert.equal(await prompts.getAttribute('aria-pressed'), 'false');
	await until(page, () => steps(page).count(), (left) => left === all - count);
	await prompts.click();
	await page.getByRole('searchbox', { name: 'Search in this call' }).fill('keypad');
	const found = await until(page, () => steps(page).count(), (left) => left > 0 && left < all);
	assert.equal(await steps(page).filter({ hasText: 'keypad' }).count(), found);
	await steps(page).first().getByRole('button', { name: /^data/ }).click();
	await steps(page).first().getByText('revision_id').waitFor();
}));

test('what the caller entered is a table', withPage(held, { address }, async (page) => {
	const table = page.getByRole('region', { name: 'Collected during the call' });
	await table.getByRole('row').nth(1).waitFor();
	const step = await table.getByRole('button').first().textContent();
	await table.getByRole('button').first().click();
	await page.waitForURL(new RegExp(`step=${step}$`));
}));

test('a call is handed on: link, text, JSON, a file', withPage(held, { address, permissions: ['clipboard-read', 'clipboard-write'] }, async (page, program) => {
	await page.getByRole('button', { name: 'Copy link' }).click();
	await page.getByText('Link copied').waitFor();
	assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
	await page.getByRole('button', { name: 'Copy as text' }).click();
	await page.getByText('Text copied').waitFor();
	assert.ok((await page.evaluate(() => navigator.clipboard.readText())).startsWith(`Call ${EXAMPLE}\n`));

	const download = async (name) => {
		const coming = page.waitForEvent('download');
		await page.getByRole('button', { name, exact: true }).click();
		return textOf(await coming);
	};
	const call = await program.ask(`/v1/calls/${encodeURIComponent(EXAMPLE)}`);
	assert.deepEqual(JSON.parse(await download('JSON')), call);
	const file = await page.context().newPage();
	await file.goto(`file://${program.write('call.html', await download('HTML file'))}`);
	assert.equal(await file.locator('tbody tr').count(), call.steps);
}));

test('j and k go through the list that the call came from', withPage(held, {}, async (page, program) => {
	const { calls } = await program.ask('/v1/calls?limit=3');
	await page.locator('.table-row').first().getByRole('link').first().click();
	await page.getByRole('heading', { name: calls[0].session_id }).waitFor();
	for (const [key, call] of [['j', calls[1]], ['j', calls[2]], ['k', calls[1]], ['k', calls[0]]]) {
		await page.keyboard.press(key);
		await page.getByRole('heading', { name: call.session_id }).waitFor();
	}
	await page.getByRole('link', { name: 'Back to the list' }).click();
	await page.getByRole('grid').waitFor();
}));

test('steps that are gone are said, not an error', withPage(held, { address: '#/call/old' }, async (page) => {
	await page.getByRole('heading', { name: 'The steps of this call are gone' }).waitFor();
	await page.getByText('kept for 5 days').waitFor();
	await goTo(page, '#/call/nobody');
	await page.getByRole('heading', { name: 'There is no such call' }).waitFor();
}));

test('two calls are compared', withPage(held, {}, async (page, program) => {
	const { calls: [a, b] } = await program.ask('/v1/calls?limit=2');
	await goTo(page, `#/call/${encodeURIComponent(a.session_id)}`);
	await page.getByRole('button', { name: 'Pin to compare' }).click();
	await goTo(page, `#/call/${encodeURIComponent(b.session_id)}`);
	await page.getByRole('link', { name: `Compare with ${a.session_id}` }).click();
	await page.getByRole('heading', { name: 'Two calls compared' }).waitFor();
	const diff = await program.ask(`/v1/diff/${encodeURIComponent(a.session_id)}/${encodeURIComponent(b.session_id)}`);
	await until(page, () => page.locator('.diff tbody tr').count(), (shown) => shown === diff.steps.length);
	assert.match(await page.getByRole('main').getByRole('status').textContent(), new RegExp(`^${diff.same} steps? the same, ${diff.changed} changed`));
}));
