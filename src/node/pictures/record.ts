import { createRequire } from 'node:module';
import { basename } from 'node:path';
import sharp from 'sharp';
import * as z from 'zod';
import { UserError } from '../../core/errors.ts';
import { architectures } from '../../core/networks/index.ts';
import { INITS, type Settings, settingsSchema } from '../../core/paint/settings.ts';
import { readSource } from './source.ts';

/** What a painting's file says of how it was painted. */
export interface PaintingRecord {
  readonly settings?: Partial<Settings> | undefined;
  /** File names, without folders, of what was painted, and in whose style. */
  readonly content?: string | undefined;
  readonly style?: readonly string[] | undefined;
  /** The same of the pictures, or colours, that said what is painted where. */
  readonly regions?: { readonly content: string; readonly style?: readonly string[] | undefined } | undefined;
  /** Its size, where it is no painting of a content but a texture. */
  readonly texture?: { readonly width: number; readonly height: number } | undefined;
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

const stepNumber = z.int().min(0);
const recordSchema = z.object({
  program: z.string().default('Velatura'),
  content: z.string().optional(),
  // One style was written as a name alone once.
  style: z.union([z.string().transform((name) => [name]), z.array(z.string())]).optional(),
  regions: z.object({ content: z.string(), style: z.array(z.string()).optional() }).optional(),
  texture: z.object({ width: z.int().min(1), height: z.int().min(1) }).optional(),
  stopped: z.object({ scale: stepNumber, step: stepNumber, steps: stepNumber }).optional(),
  settings: z.unknown(),
});

/**
 * A record as an XMP packet, under a namespace of its own; nothing if it has no settings. Files are named without their
 * folders: who is given a painting need not know where its painter keeps things.
 */
export function recordXmp({ settings: used, ...rest }: PaintingRecord): string | undefined {
  if (used === undefined) return undefined;
  const settings = {
    ...used,
    ...(used.network !== undefined && { network: withoutFolder(used.network, networkNames) }),
    ...(used.init !== undefined && { init: withoutFolder(used.init, INITS) }),
  };
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

const networkNames = architectures.map(({ name }) => name);

/** The file's name; a dot before it where it would be taken for one of the names that mean something else. */
function withoutFolder(nameOrFile: string, names: readonly string[]): string {
  const file = basename(nameOrFile);
  return file !== nameOrFile && names.includes(file) ? `./${file}` : file;
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
  const record = recordSchema.safeParse(value);
  if (!record.success) throw senseless(path, record.error);
  const { settings, ...rest } = record.data;
  const found = settingsSchema.partial().safeParse(settings);
  if (!found.success) throw senseless(`${path}, written by ${rest.program},`, found.error);
  return { ...rest, settings: found.data as Partial<Settings> };
}

function senseless(where: string, { issues }: z.ZodError): UserError {
  const { path, message } = issues[0] as z.core.$ZodIssue;
  const what = [...path.map(String), message].join(' ');
  return new UserError(`The settings in ${where} make no sense here: ${what}.`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name) return entities[name] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= LAST_CHARACTER ? String.fromCodePoint(code) : whole;
  });
}

/** Of Unicode. */
const LAST_CHARACTER = 0x10ffff;
