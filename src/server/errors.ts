/** What a client is told instead of what it asked for. The message is one sentence that says what to do. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function notFound(message: string): ApiError {
  return new ApiError(404, 'not_found', message);
}

export function conflict(message: string): ApiError {
  return new ApiError(409, 'conflict', message);
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'bad_request', message);
}

export function tooLarge(message: string): ApiError {
  return new ApiError(413, 'too_large', message);
}

export function busy(message: string, seconds: number): ApiError {
  return new ApiError(429, 'busy', message, { 'retry-after': String(seconds) });
}
