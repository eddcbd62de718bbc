// SPDX-License-Identifier: MIT
// Time line and list of steps move together: what the pointer or the focus is at in one is marked in the other.
function clear(root) {
	root.querySelectorAll('.pointed').forEach((one) => one.classList.remove('pointed'));
}

/* Elements with data-step stand for one step, those with data-first and data-last for several. */
function mark(event) {
	const root = event.currentTarget;
	const at = event.target.closest('[data-step], [data-first]');
	clear(root);
	if (at) {
		const [first, last] = [Number(at.dataset.step ?? at.dataset.first), Number(at.dataset.step ?? at.dataset.last)];
		root.querySelectorAll('[data-step], [data-first]').forEach((one) => {
			const [begin, end] = [Number(one.dataset.step ?? one.dataset.first), Number(one.dataset.step ?? one.dataset.last)];
			one.classList.toggle('pointed', begin <= last && end >= first);
		});
	}
}

export const pointing = { onMouseOver: mark, onFocusIn: mark, onMouseLeave: (event) => clear(event.currentTarget) };
