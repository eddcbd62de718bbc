// SPDX-License-Identifier: MIT
// docs/openapi.yaml as the tools of others see it: two linters find nothing, and a TypeScript client made of it compiles and works.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { email, Program } from './program.mjs';

const require = createRequire(import.meta.url);
const { createConfig, lint } = require('@redocly/openapi-core');
const { Document, Spectral } = require('@stoplight/spectral-core');
const { Yaml } = require('@stoplight/spectral-parsers');
const { oas } = require('@stoplight/spectral-rulesets');

const here = fileURLToPath(new URL('.', import.meta.url));
const path = fileURLToPath(new URL('../../docs/openapi.yaml', import.meta.url));
const description = readFileSync(path, 'utf8');

async function redocly(source) {
	const file = join(held.folder, 'linted.yaml');
	writeFileSync(file, source);
	const problems = await lint({ ref: file, config: await createConfig({ extends: ['recommended'] }) });
	return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

async function spectral(source) {
	const linter = new Spectral();
	linter.setRuleset({ extends: [oas] });
	const problems = await linter.run(new Document(source, Yaml, path));
	return problems.map(({ code, message, path: at }) => `${code} ${at.join('.')}: ${message}`);
}

const held = {};
before(async () => {
	held.folder = mkdtempSync(join(tmpdir(), 'callstep-description-'));
	held.program = new Program();
	held.program.generate(30);
	await held.program.serve();
});
after(async () => {
	await held.program?.stop();
	rmSync(held.folder, { recursive: true, force: true });
});

test('redocly finds nothing in the description', async () => {
	assert.deepEqual(await redocly(description), []);
	assert.match((await redocly(description.replace('operationId: findCalls', 'operationId: findCalls\n      nonsense: 1'))).join(), /nonsense/);
});

test('spectral finds nothing in the description', async () => {
	assert.deepEqual(await spectral(description), []);
	assert.match((await spectral(description.replace('operationId: findCalls', 'operationId: places'))).join(), /operation-operationId-unique/);
});

test('a TypeScript client that is made of the description compiles strictly, and works', async () => {
	const { folder, program } = held;
	writeFileSync(join(folder, 'schema.d.ts'), astToString(await openapiTS(pathToFileURL(path))));
	copyFileSync(join(here, 'client.ts'), join(folder, 'client.ts'));
	writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
	symlinkSync(join(here, 'node_modules'), join(folder, 'node_modules'));
	const compiler = [require.resolve('typescript/bin/tsc'), '--strict', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext', 'client.ts'];
	try {
		execFileSync(process.execPath, compiler, { cwd: folder, encoding: 'utf8' });
	} catch (problem) {
		assert.fail(problem.stdout);
	}
	const { newest } = await import(pathToFileURL(join(folder, 'client.js')));
	const found = await newest(program.origin, `Basic ${Buffer.from(`${email}:${program.key}`).toString('base64')}`, 4);
	const { calls, total_calls: total } = await program.ask('/v1/calls?limit=4');
	assert.deepEqual(found.calls, calls.map((call) => ({ session: call.session_id, outcome: call.outcome })));
	assert.equal(found.total, total);
	assert.equal(found.steps, calls[0].steps);
});
