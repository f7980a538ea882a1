import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TestServer {
  readonly url: string;
  /** The requests so far. */
  readonly requests: IncomingMessage[];
  /** Stops listening before the test ends. */
  close(): void;
}

/** A server on this machine for the duration of a test. The number counts requests from 0. */
export async function startServer(
  answer: (request: IncomingMessage, response: ServerResponse, number: number) => void,
): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => answer(request, response, requests.push(request) - 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { close, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/**
 * Servers that hang up after sending something. They wait until the client tells its progress, for what a client has
 * not read yet when its connection breaks is lost, and tests should not depend on who was quicker.
 */
export function hangUps() {
  const waiting: { bytes: number; hangUp: () => void }[] = [];
  return {
    /** @param total what the client has of the file when it has read this */
    after(response: ServerResponse, bytes: Uint8Array, total = bytes.length): void {
      waiting.push({ bytes: total, hangUp: () => response.socket?.end() });
      response.write(bytes);
    },
    progress(received: number): void {
      for (const { bytes, hangUp } of waiting) if (received >= bytes) hangUp();
    },
  };
}

/** Answers as a file server that honours ranges, with an ETag. */
export function serveFile(request: IncomingMessage, response: ServerResponse, file: Uint8Array): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const etag = '"one"';
  if (start > 0 && (request.headers['if-range'] ?? etag) === etag) {
    response.writeHead(206, {
      etag,
      'content-length': file.length - start,
      'content-range': `bytes ${start}-${file.length - 1}/${file.length}`,
    });
    response.end(file.subarray(start));
  } else {
    response.writeHead(200, { etag, 'content-length': file.length });
    response.end(file);
  }
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
