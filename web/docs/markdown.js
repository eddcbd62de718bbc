// SPDX-License-Identifier: MIT
// The documentation of the API as Markdown, made of /openapi.json: for people without a browser, and for programs that read text.
import { groupsOf, operationsOf, resolved } from './document.js';

const oneLine = (text) => text.trim().replace(/\s+/g, ' ');

function kindOf(schema = {}) {
	const type = schema.enum ? schema.enum.join(', ') : [schema.type ?? 'any'].flat().join(' or ');
	const bounds = ['minimum', 'maximum', 'maxLength', 'default'].filter((name) => name in schema).map((name) => `${name} ${schema[name]}`);
	return [type, ...bounds].join('; ');
}

function parameterLine(document, parameter) {
	const must = parameter.required ? ', required' : '';
	return `- \`${parameter.name}\` (${parameter.in}${must}; ${kindOf(resolved(document, parameter.schema))}): ${oneLine(parameter.description ?? '')}`;
}

function responseLine({ status, description, content = {} }) {
	const types = Object.keys(content);
	return `- ${status}: ${oneLine(description ?? '')}${types.length ? ` (${types.join(', ')})` : ''}`;
}

function operationText(document, operation) {
	const { body } = operation;
	return [
		`### ${operation.method} ${operation.path}`, operation.summary, operation.description.trim(),
		operation.parameters.map((parameter) => parameterLine(document, parameter)).join('\n'),
		body ? `Body: ${Object.keys(body.content).join(', ')}. ${oneLine(body.description ?? '')}`.trim() : '',
		operation.responses.map(responseLine).join('\n'),
	].filter(Boolean).join('\n\n');
}

export function markdownOf(document) {
	const groups = groupsOf(document, operationsOf(document));
	return [
		`# ${document.info.title} ${document.info.version}: the API`, document.info.description.trim(),
		...groups.flatMap((group) => [`## ${group.name}`, group.description.trim(), ...group.operations.map((one) => operationText(document, one))]),
	].filter(Boolean).join('\n\n') + '\n';
}

/* What /llms.txt says (llmstxt.org): what this is, and where each document is. @documents: [address, Markdown]. */
export function indexOf(document, documents) {
	const lines = documents.map(([path, text]) => `- [${/^# (.*)$/m.exec(text)[1]}](${path})`);
	const [first] = document.info.description.trim().split('\n\n');
	return `# ${document.info.title}\n\n> ${oneLine(first)}\n\n## Documents\n\n${lines.join('\n')}\n- [The API as OpenAPI 3.1](/openapi.json)\n`;
}
