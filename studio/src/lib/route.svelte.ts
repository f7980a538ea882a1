/** Where in the studio one is. It stands in the address, so that it survives a reload and can be sent. */
export type Route =
  | { readonly screen: 'easel' }
  | { readonly screen: 'painting'; readonly id: string }
  | { readonly screen: 'gallery' }
  | { readonly screen: 'compare'; readonly ids: readonly string[] };

export const links = {
  easel: '#/',
  gallery: '#/gallery',
  painting: (id: string) => `#/paintings/${encodeURIComponent(id)}`,
  compare: (ids: readonly string[]) => `#/compare/${ids.map(encodeURIComponent).join(',')}`,
};

export const route = $state<{ current: Route }>({ current: read(location.hash) });

addEventListener('hashchange', () => {
  route.current = read(location.hash);
  scrollTo(0, 0);
});

export function go(link: string): void {
  location.hash = link;
}

/** An address that somebody mistyped leads to a painting that is not there. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function read(hash: string): Route {
  const [, first = '', rest = ''] = hash.split('/');
  if (first === 'gallery') return { screen: 'gallery' };
  if (first === 'paintings' && rest) return { screen: 'painting', id: decode(rest) };
  if (first === 'compare' && rest) return { screen: 'compare', ids: rest.split(',').map(decode) };
  return { screen: 'easel' };
}
