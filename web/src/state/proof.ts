/** How the page shows the server that it holds a talk's access key. */
import type { E2ee } from '../e2ee/client';

export interface Proof {
  key: string;
  signature: string;
}

export async function proof(
  e2ee: E2ee,
  { talk, fragment }: { talk: string; fragment: string },
  origin: string,
  nonce: string,
): Promise<Proof> {
  const [key, signature] = await Promise.all([
    e2ee.call({ name: 'accessKey', talk, fragment }),
    e2ee.call({ name: 'sign', talk, fragment, origin, nonce }),
  ]);
  return { key, signature };
}
