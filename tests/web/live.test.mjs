// SPDX-License-Identifier: MIT
// Calls as they come, whichever program stores them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, withPage } from './browser.mjs';
import { now, wrongPin } from './calls.mjs';

const held = stage((program) => program.import([wrongPin('long-ago', now() - 3600)]));

test('live: a call that the command line imports appears, by the filter; paused, it waits', withPage(held, { address: '#/live?dest=*0777' }, async (page, program) => {
	await page.getByText('Connected: calls appear').waitFor();
	program.import([wrongPin('not-this-one', now()), wrongPin('live-1', now(), { dest: '+16175550777' })]);
	await page.getByRole('listitem').filter({ hasText: 'live-1' }).waitFor();
	assert.equal(await page.getByText('not-this-one').count(), 0);
	await page.getByRole('button', { name: 'Pause' }).click();
	program.import([wrongPin('live-2', now(), { dest: '+16175550777' })]);
	await page.getByText('Paused, 1 event waiting').waitFor();
	assert.equal(await page.getByText('live-2').count(), 0);
	await page.getByRole('button', { name: 'Go on' }).click();
	await page.getByRole('listitem').filter({ hasText: 'live-2' }).getByRole('link').click();
	await page.getByRole('heading', { name: /live-2/ }).waitFor();
}));

test('after the server was away it connects again and misses nothing', withPage(held, { address: '#/live' }, async (page, program) => {
	await page.getByText('Connected: calls appear').waitFor();
	program.import([wrongPin('before', now())]);
	await page.getByRole('listitem').filter({ hasText: 'before' }).waitFor();
	await program.halt();
	await page.getByText(/Not connected/).waitFor();
	program.import([wrongPin('meanwhile', now())]);
	await program.serve([], new URL(page.origin).host);
	await page.getByRole('listitem').filter({ hasText: 'meanwhile' }).waitFor();
}));
