// SPDX-License-Identifier: MIT
// Callers and applications choose what stands in a call: none of it may ever run, or be anything but text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTo, stage, until, withPage } from './browser.mjs';

const evil = '"\'`><script>window.ran = true; alert(1)</script><img src=x onerror="window.ran=true;alert(2)"><svg onload=alert(3)></svg>{{7*7}}${7*7}</title></style></textarea>\u202e';
const short = '"><script>alert(5)</script><img src=x onerror=window.ran=1>'; // for what may have 128 bytes
const session = `x-${short}`;
const now = Math.floor(Date.now() / 1000);
const step = (offset) => ({
	timestamp: now - 600 + offset, class: 'constructor', // a class is a word
	event: { line: evil, data: { module_type: evil, result_variable: evil, [evil]: evil, __proto__x: evil, deep: [{ [evil]: [evil] }] } },
});
const hostile = (id) => ({ session_id: id, src: short, dest: short, type: 'inbound', start: now - 600, end: now - 540, detail: [step(0), step(5), step(20)] });

const held = stage((program) => {
	program.import([hostile(session), hostile(`y-${short}`), hostile('javascript:alert(4)'), hostile('../../../etc')]);
	program.run(['hook', 'add', '--name', short, '--url', 'https://example.org/', '--filter', `module=${evil}`]);
});

/* Nothing of a call has become an element or has run. */
async function harmless(page) {
	assert.equal(await page.evaluate(() => window.ran), undefined);
	assert.equal(await page.locator('img, svg:not([class]), script:not([src]), [onerror], [onload]').count(), 0);
	assert.deepEqual(await page.locator('a[href]').evaluateAll((links) => links.map((link) => link.protocol).filter((name) => !/^(https?|file):$/.test(name))), []);
}

test('a hostile call runs nothing in any view', withPage(held, { key: 'admin' }, async (page) => {
	const one = encodeURIComponent(session);
	const views = [
		['#/calls', '.table-row a'],
		[`#/calls?src=${one}&text=${one}&module=${one}`, '.chips, .field-problem'],
		[`#/call/${one}?step=2`, '.chosen-step'],
		['#/call/javascript%3Aalert(4)', '.step'],
		['#/call/..%2F..%2F..%2Fetc', '.step'],
		[`#/call/none${one}`, '.state'],
		[`#/compare/${one}/${encodeURIComponent(`y-${short}`)}`, '.diff tbody tr'],
		...['dest', 'class', 'module', 'variable'].map((group) => [`#/statistics?group=${group}`, '.bars tbody tr']),
		['#/dropoff', '.dropoff tbody tr'],
		[`#/${one}`, '.state'],
		[`#/live?module=${one}`, '.list-head'],
		['#/keys', 'tbody tr'],
		['#/hooks', 'tbody tr'],
	];
	for (const [address, shown] of views) {
		await goTo(page, address);
		await page.locator(shown).first().waitFor();
		await harmless(page);
	}
}));

test('steps, data and variables of a hostile call are text', withPage(held, { address: `#/call/${encodeURIComponent(session)}` }, async (page) => {
	assert.equal(await page.locator('.step-line').first().textContent(), evil);
	await page.locator('.step').first().getByRole('button', { name: /^data/ }).click();
	assert.ok((await page.locator('.data').textContent()).includes(evil));
	await page.getByRole('searchbox', { name: 'Search in this call' }).fill(evil.slice(0, 20));
	await until(page, () => page.locator('.step').count(), (count) => count === 3);
	await harmless(page);
}));

test('the file that is handed on runs nothing either', withPage(held, { address: `#/call/${encodeURIComponent(session)}` }, async (page, program) => {
	const coming = page.waitForEvent('download');
	await page.getByRole('button', { name: 'HTML file' }).click();
	const download = await coming;
	assert.match(download.suggestedFilename(), /^call-x-[A-Za-z0-9._-]+\.html$/);
	const path = program.write('hostile.html', '');
	await download.saveAs(path);
	const file = await page.context().newPage();
	await file.goto(`file://${path}`);
	await file.locator('tbody tr').nth(2).waitFor();
	await harmless(file);
	assert.equal(await file.locator('h1').textContent(), `Call ${session}`);
}));
