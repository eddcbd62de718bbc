// SPDX-License-Identifier: MIT
// No server: said, with what to do, and over by asking again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage, totalOf, withPage } from './browser.mjs';
import { now, rightPin, wrongPin } from './calls.mjs';

const held = stage((program) => program.import([wrongPin('wrong-1', now() - 900), rightPin('right-1', now() - 600)]));

test('a server that is gone is said with what to do; asking again helps when it is back', withPage(held, {}, async (page, program) => {
	await totalOf(page);
	await program.halt();
	await page.getByRole('link', { name: 'Drop-off' }).click();
	await page.getByRole('heading', { name: 'No answer' }).waitFor();
	assert.match(await page.getByRole('alert').innerText(), /Check that callstep runs/);
	await program.serve([], new URL(page.origin).host);
	await page.getByRole('button', { name: 'Try again' }).click();
	await page.getByText(/ lost of 2 calls; /).waitFor();
}));
