import { createRequire } from 'node:module';
import sharp from 'sharp';
import { UserError } from '../../core/errors.ts';
import { type Settings, settingsSchema } from '../../core/paint/settings.ts';
import { readSource } from './source.ts';

/** What a painting's file says of how it was painted. */
export interface PaintingRecord {
  readonly settings?: Partial<Settings> | undefined;
  /** File names, without folders, of what was painted, and in whose style. */
  readonly content?: string | undefined;
  readonly style?: string | undefined;
  /** Where the painting was stopped, if it was: it is not what the settings would give. */
  readonly stopped?: { readonly scale: number; readonly step: number; readonly steps: number } | undefined;
}

/** A record as it is read from a file. */
export interface FoundRecord extends PaintingRecord {
  readonly settings: Partial<Settings>;
  /** The program that wrote it, as in `Velatura 0.1.0`. */
  readonly program: string;
}

const NAMESPACE = 'urn:velatura:painting:1#';
const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string };

/** A record as an XMP packet, under a namespace of its own; nothing if it has no settings. */
export function recordXmp({ settings, ...rest }: PaintingRecord): string | undefined {
  if (settings === undefined) return undefined;
  const program = `Velatura ${version}`;
  const json = JSON.stringify({ program, ...rest, settings });
  return [
    '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
    ` xmlns:velatura="${NAMESPACE}" xmp:CreatorTool="${program}">`,
    `<velatura:painting>${escapeXml(json)}</velatura:painting>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>',
  ].join('');
}

/**
 * The settings that a painting was made with.
 * @throws UserError when the file cannot be read, or holds none
 */
export async function readSettings(path: string): Promise<Partial<Settings>> {
  return (await readRecord(path)).settings;
}

/**
 * What a painting's file says of how it was painted.
 * @throws UserError when the file cannot be read, or says nothing of the kind
 */
export async function readRecord(path: string): Promise<FoundRecord> {
  const { bytes } = await readSource(path);
  const xmp = await xmpOf(bytes, path);
  const json = xmp === undefined ? undefined : paintingProperty(xmp);
  if (json === undefined) {
    throw new UserError(
      `${path} carries no settings: it was not painted by Velatura, or was saved anew by another program.`,
    );
  }
  return parseRecord(json, path);
}

async function xmpOf(bytes: Uint8Array, path: string): Promise<string | undefined> {
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw new UserError(`${path} is no picture that can be read.`, { cause: error });
    });
  return metadata.xmpAsString ?? metadata.xmp?.toString('utf8');
}

/** Other programs may rewrite XMP with another prefix, or properties as attributes: both are understood. */
function paintingProperty(xmp: string): string | undefined {
  const prefix = new RegExp(`xmlns:([\\w.-]+)=["']${NAMESPACE}["']`).exec(xmp)?.[1];
  if (!prefix) return undefined;
  const element = new RegExp(`<${prefix}:painting[^>]*>([^<]*)</${prefix}:painting>`).exec(xmp)?.[1];
  const attribute = new RegExp(`\\s${prefix}:painting=(?:"([^"]*)"|'([^']*)')`).exec(xmp);
  const value = element ?? attribute?.[1] ?? attribute?.[2];
  return value === undefined ? undefined : unescapeXml(value);
}

function parseRecord(json: string, path: string): FoundRecord {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new UserError(`The settings in ${path} are damaged.`, { cause: error });
  }
  const { program = 'Velatura', settings, ...rest } = (value ?? {}) as Partial<FoundRecord>;
  const found = settingsSchema.partial().safeParse(settings);
  if (!found.success) {
    const { path: where, message } = found.error.issues[0] as { path: PropertyKey[]; message: string };
    const what = [...where.map(String), message].join(' ');
    throw new UserError(`The settings in ${path}, written by ${program}, make no sense here: ${what}.`);
  }
  return { ...rest, program, settings: found.data as Partial<Settings> };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return entities[name] ?? whole;
  });
}
