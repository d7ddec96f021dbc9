/**
 * Where the focus goes when what had it is gone, as a row is once it was dealt with: to the heading
 * of its section, not to the beginning of the page. For `{@attach keepFocus}`.
 */
export function keepFocus(container: HTMLElement): () => void {
  let last: HTMLElement | undefined;
  let heading: HTMLElement | undefined;

  const focused = ({ target }: FocusEvent) => {
    last = target as HTMLElement;
    heading = last.closest('section')?.querySelector('h2') ?? undefined;
  };
  const changed = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = undefined;
    if (!heading?.isConnected) return;
    heading.tabIndex = -1;
    heading.focus();
  });
  container.addEventListener('focusin', focused);
  changed.observe(container, { childList: true, subtree: true });
  return () => {
    container.removeEventListener('focusin', focused);
    changed.disconnect();
  };
}
