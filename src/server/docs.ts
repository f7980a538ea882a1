/*
 * The OpenAPI document as a plain page: no script, and nothing from elsewhere.
 */

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content & { readonly description?: string }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly description?: string; readonly version: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** @param document as `@fastify/swagger` makes it */
export function docsPage(document: object): string {
  const { info, paths = {}, components = {} } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describeOperation(method, path, operation)),
  );
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) =>
      `<section id="${escapeHtml(name)}"><h3>${escapeHtml(name)}</h3>${properties(schema)}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title>
<link rel="stylesheet" href="/docs/style.css">
<main>
<h1>${escapeHtml(info.title)} ${escapeHtml(info.version)}</h1>
<p>${escapeHtml(info.description ?? '')} The same for programs: <a href="/openapi.json">openapi.json</a>.</p>
<h2>Requests</h2>
${operations.join('\n')}
<h2>Objects</h2>
${schemas.join('\n')}
</main>
</html>
`;
}

function describeOperation(method: string, path: string, operation: Operation): string {
  const { summary = '', parameters = [], requestBody, responses = {} } = operation;
  const rows = parameters.map(({ name, in: place, required, description = '', schema }) =>
    row(name, `${place}${required ? ', required' : ''}`, schema ?? {}, description),
  );
  const body = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h4>Body: ${escapeHtml(type)}</h4>${properties(schema ?? {})}`,
  );
  const answers = Object.entries(responses).map(([status, { content = {}, description = '' }]) => {
    const [schema = {}] = Object.values(content).map((each) => each.schema ?? {});
    return `<li><code>${escapeHtml(status)}</code> ${typeOf(schema) || escapeHtml(description)}</li>`;
  });
  return `<section>
<h3><code>${method.toUpperCase()} ${escapeHtml(path)}</code></h3>
<p>${escapeHtml(summary)}.</p>
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}${body.join('')}
<ul>${answers.join('')}</ul>
</section>`;
}

function properties({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([name, schema]) =>
    row(name, required.includes(name) ? 'required' : '', schema, schema.description ?? ''),
  );
  return `<table>${rows.join('')}</table>`;
}

function row(name: string, place: string, schema: Schema, description: string): string {
  const usual = schema.default === undefined ? '' : ` (default: ${JSON.stringify(schema.default)})`;
  return `<tr><th><code>${escapeHtml(name)}</code><td>${typeOf(schema)}<td>${escapeHtml(place)}<td>${escapeHtml(description + usual)}`;
}

function typeOf({ $ref, type, format, enum: values, items, anyOf }: Schema): string {
  if ($ref !== undefined) {
    const name = escapeHtml($ref.split('/').at(-1) ?? '');
    return `<a href="#${name}">${name}</a>`;
  }
  if (values) return values.map((value) => `<code>${escapeHtml(String(value))}</code>`).join(' ');
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (type === 'array') return `list of ${items ? typeOf(items) : 'anything'}`;
  return escapeHtml([format === 'binary' ? 'file' : String(type ?? '')].flat().join(' or '));
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export const docsStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
section { border-top: 1px solid #8884; padding-bottom: 1rem; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
code { font-size: 0.9em; }
`;
