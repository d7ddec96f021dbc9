import type { ApiError } from '../wire/ApiError';
import type { NewTalk } from '../wire/NewTalk';

/** The request did not succeed; `message` is for people. */
export class RequestError extends Error {}

/** Opens a talk. Repeating it after a lost reply does no harm. */
export async function createTalk(talk: NewTalk, unreachable: string): Promise<void> {
  let reply: Response;
  try {
    reply = await fetch('/api/v1/talks', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(talk),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new RequestError(unreachable);
  }
  if (reply.ok) return;
  const body = (await reply.json().catch(() => undefined)) as ApiError | undefined;
  throw new RequestError(body?.error ?? unreachable);
}
