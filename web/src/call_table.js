// SPDX-License-Identifier: MIT
// The rows of a list of calls, only those in sight. Up, Down, j, k, Page Up, Page Down, Home, End move through it, Enter opens a call.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatAddress, go } from './address.js';
import { chosenColumns } from './columns.js';
import { html } from './html.js';
import { remember, rememberedList } from './result.js';
import { inSight, MAX_HEIGHT, ROW_HEIGHT, scrollHeight, scrollOf, topOf, topThatShows } from './rows.js';
import { getSettings, useSettings } from './settings.js';
import { zoneName } from './time.js';

/* @carried goes into the address of each call. */
export function CallTable({ result, version, address, carried, onSeen }) {
	const box = useRef();
	const settings = useSettings();
	const [height, setHeight] = useState(600);
	const [top, setTop] = useState(0);
	const [active, setActive] = useState(0);
	const total = result.total ?? Math.ceil(height / ROW_HEIGHT); // as many ghosts as fit, until it is known
	const [first, last] = inSight(top, total, height);
	useHeight(box, setHeight);
	useRestored(result, address, setActive, (row) => scrollTo(topThatShows(row, 0, height)));
	useEffect(() => {
		if (result.total === null) {
			return undefined; // the first page is under way
		}
		// What only flies past while the bar is dragged is not fetched.
		const timer = setTimeout(() => result.want(first, last), 40);
		return () => clearTimeout(timer);
	}, [result, first, last, version]);
	useEffect(() => onSeen([Math.floor(top), Math.ceil(top + height / ROW_HEIGHT - 0.2)]), [Math.floor(top), height, total]);

	const scrollTo = (to) => {
		const kept = Math.max(0, Math.min(to, total - height / ROW_HEIGHT));
		setTop(kept);
		box.current.scrollTop = scrollOf(kept, total, height);
	};
	const move = (to) => {
		const row = Math.max(0, Math.min(total - 1, to));
		setActive(row);
		scrollTo(topThatShows(row, top, height));
	};
	const open = (row) => {
		const call = result.row(row);
		if (call) {
			remember(result, row, address);
			go(formatAddress(['call', call.session_id], carried));
		}
	};
	const scrolled = () => {
		const at = box.current.scrollTop;
		if (Math.abs(scrollOf(top, total, height) - at) > 1) {
			setTop(topOf(at, total, height));
		}
	};
	useWheel(box, total, (rows) => scrollTo(top + rows));
	const key = keyHandler({ active, height, total, move, open });
	const shown = chosenColumns(settings.columns);
	const zone = zoneName(settings.zone);
	const grid = { gridTemplateColumns: shown.map((column) => column.width).join(' ') };
	return html`
		<div class="table" role="grid" aria-label="Calls" aria-rowcount=${result.total === null ? -1 : total + 1} aria-busy=${result.total === null} aria-colcount=${shown.length} tabindex="0" data-list="true" ref=${box}
			aria-activedescendant=${active >= first && active < last ? `row-${active}` : undefined} onKeyDown=${key} onScroll=${scrolled}>
			<div class="table-head" role="row" aria-rowindex="1" style=${grid}>
				${shown.map((column) => html`<span key=${column.name} role="columnheader" class=${column.number ? 'number' : ''}>${column.label}</span>`)}
			</div>
			<div class="table-body" role="rowgroup" style=${{ height: `${scrollHeight(total)}px` }}>
				<div class="table-rows" role="presentation"
					style=${{ transform: `translateY(${scrollOf(top, total, height) - (top - first) * ROW_HEIGHT}px)` }}>
					${range(first, last).map((row) => html`<${Row} key=${row} row=${row} call=${result.row(row)} columns=${shown} grid=${grid} zone=${zone} carried=${carried}
						active=${row === active} onOpen=${() => open(row)} onFocus=${() => setActive(row)} version=${version} />`)}
				</div>
			</div>
		</div>`;
}

function Row({ row, call, columns: shown, grid, zone, carried, active, onOpen, onFocus }) {
	const click = (event) => {
		if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
			event.preventDefault();
			onFocus();
			onOpen();
		}
	};
	return html`
		<div class=${`table-row${active ? ' active' : ''}`} role="row" id=${`row-${row}`} aria-rowindex=${row + 2} aria-selected=${active} style=${grid}>
			${shown.map((column, index) => html`<span key=${column.name} role="gridcell" class=${column.number ? 'number' : ''} title=${call && column.text(call, zone)}>
				${!call ? html`<span class="ghost"></span>` : index === 0
					? html`<a href=${formatAddress(['call', call.session_id], carried)} tabindex="-1" onClick=${click}>${column.text(call, zone)}</a>`
					: column.draw ? html`<${column.draw} call=${call} />` : column.text(call, zone)}</span>`)}
		</div>`;
}

function keyHandler({ active, height, total, move, open }) {
	const page = Math.max(1, Math.floor(height / ROW_HEIGHT) - 1);
	const moves = {
		ArrowDown: active + 1, j: active + 1, ArrowUp: active - 1, k: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1,
	};
	return (event) => {
		if (event.ctrlKey || event.metaKey || event.altKey) {
			return;
		}
		if (event.key in moves && (event.key.length > 1 || getSettings().letters)) {
			event.preventDefault();
			event.stopPropagation();
			move(moves[event.key]);
		} else if (event.key === 'Enter' && event.target === event.currentTarget) {
			open(active);
		}
	};
}

function useHeight(box, setHeight) {
	useLayoutEffect(() => {
		// The head stands over the rows while they scroll.
		const measure = () => box.current && setHeight(box.current.clientHeight - ROW_HEIGHT);
		const observer = new ResizeObserver(measure);
		observer.observe(box.current);
		measure();
		return () => observer.disconnect();
	}, []);
}

/* Back from a call, the list stands where it was left; asked anew, it begins at its top. */
function useRestored(result, address, setActive, show) {
	const fresh = useRef(true);
	useLayoutEffect(() => {
		const list = rememberedList();
		const back = fresh.current && list?.address === address;
		const row = back ? list.index : 0;
		fresh.current = false;
		setActive(row);
		show(row);
	}, [result]);
}

/* Where the scroll bar stands for a share of the rows, one notch of the wheel would pass thousands: it moves by rows instead. */
function useWheel(box, total, by) {
	const latest = useRef(by);
	latest.current = by;
	useEffect(() => {
		if (total * ROW_HEIGHT <= MAX_HEIGHT) {
			return undefined;
		}
		const wheel = (event) => {
			event.preventDefault();
			latest.current(event.deltaMode === 1 ? event.deltaY : event.deltaY / ROW_HEIGHT);
		};
		box.current.addEventListener('wheel', wheel, { passive: false });
		return () => box.current?.removeEventListener('wheel', wheel);
	}, [total]);
}

function range(first, last) {
	return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
}
