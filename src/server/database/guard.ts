import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../node/index.ts';

/** The longest path that a socket can have on all systems. */
const LONGEST_PATH = 100;

/**
 * Keeps a second process off a data folder. A process that is killed leaves a socket behind on which nobody listens: unlike
 * a process's number in a file, it cannot be mistaken for another one's.
 * @returns what lets go of the folder
 * @throws UserError when another process has it
 */
export async function guardFolder(folder: string): Promise<() => Promise<void>> {
  const whole = realpathSync(folder);
  return process.platform === 'win32' ? await takePipe(whole) : await takeSocket(whole);
}

/** A pipe's name can be taken once, and goes with its process. */
async function takePipe(folder: string): Promise<() => Promise<void>> {
  const server = await listen(`\\\\.\\pipe\\velatura-${hashOf(folder)}`).catch((error) => {
    throw error.code === 'EADDRINUSE' ? taken(folder) : error;
  });
  return () => close(server);
}

/**
 * Each process listens on a socket of its own, and only then looks for others: of two that begin at once, one at least sees
 * the other.
 */
async function takeSocket(folder: string): Promise<() => Promise<void>> {
  const { place, start } = socketPlace(folder);
  const own = `${start}${randomUUID().slice(0, 8)}.sock`;
  const server = await listen(join(place, own));
  const others = readdirSync(place).filter(
    (name) => name.startsWith(start) && name.endsWith('.sock') && name !== own,
  );
  for (const name of others) {
    if (await isAlive(join(place, name))) {
      await close(server);
      throw taken(folder);
    }
    rmSync(join(place, name), { force: true });
  }
  return () => close(server);
}

function socketPlace(folder: string): { place: string; start: string } {
  const longest = Buffer.byteLength(join(folder, 'server-12345678.sock'));
  if (longest <= LONGEST_PATH) return { place: folder, start: 'server-' };
  return { place: tmpdir(), start: `velatura-${hashOf(folder)}-` };
}

function hashOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 16);
}

function taken(folder: string): UserError {
  return new UserError(
    `Another Velatura has the paintings in ${folder}; stop it, or name another folder with --data.`,
  );
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const answer = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => answer(true));
    // Refused, or gone meanwhile; all else, as a missing right, may well be somebody.
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      answer(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}
