/** Why a source gave no weights, in a few words. The next source is tried. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
}

/** What an error says, to be put into a sentence that says itself what to do. */
export function reasonOf(error: Error): string {
  return error.message.replace(/(; get [^;]* anew)?\.$/, '');
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its server cannot be found; is there a network?',
  EAI_AGAIN: 'its server cannot be found; is there a network?',
  ECONNREFUSED: 'its server refuses the connection',
  EHOSTUNREACH: 'its server cannot be reached; is there a network?',
  ENETUNREACH: 'its server cannot be reached; is there a network?',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  UND_ERR_SOCKET: 'the connection broke',
  ETIMEDOUT: 'its server does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'its server does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'its server does not answer',
  CERT_HAS_EXPIRED: 'the certificate of its server has expired',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of its server is not trusted (see NODE_EXTRA_CA_CERTS)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of its server is not trusted (see NODE_EXTRA_CA_CERTS)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of its server is not trusted (see NODE_EXTRA_CA_CERTS)',
};

/** What an error code of the network means, in a few words. */
export function networkReason(code: string): string | undefined {
  return reasons[code];
}
