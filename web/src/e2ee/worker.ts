/**
 * The page's one worker: it holds the keys, and every frame passes through it. The page's own
 * thread never sees a key of the room nor a frame.
 */
import {
  type Answers,
  type Call,
  type FromWorker,
  KINDS,
  isAudio,
  type OwnerChange,
  type ToWorker,
  type TransformOptions,
} from './messages';
import { type Frame, ReceivePipe, sealInPlace } from './pipes';
import { Runner } from './runner';
import type { TalkAnswers, TalkCall } from './talk-messages';
import {
  Session,
  TalkSession,
  calendarFile,
  linkInfo,
  loadWasm,
  makeBackup,
  newSeat,
  openBackup,
  propose,
  proposeTalk,
  proveTalk,
  readInvitation,
  readoutHtml,
  readoutId,
  readoutJson,
  readoutText,
  restoreHead,
  selfTest,
  signChallenge,
  signDestroy,
  signGroup,
  signPublish,
  signTalkDestroy,
  verifyPublished,
} from './wasm';

/** RTCRtpScriptTransformer, as far as it is used (WebRTC Encoded Transform). */
interface Transformer {
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
  readonly options: TransformOptions;
  sendKeyFrameRequest?(): Promise<void>;
  generateKeyFrame?(): Promise<unknown>;
}

interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
}

/** How long a slot's frames wait for the page to hide the former owner. */
const HAND_OVER_MS = 1000;

const scope = self as unknown as Scope;
const receivers = new Set<ReceivePipe>();
const videoSenders = new Set<Transformer>();
const handOvers = new Map<number, (cleared: boolean) => void>();
let lastTurn = 0;

const now = () => Math.floor(performance.now());
const post = (message: FromWorker) => scope.postMessage(message);
const seed = () => crypto.getRandomValues(new Uint8Array(32));

const runner = new Runner({
  post,
  now,
  setTimer: (run, ms) => self.setTimeout(run, ms),
  clearTimer: (timer) => self.clearTimeout(timer),
  leafChanged: (leaf) => receivers.forEach((pipe) => pipe.forgetLeaf(leaf)),
  // Firefox asks its encoder from here, Chromium from the page (`sendKeyFrame` in media).
  sendKeyFrame: () =>
    videoSenders.forEach((sender) => void sender.generateKeyFrame?.().catch(() => undefined)),
});

const ready = loadWasm();
ready.catch((error: unknown) => post({ type: 'broken', error: String(error) }));

scope.onmessage = ({ data }) => {
  if (data.type === 'cleared') handOvers.get(data.turn)?.(true);
  // Messages stay in order: each waits for the same promise.
  else void ready.then(() => handle(data)).catch(() => undefined);
};

function handle(message: ToWorker): void {
  if (message.type === 'call') {
    const { id } = message;
    try {
      post({ type: 'reply', id, value: answer(message.call) });
    } catch (error) {
      post({ type: 'failed', id, error: readable(error) });
    }
  } else if (message.type === 'open') {
    try {
      runner.start(new Session(message.talk, message.fragment, message.seat, now(), seed()));
    } catch (error) {
      post({ type: 'broken', error: readable(error) });
    }
  } else if (message.type === 'openTalk') {
    const { talk, secret, fragment } = message;
    try {
      runner.start(new TalkSession(talk, secret, fragment, now(), Date.now(), seed()));
    } catch (error) {
      post({ type: 'broken', error: readable(error) });
    }
  } else if (message.type === 'input') {
    runner.input(message.json);
  }
}

function answer(call: Call): Answers[keyof Answers] {
  switch (call.name) {
    case 'propose':
      return JSON.parse(propose(call.title, seed())) as Answers['propose'];
    case 'newSeat':
      return newSeat(call.person, seed());
    case 'accessKey':
      return (JSON.parse(linkInfo(call.talk, call.fragment)) as { access_key: string }).access_key;
    case 'sign':
      return signChallenge(call.talk, call.fragment, call.origin, call.nonce);
    case 'readInvitation':
      return JSON.parse(readInvitation(call.text)) as Answers['readInvitation'];
    case 'signDestroy':
      return signDestroy(call.talk, call.controlSecret, call.origin);
    case 'selfTest':
      return JSON.parse(selfTest()) as Answers['selfTest'];
    case 'settled':
      return null;
    default:
      return answerTalk(call);
  }
}

function answerTalk(call: TalkCall): TalkAnswers[keyof TalkAnswers] {
  switch (call.name) {
    case 'proposeTalk':
      return JSON.parse(
        proposeTalk(call.title, call.delegation, call.person, seed()),
      ) as TalkAnswers['proposeTalk'];
    case 'proveTalk':
      return JSON.parse(
        proveTalk(call.talk, call.secret, call.fragment, call.origin, call.nonce, call.nth),
      ) as TalkAnswers['proveTalk'];
    case 'signGroup':
      return signGroup(call.secret, call.origin, call.group, call.access, call.control);
    case 'signTalkDestroy':
      return signTalkDestroy(call.secret, call.origin);
    case 'makeBackup':
      return makeBackup(call.secret, call.origin, call.passphrase, seed());
    case 'openBackup':
      return JSON.parse(openBackup(call.text, call.passphrase)) as TalkAnswers['openBackup'];
    case 'restoreHead':
      return restoreHead(call.keys, call.delegation);
    case 'calendarFile':
      return calendarFile(call.meeting, call.now);
    case 'exportReadout':
      if (call.as === 'page') return readoutHtml(call.readout, call.words);
      return call.as === 'text' ? readoutText(call.readout) : readoutJson(call.readout);
    case 'signPublish':
      return signPublish(call.secret, call.origin, call.content, call.notBefore);
    case 'readoutId':
      return readoutId(call.content);
    case 'verifyPublished':
      return JSON.parse(verifyPublished(call.content, call.id) ?? 'null') as TalkAnswers['verifyPublished'];
  }
}

function readable(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

scope.onrtctransform = ({ transformer }) => {
  const { options } = transformer;
  const piped = options.direction === 'send' ? send(transformer, options) : receive(transformer, options);
  // The streams end with their RTCPeerConnection; nothing is left to do then.
  piped.catch(() => undefined);
};

async function send(transformer: Transformer, options: TransformOptions & { direction: 'send' }) {
  const { kind } = options;
  if (!KINDS.includes(kind)) return;
  if (!isAudio(kind)) videoSenders.add(transformer);
  const sealer = new TransformStream<Frame, Frame>({
    transform(frame, controller) {
      if (sealInPlace(frame, (data) => runner.seal(kind, data))) controller.enqueue(frame);
    },
  });
  try {
    await transformer.readable.pipeThrough(sealer).pipeTo(transformer.writable);
  } finally {
    videoSenders.delete(transformer);
  }
}

async function receive(
  transformer: Transformer,
  { slot, media }: TransformOptions & { direction: 'receive' },
) {
  const pipe = new ReceivePipe(slot, media, {
    open: (data) => runner.open(data),
    now,
    requestKeyFrame: () => void transformer.sendKeyFrameRequest?.().catch(() => undefined),
    handOver,
  });
  receivers.add(pipe);
  const opener = new TransformStream<Frame, Frame>({
    async transform(frame, controller) {
      if (await pipe.openInPlace(frame)) controller.enqueue(frame);
    },
  });
  try {
    await transformer.readable.pipeThrough(opener).pipeTo(transformer.writable);
  } finally {
    receivers.delete(pipe);
  }
}

function handOver(change: Omit<OwnerChange, 'turn'>, mustHide: boolean): Promise<boolean> {
  const turn = (lastTurn += 1);
  post({ type: 'owner', ...change, turn });
  if (!mustHide) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (cleared: boolean) => {
      self.clearTimeout(timer);
      handOvers.delete(turn);
      resolve(cleared);
    };
    const timer = self.setTimeout(() => settle(false), HAND_OVER_MS);
    handOvers.set(turn, settle);
  });
}
