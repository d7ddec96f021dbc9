import type { ApiError } from '../wire/ApiError';
import type { ApiReason } from '../wire/ApiReason';
import type { DestroyTalk } from '../wire/DestroyTalk';
import type { FoundGroup } from '../wire/FoundGroup';
import type { NewTalk } from '../wire/NewTalk';
import type { PublishReadout } from '../wire/PublishReadout';
import type { Published } from '../wire/Published';
import type { RegisterGroup } from '../wire/RegisterGroup';
import type { ServerInfo } from '../wire/ServerInfo';

/** The request did not succeed; `message` is for people. */
export class RequestError extends Error {
  constructor(
    message: string,
    /** What the server gave as its reason, or that there was no answer of its. */
    readonly reason: ApiReason | 'unreachable' = 'unreachable',
  ) {
    super(message);
  }
}

/** What the server is, before anything else is said to it. */
export async function serverInfo(unreachable: string): Promise<ServerInfo> {
  const reply = await request('/api/server', { cache: 'no-store' }, unreachable);
  const info = (await reply.json().catch(() => undefined)) as ServerInfo | undefined;
  if (typeof info?.version !== 'number') throw new RequestError(unreachable);
  return info;
}

/**
 * Opens a talk; `token` is the operator's, if there is one. Repeating it after a lost reply does no
 * harm.
 */
export async function createTalk(talk: NewTalk, unreachable: string, token?: string): Promise<void> {
  await request('/api/v1/talks', post(talk, token), unreachable);
}

/** Has a talk erased. `signature` is its control key's; repeating it does no harm. */
export async function destroyTalk(
  talk: string,
  signature: string,
  unreachable: string,
): Promise<void> {
  const body: DestroyTalk = { signature };
  await request(`/api/v1/talks/${encodeURIComponent(talk)}/destroy`, post(body), unreachable);
}

/** Claims a delegation's group, or replaces its keys; repeating it does no harm. */
export async function registerGroup(
  talk: string,
  index: number,
  keys: RegisterGroup,
  unreachable: string,
): Promise<void> {
  await request(`/api/v1/talks/${encodeURIComponent(talk)}/groups/${index}`, post(keys), unreachable);
}

/** Which talk and group an access key, made of a code, belongs to; the reason is `access` if none. */
export async function findGroup(access: string, unreachable: string): Promise<FoundGroup> {
  const path = `/api/v1/groups/${encodeURIComponent(access)}`;
  const reply = await request(path, { cache: 'no-store' }, unreachable);
  const found = (await reply.json().catch(() => undefined)) as FoundGroup | undefined;
  if (typeof found?.talk !== 'string' || typeof found.group !== 'number') {
    throw new RequestError(unreachable);
  }
  return found;
}

/** Hands a readout over in a delegation's name; repeating it does no harm. */
export async function publishReadout(
  talk: string,
  index: number,
  handed: PublishReadout,
  unreachable: string,
): Promise<Published> {
  const path = `/api/v1/talks/${encodeURIComponent(talk)}/publications/${index}`;
  const reply = await request(path, post(handed), unreachable);
  const published = (await reply.json().catch(() => undefined)) as Published | undefined;
  if (typeof published?.state !== 'string') throw new RequestError(unreachable);
  return published;
}

/** What is published at an address, byte for byte; the reason is `access` if nothing is, or not yet. */
export async function readPublished(id: string, unreachable: string): Promise<string> {
  const reply = await request(`/api/v1/readouts/${encodeURIComponent(id)}`, { credentials: 'omit' }, unreachable);
  return reply.text().catch(() => {
    throw new RequestError(unreachable);
  });
}

function post(body: unknown, token?: string): RequestInit {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  return { method: 'POST', headers, body: JSON.stringify(body) };
}

async function request(path: string, init: RequestInit, unreachable: string): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(path, { ...init, signal: AbortSignal.timeout(15_000) });
  } catch {
    throw new RequestError(unreachable);
  }
  if (reply.ok) return reply;
  const body = (await reply.json().catch(() => undefined)) as ApiError | undefined;
  throw new RequestError(body?.error ?? unreachable, body?.reason);
}
