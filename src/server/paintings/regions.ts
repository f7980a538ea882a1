import type { Regions } from '../queue/protocol.ts';
import type { RegionNames } from './painting.ts';

/** The names of the masks' files, and colours as they are. */
export function regionNames({ content, styles }: Regions): RegionNames {
  const style = styles.map((mask) => (typeof mask === 'string' ? mask : mask.name));
  return { content: content.name, ...(style.length > 0 && { style }) };
}
