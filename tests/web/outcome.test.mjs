// SPDX-License-Identifier: MIT
// How calls went: in the list, as counts that filter, and of one call in one sentence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, totalOf, until, withPage } from './browser.mjs';
import { now, wrongPin } from './calls.mjs';

const held = stage((program) => {
	program.record();
	program.generate(3000);
	program.import([wrongPin('wrong-pin', now() - 60, { outcome: 'abandoned', ended_by: 'caller' })]);
});

const number = (text) => Number(/[\d,]+/.exec(text)[0].replaceAll(',', ''));

test('above the list stands how many calls went which way, and each count is a filter', withPage(held, { address: '#/calls?type=inbound' }, async (page, program) => {
	const { groups } = await program.ask('/v1/stats?group=outcome&type=inbound');
	const chip = (name) => page.getByRole('group', { name: 'How the calls went' }).getByRole('button', { name: new RegExp(`^${name} `) });
	for (const { key, calls } of groups) {
		assert.equal(number(await chip(key || 'not known').textContent()), calls, key);
	}
	const count = (key) => groups.find((group) => group.key === key).calls;
	await chip('missed').click();
	await page.waitForURL(/outcome=missed/);
	await until(page, () => totalOf(page), (total) => total === count('missed'));
	await chip('abandoned').click();
	await until(page, () => totalOf(page), (total) => total === count('missed') + count('abandoned'));
	assert.equal(await chip('missed').getAttribute('aria-pressed'), 'true');
	assert.equal(number(await chip('answered').textContent()), count('answered'), 'the others are still counted');
	await chip('missed').click();
	await until(page, () => totalOf(page), (total) => total === count('abandoned'));
	await chip('not known').click();
	await until(page, () => totalOf(page), (total) => total === count(''));
	await page.getByRole('button', { name: 'Drop: Outcome not known' }).click();
	await until(page, () => totalOf(page), (total) => total === groups.reduce((sum, { calls }) => sum + calls, 0));
}));

test('the column behind the time says with a picture and a word how a call went', withPage(held, { address: '#/calls?outcome=abandoned' }, async (page) => {
	const names = await page.getByRole('columnheader').allTextContents();
	const at = names.findIndex((name) => name.startsWith('Started')) + 1;
	assert.equal(names[at], 'Outcome');
	const cell = page.locator('.table-row').first().getByRole('gridcell').nth(at);
	await cell.locator('svg.icon.bad').waitFor();
	assert.equal((await cell.textContent()).trim(), 'abandoned');
}));

test('a call begins with one sentence that says what happened', withPage(held, { address: '#/call/wrong-pin' }, async (page) => {
	await until(page, () => page.getByTestId('story').textContent().then((text) => text.trim()), (text) => text === 'Gave up in pin after 1 wrong input; waited 27 s; the caller hung up.');
}));
