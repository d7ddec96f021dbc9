/** What a room is made of; the parts that touch the outside. */
import type { E2ee } from '../e2ee/client';
import type { Kind } from '../e2ee/messages';
import type { Devices } from '../media/devices';
import type { MediaHooks } from '../media/session';
import type { SignallingHooks, WakeCause } from '../signalling/socket';
import type { ClientMessage } from '../wire/ClientMessage';
import type { ServerMessage } from '../wire/ServerMessage';
import type { ChoiceBook } from './choices';

export interface Ticket {
  talk: string;
  fragment: string;
  seat: string;
}

/** The room of a talk whose pages own the worker and the connection (see `Line`). */
export const WITHIN_TALK = 'within-talk';

/** The parts that touch the outside; tests bring their own. */
export interface RoomParts {
  e2ee: E2ee;
  devices: Devices;
  signalling(hooks: Pick<SignallingHooks, 'prove' | 'state' | 'message'>): SignallingPart;
  media(hooks: MediaHooks, e2ee: E2ee): MediaPart;
  origin: string;
  /** Of a talk between delegations: a team's room, or the plenary. */
  room?: string | undefined;
  /** How the person likes the room. */
  choices?: ChoiceBook;
  now(): number;
  /** By the clock on the wall. */
  today(): number;
  /** Hears one's own microphone; without it one isn't counted among who speaks. */
  ear?(): Ear;
}

/** How loud a track is, as receivers tell levels. */
export interface Ear {
  listen(track: MediaStreamTrack | undefined): void;
  resume(): void;
  volume(): number;
  close(): void;
}

export interface SignallingPart {
  start(): void;
  stop(): void;
  send(message: ClientMessage): boolean;
  sendText(text: string): boolean;
  wake(cause: WakeCause): void;
}

export interface MediaPart {
  start(room: string): void;
  pause(): void;
  resume(): void;
  wake(cause: WakeCause): void;
  stop(): void;
  setTracks(tracks: Readonly<Record<Kind, MediaStreamTrack | undefined>>): void;
  handle(message: ServerMessage): void;
  sendKeyFrame(): void;
  stats(): Promise<RTCStatsReport> | undefined;
}
