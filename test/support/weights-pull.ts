/* A process of its own that pulls the tiny network: `weights-pull.ts <folder> <url> <bytes> <md5>`. */
import type { HttpSource } from '../../src/node/store/index.ts';
import { pullModel } from '../../src/node/store/index.ts';
import { tiny } from './weights-network.ts';

const [folder, url, bytes, hex] = process.argv.slice(2) as [string, string, string, string];
const source: HttpSource = { kind: 'http', url, bytes: Number(bytes), hash: { algorithm: 'md5', hex } };
const catalogue = [{ architecture: tiny, licence: 'CC0', sources: [source] }];
const pulled = await pullModel('tiny', { folder, catalogue, mirror: '', retrySeconds: 0.001 });
process.stdout.write(JSON.stringify(pulled));
