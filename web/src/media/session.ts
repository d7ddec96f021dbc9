/**
 * The media path: one RTCPeerConnection to the server with fixed m-lines, offered once. When the
 * network changes its ICE is restarted; it is made anew when it or the server's half is gone.
 */
import type { E2ee } from '../e2ee/client';
import { isAudio, KINDS, type Kind } from '../e2ee/messages';
import type { ClientMessage } from '../wire/ClientMessage';
import type { Refusal } from '../wire/Refusal';
import type { ServerMessage } from '../wire/ServerMessage';
import type { WakeCause } from '../signalling/socket';
import { encodings, type Profile, preferToReceive, preferToSend } from './codecs';

interface SlotCounts {
  audio: number;
  video: number;
}

const SLOTS: Record<Profile, SlotCounts> = {
  desktop: { audio: 4, video: 9 },
  phone: { audio: 3, video: 4 },
};

/** A receive-only m-line. */
export interface MediaSlot {
  /** Never used again in the life of the page. */
  slot: number;
  media: 'audio' | 'video';
  track: MediaStreamTrack;
  receiver: RTCRtpReceiver;
  mid: string;
}

export type MediaState = 'off' | 'connecting' | 'connected' | 'waiting';

export interface MediaHooks {
  /** `false` if there is no connection to send it over. */
  send(message: ClientMessage): boolean;
  state(state: MediaState): void;
  /** The slots of a new connection; those of the one before are gone. */
  slots(slots: readonly MediaSlot[]): void;
  /** Why the server refused the offer; `detail` is for people. */
  refused(reason: Refusal, detail: string): void;
}

type Tracks = Readonly<Record<Kind, MediaStreamTrack | undefined>>;

/** From the offer to a picture's path. */
const CONNECT_MS = 10_000;
/** From an ICE restart to a path; then everything is made anew. */
const RESTART_MS = 6_000;
const RETRY_MS = [200, 1_000, 2_000] as const;
const SLOWEST_MS = 3_000;

let lastSlot = 0;
/** Requests below this number are the sealed session's, of a room or a talk. */
export const FIRST_OFFER_REQUEST = 0xc000_0000;
let lastRequest = FIRST_OFFER_REQUEST;

export class MediaSession {
  #room: string | undefined;
  #peer: RTCPeerConnection | undefined;
  #senders: Partial<Record<Kind, RTCRtpSender>> = {};
  #request: number | undefined;
  /** The sending m-lines of the offer. */
  #lines: { mid: string; kind: Kind }[] = [];
  #attempt = 0;
  /** Whether there is a connection to offer over. */
  #online = false;
  #restarting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tracks: Tracks = {
    microphone: undefined,
    camera: undefined,
    screen: undefined,
    screen_audio: undefined,
  };

  constructor(
    private readonly e2ee: E2ee,
    private readonly hooks: MediaHooks,
    private readonly profile: Profile,
  ) {}

  /** Offers to the server; call it again with each new connection. */
  start(room: string): void {
    this.#room = room;
    this.#online = true;
    this.#attempt = 0;
    this.#build();
  }

  /** The signalling is gone: what plays goes on until `start` or `resume`. */
  pause(): void {
    this.#online = false;
    this.#restarting = false;
    this.#clearTimer();
    this.#request = undefined;
  }

  /** The signalling is back, and the server's half went on. */
  resume(): void {
    this.#online = true;
    if (this.#room === undefined) return;
    // What was asked before may have been lost, and its answer too.
    if (!this.#peer?.remoteDescription) this.#build();
    else if (this.#peer.connectionState !== 'connected') this.#restart();
  }

  /** The path may be dead without ICE having noticed. */
  wake(cause: WakeCause): void {
    if (!this.#online || !this.#peer?.remoteDescription) return;
    if (cause !== 'visible' || this.#peer.connectionState !== 'connected') this.#restart();
  }

  stop(): void {
    this.#room = undefined;
    this.#close();
    this.hooks.slots([]);
    this.hooks.state('off');
  }

  setTracks(tracks: Tracks): void {
    this.#tracks = tracks;
    for (const kind of KINDS) {
      const sender = this.#senders[kind];
      const track = tracks[kind] ?? null;
      if (sender && sender.track !== track) {
        void sender.replaceTrack(track).catch(() => undefined);
      }
    }
  }

  handle(message: ServerMessage): void {
    if (message.type === 'answer' && message.request === this.#request) {
      void this.#accept(message.sdp);
    } else if (message.type === 'refused' && this.#request !== undefined && message.request === this.#request) {
      // The server's half of what was to be restarted is gone.
      if (this.#restarting) return this.#build();
      this.hooks.refused(message.reason, message.detail);
      this.#retry();
    } else if (message.type === 'media_closed') {
      this.#retry();
    }
  }

  /** The keys changed: let those who came by it see something at once. */
  sendKeyFrame(): void {
    for (const kind of ['camera', 'screen'] as const) {
      const sender = this.#senders[kind];
      if (sender?.track) requestKeyFrame(sender);
    }
  }

  stats(): Promise<RTCStatsReport> | undefined {
    return this.#peer?.getStats();
  }

  #build(): void {
    this.#close();
    this.hooks.state('connecting');
    const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: [] });
    this.#peer = peer;
    const senders = KINDS.map((kind) => ({ kind, transceiver: this.#addSender(peer, kind) }));
    const receivers = this.#addReceivers(peer);
    peer.onconnectionstatechange = () => this.#peer === peer && this.#connectionChanged(peer);
    this.#timer = setTimeout(() => this.#retry(), CONNECT_MS);
    this.#offer(peer, senders, receivers).catch(() => this.#peer === peer && this.#retry());
  }

  #addSender(peer: RTCPeerConnection, kind: Kind): RTCRtpTransceiver {
    const media = isAudio(kind) ? 'audio' : 'video';
    const transceiver = peer.addTransceiver(this.#tracks[kind] ?? media, {
      direction: 'sendonly',
      sendEncodings: encodings(kind, undefined, this.profile),
    });
    // Before negotiation, so that no frame can leave unsealed.
    transceiver.sender.transform = this.e2ee.transform({ direction: 'send', kind });
    preferToSend(transceiver, kind);
    this.#senders[kind] = transceiver.sender;
    return transceiver;
  }

  #addReceivers(peer: RTCPeerConnection) {
    const counts = SLOTS[this.profile];
    const media = [
      ...Array<'audio'>(counts.audio).fill('audio'),
      ...Array<'video'>(counts.video).fill('video'),
    ];
    return media.map((media) => {
      const slot = (lastSlot += 1);
      const transceiver = peer.addTransceiver(media, { direction: 'recvonly' });
      transceiver.receiver.transform = this.e2ee.transform({ direction: 'receive', slot, media });
      preferToReceive(transceiver, media);
      return { slot, media, transceiver };
    });
  }

  async #offer(
    peer: RTCPeerConnection,
    senders: readonly { kind: Kind; transceiver: RTCRtpTransceiver }[],
    receivers: readonly { slot: number; media: 'audio' | 'video'; transceiver: RTCRtpTransceiver }[],
  ): Promise<void> {
    await peer.setLocalDescription();
    if (this.#peer !== peer || this.#room === undefined) return;
    this.hooks.slots(
      receivers.map(({ slot, media, transceiver: { receiver, mid } }) => ({
        slot,
        media,
        receiver,
        track: receiver.track,
        mid: mid ?? '',
      })),
    );
    this.#lines = senders.map(({ kind, transceiver }) => ({ mid: transceiver.mid ?? '', kind }));
    this.#send(peer, false);
  }

  #send(peer: RTCPeerConnection, restart: boolean): void {
    if (this.#room === undefined) return;
    this.#request = lastRequest += 1;
    const sent = this.hooks.send({
      type: 'offer',
      request: this.#request,
      room: this.#room,
      // The server has a public address and speaks first: our candidates aren't waited for.
      sdp: peer.localDescription?.sdp ?? '',
      senders: this.#lines,
      restart,
    });
    if (!sent) this.pause();
  }

  /** Looks for a path anew; sound and picture go on over the former one while it lives. */
  #restart(): void {
    const peer = this.#peer;
    if (!peer || !this.#online || this.#restarting) return;
    // Firefox sends nothing over a path that is found after ICE had failed, though it receives.
    if (peer.connectionState === 'failed') return this.#build();
    this.#clearTimer();
    this.#restarting = true;
    if (peer.connectionState !== 'connected') this.hooks.state('waiting');
    this.#timer = setTimeout(() => this.#build(), RESTART_MS);
    peer.restartIce();
    peer.setLocalDescription().then(
      () => this.#peer === peer && this.#restarting && this.#send(peer, true),
      () => this.#peer === peer && this.#build(),
    );
  }

  async #accept(sdp: string): Promise<void> {
    const peer = this.#peer;
    this.#request = undefined;
    try {
      await peer?.setRemoteDescription({ type: 'answer', sdp });
      if (peer?.connectionState === 'connected' && this.#peer === peer) this.#connected();
    } catch {
      if (this.#peer === peer) this.#retry();
    }
  }

  #connectionChanged(peer: RTCPeerConnection): void {
    switch (peer.connectionState) {
      case 'connected':
        // During a restart this may be the former path: the answer decides.
        if (!this.#restarting || this.#request === undefined) this.#connected();
        break;
      case 'disconnected':
        this.#restart();
        break;
      case 'failed':
        if (this.#online) this.#build();
        break;
    }
  }

  #connected(): void {
    this.#attempt = 0;
    this.#restarting = false;
    this.#clearTimer();
    this.hooks.state('connected');
  }

  #retry(): void {
    this.#clearTimer();
    this.#request = undefined;
    this.#restarting = false;
    if (this.#room === undefined || !this.#online) return;
    this.hooks.state('waiting');
    const wait = RETRY_MS[this.#attempt] ?? SLOWEST_MS;
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#build(), wait);
  }

  #close(): void {
    this.#clearTimer();
    this.#request = undefined;
    this.#restarting = false;
    this.#senders = {};
    if (this.#peer) {
      this.#peer.onconnectionstatechange = null;
      this.#peer.close();
    }
    this.#peer = undefined;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Chromium's way (WebRTC Extensions, `encodingOptions`); others ask from the worker. */
function requestKeyFrame(sender: RTCRtpSender): void {
  const parameters = sender.getParameters();
  const options = { encodingOptions: parameters.encodings.map(() => ({ keyFrame: true })) };
  void (
    sender.setParameters as (p: RTCRtpSendParameters, o: typeof options) => Promise<void>
  )
    .call(sender, parameters, options)
    .catch(() => undefined);
}
