import { recall, remember } from './memory.ts';

export type Theme = 'light' | 'dark';

const KEY = 'velatura-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

/** Light or dark: as the system has it, until a person says otherwise. */
export const theme = $state<{ current: Theme }>({ current: chosen() ?? ofSystem() });

dark.addEventListener('change', () => {
  if (!chosen()) apply(ofSystem());
});
apply(theme.current);

export function switchTheme(): void {
  const next = theme.current === 'dark' ? 'light' : 'dark';
  // Going back to what the system has follows the system again.
  remember('always', KEY, next === ofSystem() ? undefined : next);
  apply(next);
}

function ofSystem(): Theme {
  return dark.matches ? 'dark' : 'light';
}

function chosen(): Theme | undefined {
  const value = recall('always', KEY);
  return value === 'light' || value === 'dark' ? value : undefined;
}

function apply(next: Theme): void {
  theme.current = next;
  document.documentElement.dataset.theme = next;
}
