// SPDX-License-Identifier: MIT
// Menus are <details class="menu">: a click elsewhere closes them, and so does Escape, which gives the focus back to what opened them.
function openMenus() {
	return [...document.querySelectorAll('details.menu[open]')];
}

addEventListener('pointerdown', (event) => {
	openMenus().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
});

addEventListener('focusin', (event) => {
	openMenus().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
});

addEventListener('keydown', (event) => {
	const menu = event.key === 'Escape' ? openMenus().at(-1) : null;
	if (menu) {
		event.preventDefault();
		menu.open = false;
		menu.querySelector('summary').focus();
	}
}, { capture: true });
