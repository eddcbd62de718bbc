// SPDX-License-Identifier: MIT
// The interactive documentation: a request is built, sent to this server, read, and passed on by its address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostile, now, wrongPin } from './calls.mjs';
import { stage, until, withPage } from './browser.mjs';
import { email } from './program.mjs';

const held = stage((program) => {
	program.record();
	program.import([wrongPin('wrong-1', now() - 1800), hostile('evil', now() - 100)]);
});

const body = (page) => page.getByRole('region', { name: 'Body of the answer' });

async function enter(page, program) {
	await page.getByPlaceholder('E-mail').fill(email);
	await page.getByPlaceholder('Key').fill(program.key);
	await page.getByRole('button', { name: 'Use' }).click();
	await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/* Sends what the form holds and waits until the whole answer is there. */
async function answered(page, status, type = 'application/') {
	await page.getByRole('button', { name: 'Send' }).click();
	await page.locator('.result [role=status]').filter({ hasText: new RegExp(`^${status} .* of ${type}`) }).filter({ hasNotText: 'receiving' }).waitFor();
}

test('all_logs is asked as it stands there, and answers in JSON and in XML', withPage(held, { address: 'docs#/getAllLogs', key: null }, async (page, program) => {
	await enter(page, program);
	await page.getByLabel(/^limit/).fill('100');
	await answered(page, 200);
	const calls = JSON.parse(await body(page).innerText()).calls;
	assert.ok(calls.some((call) => call.session_id === 'wrong-1'));
	await page.getByLabel(/^Accept/).selectOption('application/xml');
	await answered(page, 200, 'application/xml');
	const text = await body(page).innerText();
	assert.match(text, /^<\?xml version="1.0"\?>\s*<result>/);
	assert.match(text, /<session_id>wrong-1<\/session_id>/);
}));

test('the filled-in request is in the address and comes back, without the key', withPage(held, { address: 'docs#/getAllLogs', key: null }, async (page, program) => {
	await enter(page, program);
	await page.getByLabel(/^number/).fill('*0100');
	await page.getByLabel(/^limit/).fill('7');
	await page.getByLabel(/^Accept/).selectOption('application/xml');
	await page.waitForURL(/limit=7.*Accept=application\/xml/);
	const address = page.url();
	assert.ok(!address.includes(program.key) && !address.includes(email));
	const other = await page.context().newPage();
	await other.goto(address);
	await other.getByLabel(/^limit/).waitFor();
	assert.equal(await other.getByLabel(/^limit/).inputValue(), '7');
	assert.equal(await other.getByLabel(/^number/).inputValue(), '*0100');
	assert.equal(await other.getByLabel(/^start/).inputValue(), await page.getByLabel(/^start/).inputValue());
	assert.equal(await other.getByLabel(/^Accept/).inputValue(), 'application/xml');
}));

test('what is wrong is answered with the words of the server', withPage(held, { address: 'docs#/getAllLogs', key: null }, async (page, program) => {
	await answered(page, 401);
	await page.getByText('Enter an e-mail and a key at the top of this page.').waitFor();
	await enter(page, program);
	await page.getByLabel(/^limit/).fill('many');
	await answered(page, 400);
	assert.match(await body(page).innerText(), /limit/);
}));

test('samples follow the form, and never hold the key', withPage(held, { address: 'docs#/getAllLogs', key: null }, async (page, program) => {
	await enter(page, program);
	await page.getByLabel(/^limit/).fill('7');
	for (const [language, words] of [['curl', /curl -s/], ['PHP', /curl_init/], ['Python', /urllib/], ['JavaScript', /await fetch/]]) {
		await page.getByRole('button', { name: language, exact: true }).click();
		const sample = await page.getByTestId('sample').innerText();
		assert.match(sample, words);
		assert.match(sample, /limit=7/);
		assert.ok(sample.includes(email) && !sample.includes(program.key));
	}
}));

test('the address is copied by a button, and a call to ask for is one click away', withPage(held,
	{ address: 'docs#/getCall', key: null, permissions: ['clipboard-read', 'clipboard-write'] }, async (page, program) => {
		await enter(page, program);
		await page.getByRole('button', { name: 'Take the newest call' }).click();
		await page.waitForURL(/session_id=/);
		await page.getByRole('button', { name: 'Copy this page’s address' }).click();
		await page.getByText('Copied').waitFor();
		assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
		await answered(page, 200);
	}));

test('a wrong key is told at once; the right one is that of the page, too', withPage(held, { address: 'docs#/getAllLogs', key: null }, async (page, program) => {
	await page.getByPlaceholder('E-mail').fill(email);
	await page.getByPlaceholder('Key').fill('wrong');
	await page.getByRole('button', { name: 'Use' }).click();
	await page.getByRole('alert').waitFor();
	await enter(page, program);
	await page.goto(`${page.origin}/#/calls`);
	await page.getByRole('link', { name: 'Import' }).waitFor();
}));

test('who is signed in on the page is signed in here', withPage(held, { address: '#/calls' }, async (page) => {
	await page.getByRole('link', { name: 'API', exact: true }).click();
	await page.getByText(email, { exact: true }).waitFor();
}));

test('every operation is there and can be sent or says what is missing', withPage(held, { address: 'docs', key: null }, async (page, program) => {
	await enter(page, program);
	const { paths } = await fetch(`${page.origin}/openapi.json`).then((answer) => answer.json());
	const operations = Object.values(paths).flatMap((item) => Object.values(item).map((operation) => operation.operationId)).filter(Boolean);
	const links = page.getByRole('navigation', { name: 'Requests' }).getByRole('link');
	await until(page, () => links.count(), (shown) => shown === operations.length);
	for (const id of operations) {
		await page.goto(`${page.origin}/docs#/${id}`);
		await page.locator(`nav a[aria-current=page][href$="#/${id}"]`).waitFor();
		await page.getByRole('button', { name: 'Send' }).waitFor();
		assert.ok(!await page.getByText('undefined').count(), id);
	}
}));

test('a stream is shown as it comes, until it is stopped', withPage(held, { address: 'docs#/followCalls?last_event_id=0', key: null }, async (page, program) => {
	await enter(page, program);
	await page.getByRole('button', { name: 'Send' }).click();
	await body(page).filter({ hasText: 'event: call' }).waitFor();
	await page.getByRole('button', { name: 'Stop receiving' }).click();
	await page.locator('.result [role=status]').filter({ hasNotText: 'receiving' }).waitFor();
}));

test('a hostile call in an answer runs nothing', withPage(held, { address: 'docs#/findCalls?text=onerror&detail=true', key: null }, async (page, program) => {
	await enter(page, program);
	for (const id of ['getAllLogs', 'getCalls']) {
		await page.goto(`${page.origin}/docs#/${id}`);
		await answered(page, 200);
		assert.match(await body(page).innerText(), /window\.ran/);
	}
	await page.goto(`${page.origin}/docs#/getAllLogs?start=<script>window.ran=1</script>&end="onload=window.ran=2&number=<img src=x onerror=window.ran=3>`);
	await page.getByRole('button', { name: 'Send' }).waitFor();
	assert.equal(await page.evaluate(() => window.ran), undefined);
	assert.equal(await page.locator('main img').count(), 0);
}));
