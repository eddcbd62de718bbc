// SPDX-License-Identifier: MIT
// For everyone: without a mouse, in the dark, on a small screen, with a screen reader, without a connection.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { goTo, stage, until, withPage } from './browser.mjs';
import { now, step } from './calls.mjs';
import { email } from './program.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const EXAMPLE = '100035;000;1575898377';
const LIVE = 'goes-on'; // in all of these tests
const BUNDLE_MAX = 110 * 1000;

const held = stage((program) => {
	program.record();
	program.generate(300);
	program.run(['hook', 'add', '--name', 'Wallboard', '--url', 'https://example.org/calls', '--filter', 'dest=none']);
}, [], (program) => program.events({
	session_id: LIVE,
	call: { start: now(), src: '+16175550199', dest: '+16175550100' },
	steps: ['prompt', 'error', 'debug'].map((kind) => step(now(), kind, `A step of class ${kind}`, 'menu', 'main_menu')),
}));

/* Each view and what is there when it is. */
const views = [
	['#/calls', '.table-row a'],
	['#/calls?min_duration=soon', '.field-problem'],
	['#/calls?text=nothinghasthisword', '.state'],
	[`#/call/${encodeURIComponent(EXAMPLE)}?step=4`, '.chosen-step'],
	[`#/call/${encodeURIComponent(EXAMPLE)}?step=9&replay=1&waits=short`, '.replay'],
	['#/call/nobody', '.state h1'],
	[`#/compare/${encodeURIComponent(EXAMPLE)}/pbx-1795459158.2`, '.diff tbody tr'],
	['#/live', '.live li'],
	[`#/call/${LIVE}`, '.dot.on'],
	['#/statistics?group=module', '.bars tbody tr'],
	['#/dropoff', '.dropoff tbody tr'],
	['#/dropoff?show=picture', '.flow svg .way'],
	['#/places', '.places tbody tr'],
	['#/import', '.drop'],
	['#/keys', 'tbody tr'],
	['#/hooks', 'tbody tr'],
	['#/sessions', '.state'],
	['#/audit', 'tbody tr'],
	['#/retention', '.keeping dd'],
];

/* What the rules are for: in the dark only colours are other ones than in the light. */
const rules = { light: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'], dark: ['color-contrast', 'link-in-text-block'] };

/* axe runs by the debugger's hand, which the page's Content-Security-Policy does not bind. */
async function violations(page, colorScheme) {
	await page.evaluate(axe);
	const { violations: found } = await page.evaluate((runOnly) => window.axe.run({ runOnly }), rules[colorScheme]);
	return found.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.any.map((any) => any.message)}`).join(' | ')}`);
}

for (const colorScheme of ['light', 'dark']) {
	test(`no view breaks a rule of accessibility, ${colorScheme}`, withPage(held, { key: 'admin', colorScheme }, async (page) => {
		const found = [];
		for (const [address, shown] of views) {
			await goTo(page, address);
			await page.locator(shown).first().waitFor();
			found.push(...(await violations(page, colorScheme)).map((one) => `${address} ${one}`));
		}
		await goTo(page, '#/calls?type=inbound');
		await page.locator('.filter-menu > summary').click();
		await page.getByRole('heading', { name: 'Used last' }).waitFor();
		found.push(...(await violations(page, colorScheme)).map((one) => `saved filters ${one}`));
		await page.keyboard.press('Escape');
		await page.keyboard.press('?');
		await page.getByRole('dialog').waitFor();
		found.push(...(await violations(page, colorScheme)).map((one) => `keys ${one}`));
		assert.deepEqual(found, []);
	}));

	test(`neither does the form to sign in nor the documentation, ${colorScheme}`, withPage(held, { key: null, colorScheme }, async (page) => {
		assert.deepEqual(await violations(page, colorScheme), []);
		await page.goto(`${page.origin}/docs`);
		await page.getByRole('navigation', { name: 'Requests' }).waitFor();
		assert.deepEqual(await violations(page, colorScheme), []);
	}));
}

test('dark and light: as the system says, or as is chosen', withPage(held, { colorScheme: 'dark' }, async (page) => {
	const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
	const dark = await paper();
	await page.emulateMedia({ colorScheme: 'light' });
	const light = await until(page, paper, (color) => color !== dark);
	await page.getByLabel('Theme').selectOption('dark');
	assert.equal(await paper(), dark);
	await page.reload();
	assert.equal(await paper(), dark);
	await page.getByLabel('Theme').selectOption('light');
	await page.emulateMedia({ colorScheme: 'dark' });
	assert.equal(await paper(), light);
}));

test('by keyboard alone from the form to a step', withPage(held, { key: null }, async (page, program) => {
	await page.locator('input[name=email]:focus').waitFor();
	await page.keyboard.type(email);
	await page.keyboard.press('Tab');
	await page.keyboard.type(program.key);
	await page.keyboard.press('Enter');
	await page.locator('.table-row a').first().waitFor();

	await page.keyboard.press('/');
	await page.keyboard.type('keypad');
	await page.keyboard.press('Enter');
	await page.waitForURL(/text=keypad/);
	await page.locator('.table-row', { hasText: EXAMPLE }).waitFor();
	await page.keyboard.press('Escape');
	const row = await page.locator('.table-row', { hasText: EXAMPLE }).getAttribute('aria-rowindex');
	await page.keyboard.press('j');
	await page.keyboard.press('Home');
	for (let at = 2; at < Number(row); at++) {
		await page.keyboard.press('ArrowDown');
	}
	await page.locator('.table-row.active', { hasText: EXAMPLE }).waitFor();
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: `Call ${EXAMPLE}` }).waitFor();

	const focused = () => page.evaluate(() => document.activeElement.className);
	for (let presses = 0; !(await focused()).includes('step-link'); presses++) {
		assert.ok(presses < 80, 'no step is reached by the Tab key');
		await page.keyboard.press('Tab');
	}
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Enter');
	await page.waitForURL(/step=2$/);
	await page.keyboard.press('g');
	await page.keyboard.press('d');
	await page.getByRole('heading', { name: 'Drop-off' }).waitFor();
	await page.keyboard.press('?');
	await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
}));

test('320 pixels are enough: no view is wider than the screen', withPage(held, { key: 'admin', viewport: { width: 320, height: 640 } }, async (page) => {
	for (const [address, shown] of views) {
		await goTo(page, address);
		await page.locator(shown).first().waitFor();
		assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, address);
	}
	await page.goto(`${page.origin}/docs`);
	await page.getByRole('navigation', { name: 'Requests' }).waitFor();
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= 320, '/docs');
}));

test('a preview breaks no rule of accessibility', withPage(held, { viewport: { width: 1600, height: 900 } }, async (page) => {
	await page.getByRole('complementary', { name: 'Preview' }).getByRole('list', { name: 'Steps' }).waitFor();
	await page.keyboard.press('x');
	await page.getByText('1 call is pinned').waitFor();
	assert.deepEqual(await violations(page, 'light'), []);
}));

test('a large screen is used', withPage(held, { viewport: { width: 3840, height: 2160 } }, async (page) => {
	await page.locator('.table-row a').first().waitFor();
	await page.locator('.table-row').nth(40).waitFor();
}));

test('without a connection it says so, and goes on by itself', withPage(held, {}, async (page) => {
	await page.locator('.table-row a').first().waitFor();
	await page.context().setOffline(true);
	await page.getByRole('alert').filter({ hasText: 'offline' }).first().waitFor();
	await goTo(page, '#/dropoff');
	await page.getByRole('heading', { name: 'No answer' }).waitFor();
	await page.context().setOffline(false);
	await page.getByText('This computer is offline.').waitFor({ state: 'detached' });
	await page.locator('.dropoff tbody tr').first().waitFor();
}));

test('the page is small: script, style and HTML', withPage(held, { key: null }, async (page) => {
	const html = await page.content();
	const paths = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map(([, path]) => path);
	assert.equal(paths.length, 2);
	const texts = await Promise.all(['/', ...paths].map(async (path) => (await fetch(page.origin + path)).text()));
	const size = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
	assert.ok(size <= BUNDLE_MAX, `${size} bytes`);
}));
