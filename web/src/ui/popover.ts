/** Keeps a popover beside its button: not every browser has anchor positioning yet. */

const GAP = 8;

/** For `{@attach beside(...)}` on the popover. `above`: where the button stands at the foot. */
export function beside(button: () => HTMLElement | undefined, side: 'above' | 'below') {
  return (panel: HTMLElement) => {
    const place = () => {
      const at = button()?.getBoundingClientRect();
      if (!at) return;
      const { offsetWidth: width } = panel;
      const wanted = at.left + at.width / 2 - width / 2;
      const left = Math.max(GAP, Math.min(wanted, innerWidth - width - GAP));
      panel.style.left = `${left}px`;
      if (side === 'above') {
        panel.style.bottom = `${innerHeight - at.top + GAP}px`;
        panel.style.maxHeight = `${at.top - 2 * GAP}px`;
      } else {
        panel.style.top = `${at.bottom + GAP}px`;
        panel.style.maxHeight = `${innerHeight - at.bottom - 2 * GAP}px`;
      }
    };
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState !== 'open') return;
      place();
      panel.querySelector<HTMLElement>('button, input:checked, input')?.focus({ focusVisible: false } as FocusOptions);
    };
    panel.addEventListener('toggle', toggled);
    addEventListener('resize', place);
    return () => {
      panel.removeEventListener('toggle', toggled);
      removeEventListener('resize', place);
    };
  };
}

/** Closes what is open when the focus goes elsewhere, which it would cover there (WCAG 2.4.11). */
export function closeWhenLeft(): void {
  document.addEventListener('focusin', ({ target }) => {
    for (const panel of document.querySelectorAll<HTMLElement>('[popover="auto"]:popover-open')) {
      const button = document.querySelector(`[popovertarget="${panel.id}"]`);
      const within = [panel, button].some((part) => part?.contains(target as Node));
      if (!within) panel.hidePopover();
    }
  });
}
