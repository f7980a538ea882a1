import { createRequire } from 'node:module';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';
import {
  architectureNamed,
  architectures,
  explainSettings,
  listModels,
  presetNetworks,
  resolveSettings,
  settingsSchema,
  TEXTURE_SETTINGS,
  tapsToShow,
} from '../../node/index.ts';
import type { Context } from '../context.ts';
import { explainSchema } from '../paintings/painting.ts';

const require = createRequire(import.meta.url);
const { version } = require('../../../package.json') as { version: string };

const tags = ['about'];
const anySchema = z.record(z.string(), z.unknown());

/** What this server is, and what can be asked of it. */
export function routeAbout(plain: FastifyInstance, { metrics, controlWords }: Context): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();

  app.get(
    '/networks',
    {
      schema: {
        summary: 'The networks to paint by',
        tags,
        response: {
          200: z.array(
            z.object({
              name: z.string(),
              title: z.string(),
              here: z.boolean().describe('Whether its weights are here; otherwise they are fetched first'),
              bytes: z.int().optional().describe('Of its weights'),
              taps: z.array(z.object({ name: z.string(), channels: z.int(), stride: z.int() })),
            }),
          ),
        },
      },
    },
    async () => {
      const models = await listModels();
      return architectures.map(({ name, title, taps }) => {
        const model = models.find((candidate) => candidate.name === name);
        const here = model?.state === 'here';
        const bytes = here ? model.bytes : model?.downloadBytes;
        return {
          name,
          title,
          here,
          ...(bytes !== undefined && { bytes }),
          taps: taps.map(({ name, channels, stride }) => ({ name, channels, stride })),
        };
      });
    },
  );

  const controls = describeControls(controlWords);
  const explainControls = describeExplain();
  app.get(
    '/controls',
    {
      schema: {
        summary: 'All settings as a JSON Schema, with titles, descriptions and defaults',
        tags,
        response: { 200: anySchema },
      },
    },
    async () => controls,
  );

  app.get(
    '/controls/explain',
    {
      schema: {
        summary:
          'What an explanation looks into, as a JSON Schema; and the defaults of settings where it has others',
        tags,
        response: { 200: z.object({ choices: anySchema, defaults: anySchema }) },
      },
    },
    async () => explainControls,
  );

  const { version: engine } = require('onnxruntime-node/package.json') as { version: string };
  app.get(
    '/health',
    {
      config: { open: true },
      schema: {
        summary: 'Whether the server is well',
        tags,
        response: { 200: z.object({ ok: z.boolean(), version: z.string(), engine: z.string() }) },
      },
    },
    async () => ({ ok: true, version, engine: `onnxruntime-node ${engine}` }),
  );

  app.get(
    '/metrics',
    { schema: { summary: 'Numbers for Prometheus', tags, response: { 200: z.any() } } },
    async (_request, reply) =>
      reply
        .type(metrics.registry.contentType)
        .serializer(String)
        .send(await metrics.registry.metrics()),
  );
}

/** The settings' own schema, each with what a form needs to show it. */
function describeControls(words: Readonly<Record<string, string>>): Record<string, unknown> {
  const usual: Readonly<Record<string, unknown>> = resolveSettings(
    {},
    architectureNamed(presetNetworks.default),
  );
  const schema = z.toJSONSchema(settingsSchema.partial()) as {
    properties: Record<string, Record<string, unknown>>;
  };
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => [
      name,
      {
        title: titleOf(name),
        ...(words[name] !== undefined && { description: words[name] }),
        ...property,
        ...(name === 'network' && { enum: architectures.map((architecture) => architecture.name) }),
        ...(name === 'init' && { enum: ['content', 'style', 'noise'] }),
        default: usual[name],
        ...(TEXTURE_SETTINGS.some((known) => known === name) && { ofTexture: true }),
      },
    ]),
  );
  return { ...schema, properties };
}

/** What an explanation looks into by the default network, and the size at which it paints. */
function describeExplain() {
  const architecture = architectureNamed(presetNetworks.default);
  const { size, scales, steps } = resolveSettings(explainSettings({}), architecture);
  const schema = z.toJSONSchema(explainSchema) as { properties: Record<string, Record<string, unknown>> };
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => [
      name,
      { title: titleOf(name), ...property, ...(name === 'taps' && { default: tapsToShow(architecture) }) },
    ]),
  );
  return { choices: { ...schema, properties }, defaults: { size, scales, steps } };
}

/** `Content weight` for `contentWeight`. */
function titleOf(name: string): string {
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
