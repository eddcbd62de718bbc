// SPDX-License-Identifier: MIT
// Which columns a list of calls has.
import { columns } from './columns.js';
import { html } from './html.js';
import { set, useSettings } from './settings.js';

export function ColumnMenu() {
	const chosen = useSettings().columns;
	const toggle = (name) => set({ columns: chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name] });
	return html`
		<details class="menu columns">
			<summary>Columns</summary>
			<fieldset><legend class="hidden">Columns</legend>
				${columns.map((column) => html`<label key=${column.name}><input type="checkbox" checked=${chosen.includes(column.name)}
					onChange=${() => toggle(column.name)} /> ${column.label}</label>`)}
			</fieldset>
		</details>`;
}
