// SPDX-License-Identifier: MIT
// Bundles the page and writes what the program embeds: each file as it is and compressed, and one C file that lists them.
// usage: node build.js OUTPUT.c NOTICES.txt DEPFILE FOLDER [NAME]
// FOLDER is where the files go that OUTPUT.c includes; there it is called NAME, or as it is.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parse } from 'yaml';

import { indexOf, markdownOf } from './docs/markdown.js';

const here = dirname(fileURLToPath(import.meta.url));
const [output, noticesFile, depfile, folder] = process.argv.slice(2, 6).map((name) => resolve(name));
const folderName = process.argv[6] ?? folder;

/* Each page is an HTML file, which names its one script as src="NAME.js". */
const pages = [
	{ path: '/', html: 'src/index.html', script: 'src/main.js' },
	{ path: '/docs', html: 'docs/index.html', script: 'docs/docs.js' },
];

const contract = '../docs/openapi.yaml';
/* Documents that are served beside /docs: all but figures of past measurements. */
const documents = readdirSync(join(here, '../docs')).filter((name) => name.endsWith('.md') && !name.startsWith('benchmarks')).sort();
const picture = 'src/icon.svg';

const types = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
	'.json': 'application/json',
	'.md': 'text/markdown; charset=utf-8',
	'.txt': 'text/plain; charset=utf-8',
};

async function bundle() {
	const { outputFiles, metafile } = await build({
		absWorkingDir: here,
		entryPoints: pages.map((page) => page.script),
		entryNames: '[name]-[hash]',
		assetNames: '[name]-[hash]',
		outdir: '/assets',
		bundle: true,
		minify: true,
		format: 'esm',
		target: 'es2020',
		charset: 'utf8',
		loader: { '.svg': 'file' },
		legalComments: 'none',
		metafile: true,
		write: false,
	});
	const made = Object.entries(metafile.outputs)
		.filter(([, file]) => file.entryPoint)
		.map(([name, file]) => [file.entryPoint, { script: basename(name), style: file.cssBundle && basename(file.cssBundle) }]);
	return {
		files: outputFiles.map((file) => ({ path: `/assets/${basename(file.path)}`, bytes: file.contents, immutable: true })),
		entries: Object.fromEntries(made),
		inputs: Object.keys(metafile.inputs),
	};
}

/* The page's HTML with the addresses that its script and style were given. */
function html(page, entry) {
	const style = entry.style ? `<link rel="stylesheet" href="/assets/${entry.style}">` : '';
	const text = readFileSync(join(here, page.html), 'utf8')
		.replace(`<script type="module" src="${basename(page.script)}"></script>`,
			`${style}<script type="module" src="/assets/${entry.script}"></script>`);
	if (!text.includes(entry.script)) {
		throw new Error(`${page.html} names no script '${basename(page.script)}'`);
	}
	return { path: page.path, type: types['.html'], bytes: Buffer.from(text), immutable: false };
}

/* Writes a file for the assembler to include; returns its name in C's quotes. */
function stored(name, bytes) {
	writeFileSync(join(folder, name), bytes);
	return JSON.stringify(`${folderName}/${name}`);
}

/* The contract of the API, for programs and for /docs; the same and the documents as Markdown, and a list of them. */
function texts() {
	const document = parse(readFileSync(join(here, contract), 'utf8'));
	const markdown = [['/docs.md', markdownOf(document)],
		...documents.map((name) => [`/docs/${name}`, readFileSync(join(here, '../docs', name), 'utf8')])];
	return [['/openapi.json', JSON.stringify(document)], ...markdown, ['/llms.txt', indexOf(document, markdown)]]
		.map(([path, text]) => ({ path, bytes: Buffer.from(text), immutable: false }));
}

/* What others ask to be told of their packages: of each that is in the page its licence, as it lies beside it. */
function notices(inputs) {
	const names = [...new Set(inputs.map((name) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(name)?.[1]).filter(Boolean))].sort();
	const text = names.map((name) => {
		const at = join(here, 'node_modules', name);
		const { version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
		const file = readdirSync(at).find((one) => /^licen[cs]e/i.test(one));
		if (!file) {
			throw new Error(`${name} has no licence beside it`);
		}
		return `${name} ${version} (${license})\n\n${readFileSync(join(at, file), 'utf8').trim()}\n`;
	}).join(`\n${'-'.repeat(80)}\n\n`);
	return { path: '/docs/notices.txt', bytes: Buffer.from(`The page of callstep has these packages in it.\n\n${text}`), immutable: false };
}

function icon() {
	return { path: '/assets/icon.svg', bytes: readFileSync(join(here, picture)), immutable: false };
}

function cFile(files) {
	const symbols = [];
	const rows = files.map((file, number) => {
		const packed = gzipSync(file.bytes, { level: constants.Z_BEST_COMPRESSION });
		const etag = createHash('sha256').update(file.bytes).digest('hex').slice(0, 16);
		symbols.push(`INCLUDE(bytes_${number}, ${stored(`${number}`, file.bytes)})`,
			`INCLUDE(gzip_${number}, ${stored(`${number}.gz`, packed)})`);
		return `\t{.path = ${JSON.stringify(file.path)}, .type = ${JSON.stringify(file.type ?? types[extname(file.path)])},\n`
			+ `\t\t.etag = "\\"${etag}\\"", .immutable = ${file.immutable},\n`
			+ `\t\t.bytes = bytes_${number}, .bytes_size = ${file.bytes.length}, .gzip = gzip_${number}, .gzip_size = ${packed.length}},`;
	});
	return `#include "api/web_files.h"

/* A file's bytes, which the assembler takes in: no compiler has to read them. */
#define INCLUDE(name, file) \\
	extern const char name[]; \\
	__asm__(".pushsection .rodata\\n" #name ":\\n.incbin \\"" file "\\"\\n.popsection\\n");

${symbols.join('\n')}

const struct web_file web_files[] = {
${rows.join('\n')}
};
const size_t web_files_count = ${rows.length};
`;
}

mkdirSync(folder, { recursive: true });
const { files, entries, inputs } = await bundle();
const licences = notices(inputs);
writeFileSync(noticesFile, licences.bytes);
writeFileSync(output, cFile([...pages.map((page) => html(page, entries[page.script])), ...texts(), licences, icon(), ...files]));
const read = ['build.js', 'docs/markdown.js', 'docs/document.js', contract, ...documents.map((name) => `../docs/${name}`), picture, ...pages.map((page) => page.html), ...inputs].map((name) => join(here, name));
writeFileSync(depfile, `${output}: ${read.join(' ')}\n`);
