// SPDX-License-Identifier: MIT
// Calls as they come, whichever program stores them, and calls while they go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, until, withPage } from './browser.mjs';
import { now, step, wrongPin } from './calls.mjs';

const held = stage((program) => program.import([wrongPin('long-ago', now() - 3600)]));

const CONNECTED = 'Connected: calls appear';
const rowOf = (page, session) => page.getByRole('listitem').filter({ hasText: session });
const going = (page, session) => page.getByRole('list', { name: 'Calls in progress' }).getByRole('listitem').filter({ hasText: session });
const stepLines = (page) => page.locator('.step-line').allTextContents();

/* A line of POST /v1/events with one step. */
function line(session, text, { from, kind = 'event', ...more } = {}) {
	return { session_id: session, ...more, ...(from !== undefined && { from }), steps: [step(now(), kind, text, 'menu', 'main_menu')] };
}

function begin(session, more) {
	return line(session, 'Call from +16175550199', { from: 0, kind: 'info', call: { start: now(), src: '+16175550199', dest: '+16175550100', ...more } });
}

const end = (session) => ({ session_id: session, call: { state: 'ended' } });

test('live: a call that the command line imports appears, by the filter; paused, it waits', withPage(held, { address: '#/live?dest=*0777' }, async (page, program) => {
	await page.getByText(CONNECTED).waitFor();
	program.import([wrongPin('not-this-one', now()), wrongPin('live-1', now(), { dest: '+16175550777' })]);
	await rowOf(page, 'live-1').waitFor();
	assert.equal(await page.getByText('not-this-one').count(), 0);
	await page.getByRole('button', { name: 'Pause' }).click();
	program.import([wrongPin('live-2', now(), { dest: '+16175550777' })]);
	await page.getByText('1 change waiting').waitFor();
	assert.equal(await page.getByText('live-2').count(), 0);
	await page.getByRole('button', { name: 'Go on' }).click();
	await rowOf(page, 'live-2').getByRole('link').click();
	await page.getByRole('heading', { name: /live-2/ }).waitFor();
}));

test('a call in progress is a row whose last step changes, with its age; when it ends it leaves', withPage(held, { address: '#/live' }, async (page, program) => {
	await page.getByText(CONNECTED).waitFor();
	await program.events({ ...begin('row-1'), call: { start: now() - 75, src: '+16175550199', dest: '+16175550100' } });
	const row = going(page, 'row-1');
	await row.getByText('Call from +16175550199').waitFor();
	const age = () => row.locator('.number').first().textContent();
	const before = await age();
	assert.match(before, /^age 1:[12]\d$/);
	await until(page, age, (later) => later > before);
	await program.events(line('row-1', 'Press one', { from: 1 }), line('row-1', 'No input', { from: 2 }));
	await row.getByText('No input').waitFor();
	await row.getByText('3 steps').waitFor();
	await program.events(line('row-1', 'User input: 1 (dtmf)', { from: 1 }));
	await row.getByText('User input: 1 (dtmf)').waitFor();
	await row.getByText('2 steps').waitFor();
	await program.events(end('row-1'));
	await row.getByText('ended').waitFor();
	await page.getByRole('list', { name: 'Calls that ended' }).getByRole('listitem').filter({ hasText: 'row-1' }).waitFor();
	assert.equal(await row.count(), 0);
}));

test('what goes on already is there at once, by the filter; a state is a part of it', withPage(held, { address: '#/live?module=menu' }, async (page, program) => {
	await program.events(begin('there-1'), line('there-1', 'Press one'), { session_id: 'there-2', call: { start: now() } });
	await page.reload();
	await going(page, 'there-1').getByText('Press one').waitFor();
	assert.equal(await page.getByText('there-2').count(), 0);
	await page.getByRole('button', { name: 'Filters' }).click();
	await page.getByLabel('State', { exact: true }).selectOption('ended');
	await page.getByRole('heading', { name: 'In progress' }).waitFor({ state: 'detached' });
	await page.getByLabel('State', { exact: true }).selectOption('live');
	await going(page, 'there-1').waitFor();
	await page.getByRole('heading', { name: 'Ended' }).waitFor({ state: 'detached' });
	await program.events(end('there-1'), end('there-2'));
}));

test('however many steps come, nothing is asked of the server for them, and nothing is read out', withPage(held, { address: '#/live' }, async (page, program) => {
	await page.getByText(CONNECTED).waitFor();
	const sessions = Array.from({ length: 40 }, (_, index) => `many-${index}`);
	const asked = [];
	page.on('request', (request) => asked.push(request.url()));
	await page.evaluate(() => {
		window.heard = [];
		const listen = new MutationObserver((changes) => window.heard.push(...changes.map(({ target }) => target.textContent)));
		document.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]').forEach((one) => listen.observe(one, { subtree: true, childList: true, characterData: true }));
	});
	await program.events(...sessions.map((session) => begin(session)));
	for (let at = 1; at <= 5; at++) {
		await program.events(...sessions.map((session) => line(session, `Step ${at}`, { from: at })));
	}
	await until(page, () => page.locator('.live-last', { hasText: 'Step 5' }).count(), (count) => count === 40);
	assert.deepEqual(asked, []);
	assert.deepEqual(await page.evaluate(() => window.heard), []);
	await program.events(...sessions.map(end));
}));

test('a filter that the server does not take is told once, and not asked again', withPage(held, { address: '#/live?min_duration=soon' }, async (page) => {
	await page.getByText(/^Not connected: min_duration: .*expected, not 'soon'\.$/).waitFor();
	await page.getByLabel('At least seconds', { exact: true }).fill('0');
	await page.keyboard.press('Enter');
	await page.getByText(CONNECTED).waitFor();
}));

test('of more calls than are shown the newest are, and the others are told', withPage(held, { address: '#/live?dest=555' }, async (page, program) => {
	await page.getByText(CONNECTED).waitFor();
	const sessions = Array.from({ length: 310 }, (_, index) => `crowd-${String(index).padStart(3, '0')}`);
	await program.events(...sessions.map((session, index) => begin(session, { dest: '555', start: now() - 400 + index })));
	await page.getByText(/^The newest 300 of 3\d\d calls are shown/).waitFor();
	await page.reload();
	await page.getByText(/^The newest 300 of 310 calls are shown/).waitFor();
	assert.equal(await page.locator('.live > li').count(), 300);
	assert.equal(await going(page, 'crowd-309').count(), 1);
	assert.equal(await going(page, 'crowd-000').count(), 0);
	await page.getByRole('link', { name: 'All of them' }).click();
	await page.getByText('of 310 calls').waitFor();
	await program.events(...sessions.map(end));
}));

test('by keyboard from the rows to a call, whose steps grow until it ends', withPage(held, { address: '#/live?dest=556' }, async (page, program) => {
	await program.events(begin('keys-1', { dest: '556', start: now() - 2 }), begin('keys-2', { dest: '556' }));
	await going(page, 'keys-1').waitFor();
	await page.keyboard.press('j');
	await page.locator('[data-session="keys-2"] a:focus').waitFor();
	await page.keyboard.press('ArrowDown');
	await page.locator('[data-session="keys-1"] a:focus').waitFor();
	await program.events(begin('keys-3', { dest: '556', start: now() + 1 }));
	await going(page, 'keys-3').waitFor();
	await page.locator('[data-session="keys-1"] a:focus').waitFor();
	await page.keyboard.press('Enter');
	await page.getByRole('heading', { name: 'Call keys-1' }).waitFor();
	await page.getByText('This call goes on').waitFor();
	await page.getByText('not yet').waitFor();
	await program.events(line('keys-1', 'Press one', { from: 1 }), line('keys-1', 'No input', { from: 2 }), { session_id: 'keys-1', call: { dest: '+16175550123' } });
	await page.getByText('+16175550123').waitFor();
	assert.deepEqual(await stepLines(page), ['Call from +16175550199', 'Press one', 'No input']);
	await program.events(line('keys-1', 'User input: 1 (dtmf)', { from: 1 }));
	await until(page, () => stepLines(page), (lines) => lines.length === 2);
	assert.deepEqual(await stepLines(page), ['Call from +16175550199', 'User input: 1 (dtmf)']);
	await program.events(line('keys-1', 'Caller hung up', { from: 2, call: { state: 'ended' } }));
	await page.getByText('The call has ended.').waitFor();
	await until(page, () => stepLines(page), (lines) => lines.length === 3);
	assert.equal(await page.getByText('not yet').count(), 0);
	await page.getByRole('link', { name: 'Live' }).first().click();
	await program.events(end('keys-2'), end('keys-3'));
}));

test('new steps move neither what is read nor what is marked', withPage(held, { address: '#/live', viewport: { width: 900, height: 400 } }, async (page, program) => {
	const steps = Array.from({ length: 60 }, (_, index) => step(now(), 'info', `Line ${index + 1}`, 'menu'));
	await program.events({ session_id: 'long', call: { start: now() }, from: 0, steps });
	await going(page, 'long').getByRole('link').click();
	await page.getByText('This call goes on').waitFor();
	const place = await page.evaluate(() => {
		const read = document.querySelector('[data-step="30"]');
		read.scrollIntoView();
		getSelection().selectAllChildren(read.querySelector('.step-line'));
		return read.getBoundingClientRect().top;
	});
	await program.events(line('long', 'Line 61', { from: 60 }));
	await page.locator('.step-line', { hasText: 'Line 61' }).waitFor();
	const moved = await page.evaluate((before) => document.querySelector('[data-step="30"]').getBoundingClientRect().top - before, place);
	assert.ok(Math.abs(moved) < 1, `moved by ${moved} pixels`);
	assert.equal(await page.evaluate(() => String(getSelection())), 'Line 30');
	await page.evaluate(() => {
		getSelection().empty();
		scrollTo(0, document.documentElement.scrollHeight);
	});
	await until(page, () => page.evaluate(() => innerHeight + scrollY >= document.documentElement.scrollHeight - 1), Boolean);
	await program.events(line('long', 'Line 62', { from: 61 }));
	const last = page.locator('.step-line', { hasText: 'Line 62' });
	await last.waitFor();
	await until(page, () => last.evaluate((one) => one.getBoundingClientRect().bottom), (bottom) => bottom <= 400);
	await program.events(end('long'));
}));

test('after the server was away it connects again and misses nothing', withPage(held, { address: '#/live' }, async (page, program) => {
	await page.getByText(CONNECTED).waitFor();
	program.import([wrongPin('before', now())]);
	await rowOf(page, 'before').waitFor();
	await program.events(begin('goes-on'), begin('called'));
	await going(page, 'goes-on').waitFor();
	await program.halt();
	await page.getByText(/Not connected/).waitFor();
	program.import([wrongPin('meanwhile', now()), wrongPin('goes-on', now())]);
	await program.serve([], new URL(page.origin).host);
	await rowOf(page, 'meanwhile').waitFor();
	await page.getByText(CONNECTED).waitFor();
	await going(page, 'called').waitFor();
	assert.equal(await going(page, 'goes-on').filter({ hasNotText: 'ended' }).count(), 0);
	await program.events(end('called'));
}));

test('a call that is open goes on being followed when the server is back', withPage(held, { address: '#/live' }, async (page, program) => {
	await program.events(begin('stays'));
	await going(page, 'stays').getByRole('link').click();
	await page.getByText('This call goes on').waitFor();
	await program.halt();
	await page.getByText(/Not connected/).waitFor();
	await program.serve([], new URL(page.origin).host);
	await page.getByText('This call goes on').waitFor();
	await program.events(line('stays', 'Back again', { from: 1, call: { state: 'ended' } }));
	await page.getByText('The call has ended.').waitFor();
	assert.deepEqual(await stepLines(page), ['Call from +16175550199', 'Back again']);
}));
