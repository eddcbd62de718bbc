// SPDX-License-Identifier: MIT
// What was wrong once, or confused its readers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, signIn, stage, totalOf, until, withPage } from './browser.mjs';
import { call, now, rightPin, step, wrongPin } from './calls.mjs';

const start = now() - 600;
const held = stage((program) => program.import([
	wrongPin('wrong', start),
	rightPin('right', start),
	call('empty-log', start, []),
	call('looks-up', start, [
		step(start, 'info', 'Executing REST request GET https://example.org/', 'rest', 'customer'),
		step(start + 1, 'event', 'HTTP 200 in 42 ms', 'rest', 'customer'),
		step(start + 2, 'event', 'Invalid input: 3 (dtmf)', 'menu', 'choice'),
		step(start + 3, 'event', 'User input: 4711 (dtmf)', 'menu', 'account'),
		step(start + 4, 'a_class_of_thirty_two_letters_xx', 'Something else', 'menu', 'account'),
	]),
]));

const lines = (session) => [1, 2].map((number) => `${JSON.stringify(wrongPin(`${session}-${number}`, now() - 30, { src: '+16175550333' }))}\n`).join('');

test('what was collected has no answers of other systems and no wrong input', withPage(held, { address: '#/call/looks-up' }, async (page) => {
	const rows = page.getByRole('region', { name: 'Collected during the call' }).locator('tbody tr');
	await rows.first().waitFor();
	assert.deepEqual(await rows.locator('th').evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent)), ['account']);
}));

test('a long class stays in its column', withPage(held, { address: '#/call/looks-up' }, async (page) => {
	const row = page.locator('[data-step="5"]');
	const [word, line] = await Promise.all([row.locator('.class-word').boundingBox(), row.locator('.step-what').boundingBox()]);
	assert.ok(word.x + word.width <= line.x, `${word.x + word.width} > ${line.x}`);
}));

test('a log without a step is said to have none', withPage(held, { address: '#/call/empty-log' }, async (page) => {
	await page.getByText('This call has a log, and no step is in it.').waitFor();
	assert.equal(await page.getByText('No step is left').count(), 0);
}));

test('a chosen step that the classes or the words hide is told, and comes back', withPage(held, { address: '#/call/wrong?step=4' }, async (page) => {
	await page.locator('.chosen-step').waitFor();
	await page.getByRole('button', { name: /^error \d/ }).click();
	await page.getByRole('status').filter({ hasText: 'Step 4, which is chosen, is not among those shown.' }).waitFor();
	await page.getByRole('button', { name: 'Show all steps' }).click();
	await page.locator('.chosen-step').waitFor();
}));

test('lines of calls are read as such whatever the file is called', withPage(held, { address: '#/import' }, async (page) => {
	await page.locator('#files').setInputFiles({ name: 'calls.json', mimeType: 'application/json', buffer: Buffer.from(lines('named-json')) });
	await page.getByRole('region', { name: 'calls.json' }).getByText('2 calls stored').waitFor();
}));

test('a file that is dropped beside the box is taken too', withPage(held, { address: '#/import' }, async (page) => {
	await page.getByRole('heading', { name: 'Import' }).evaluate((heading, text) => {
		const transfer = new DataTransfer();
		transfer.items.add(new File([text], 'beside.ndjson'));
		const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true });
		heading.dispatchEvent(event);
		if (!event.defaultPrevented) {
			throw new Error('the browser would open the file');
		}
	}, lines('beside'));
	await page.getByRole('region', { name: 'beside.ndjson' }).getByText('2 calls stored').waitFor();
}));

test('a menu closes by Escape, by a click elsewhere, and when the focus leaves it', withPage(held, {}, async (page) => {
	await page.locator('.table-row a').first().waitFor();
	const menu = page.locator('details.menu').filter({ hasText: 'Columns' });
	const isOpen = () => menu.evaluate((one) => one.open);
	for (const close of [() => page.keyboard.press('Escape'), () => page.getByTestId('total').click(), () => page.locator('#words').focus()]) {
		await menu.locator('summary').click();
		assert.equal(await isOpen(), true);
		await close();
		await until(page, isOpen, (open) => !open);
	}
	await menu.locator('summary').click();
	await page.keyboard.press('Escape');
	assert.equal(await menu.locator('summary').evaluate((one) => one === document.activeElement), true);
}));

test('the own zone is named so that it can be read', withPage(held, { timezoneId: 'America/Argentina/Buenos_Aires' }, async (page) => {
	assert.equal(await page.getByTestId('zone').locator('option').first().textContent(), 'Local: Buenos Aires');
}));

test('what a key may not do is not offered again', withPage(held, { key: null }, async (page, program) => {
	await signIn(page, program.run(['key', 'add', '--scope', 'read']).trim());
	await goTo(page, '#/keys');
	await page.getByRole('alert').waitFor();
	assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
}));

test('back online, what had no answer is asked again by itself', withPage(held, {}, async (page) => {
	await page.locator('.table-row a').first().waitFor();
	await page.context().setOffline(true);
	await goTo(page, '#/dropoff');
	await page.getByRole('heading', { name: 'No answer' }).waitFor();
	await page.context().setOffline(false);
	await page.locator('.dropoff tbody tr').first().waitFor();
}));

test('while a new answer is on its way the old chart is dimmed', withPage(held, { address: '#/calls?start=-2h' }, async (page) => {
	await page.getByTestId('chart').waitFor();
	const waiting = [];
	let holding = true;
	await page.route('**/v1/stats?*group=time*', (route) => (holding ? waiting.push(route) : route.continue()));
	await goTo(page, '#/calls?start=-2h&type=outbound');
	await page.locator('.stale[aria-busy="true"]').getByTestId('chart').waitFor();
	await until(page, () => waiting.length, (count) => count > 0);
	holding = false;
	await Promise.all(waiting.map((route) => route.continue()));
	await page.getByTestId('chart').waitFor({ state: 'detached' });
}));

test('two calls that are compared have a colour each', withPage(held, { address: '#/compare/wrong/right' }, async (page) => {
	const color = (side) => page.locator(`.side-${side}`).evaluate((one) => getComputedStyle(one).backgroundColor);
	assert.notEqual(await color('a'), await color('b'));
}));

test('columns are named in words that need no translation', withPage(held, { key: 'admin', address: '#/statistics?group=module' }, async (page) => {
	const names = async (address) => {
		await goTo(page, address);
		await page.locator('tbody tr').first().waitFor();
		return page.getByRole('columnheader').allTextContents();
	};
	const all = [await names('#/statistics?group=module'), await names('#/dropoff'), await names('#/keys')].flat();
	assert.deepEqual(all.filter((name) => ['p50', 'p95', 'Together', 'Place', 'May'].includes(name)), []);
}));

test('Back to Live shows the calls that had ended, and those that ended meanwhile', withPage(held, { address: '#/live' }, async (page, program) => {
	await page.getByText('Connected: calls appear').waitFor();
	const row = (session) => page.getByRole('list', { name: 'Calls that ended' }).getByRole('listitem').filter({ hasText: session });
	program.import([wrongPin('before-back', now())]);
	await row('before-back').getByRole('link').click();
	await page.getByRole('heading', { name: 'Call before-back' }).waitFor();
	program.import([wrongPin('while-away', now())]);
	await page.goBack();
	await row('before-back').waitFor();
	await row('while-away').waitFor();
	assert.deepEqual([await row('before-back').count(), await row('while-away').count()], [1, 1]);
}));

test('what is shown does not jump while the list comes', withPage(held, {}, async (page) => {
	await totalOf(page);
	await page.addInitScript(() => {
		window.shift = 0;
		new PerformanceObserver((list) => list.getEntries().forEach((entry) => { window.shift += entry.value; })).observe({ type: 'layout-shift', buffered: true });
	});
	await page.reload();
	await totalOf(page);
	await page.getByTestId('chart').waitFor();
	await page.getByRole('group', { name: 'How the calls went' }).getByRole('button').first().waitFor();
	assert.ok(await page.evaluate(() => window.shift) < 0.05, `${await page.evaluate(() => window.shift)}`);
}));
