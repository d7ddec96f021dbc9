/** Puts the page together from the parts that touch the browser. */
import { mount } from 'svelte';
import { WorkerClient } from './e2ee/client';
import { Devices } from './media/devices';
import { isPhone, WakeLock } from './media/phone';
import { probe } from './media/probe';
import { Meter } from './media/meter';
import { MediaSession } from './media/session';
import { createTalk, destroyTalk, findGroup, publishReadout, readPublished, registerGroup, serverInfo } from './signalling/http';
import { PROTOCOL_VERSION, Signalling, type Socket } from './signalling/socket';
import { watchForWake } from './signalling/wake';
import { App } from './state/app';
import { ChoiceBook } from './state/choices';
import { Memory } from './state/memory';
import { text } from './text';
import AppPage from './ui/App.svelte';
import './ui/app.css';
import { closeWhenLeft } from './ui/popover';

const timers = {
  setTimer: (run: () => void, ms: number) => window.setTimeout(run, ms),
  clearTimer: (timer: number) => window.clearTimeout(timer),
  now: () => performance.now(),
  random: () => Math.random(),
};

function openSocket(): Socket {
  const talk = location.pathname.split('/')[2] ?? '';
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return new WebSocket(`${scheme}://${location.host}/api/v1/talks/${talk}/socket`) as Socket;
}

function supported(): 'yes' | 'no' | 'insecure' {
  if (!window.isSecureContext) return 'insecure';
  const sealing = 'RTCRtpScriptTransform' in window && 'WebAssembly' in window;
  return sealing && 'requestVideoFrameCallback' in HTMLVideoElement.prototype ? 'yes' : 'no';
}

/** Holds a lock for as long as the page is there: another page of the same talk doesn't get it. */
function alone(talk: string): Promise<boolean> {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    };
    locks.request(`incamera-talk:${talk}`, { ifAvailable: true }, held).catch(() => resolve(true));
  });
}

/** One worker loads while the page is still being read. */
let spare: WorkerClient | undefined = supported() === 'yes' ? new WorkerClient() : undefined;
const phone = isPhone();
const { unreachable } = text.server;

const app = new App({
  place: {
    pathname: location.pathname,
    hash: location.hash,
    origin: location.origin,
    storage: sessionStorage,
    replace: (path) => history.replaceState(null, '', path),
  },
  memory: new Memory(localStorage),
  version: PROTOCOL_VERSION,
  supported,
  e2ee() {
    const worker = spare ?? new WorkerClient();
    spare = undefined;
    return worker;
  },
  devices: () => new Devices(navigator.mediaDevices as MediaDevices | undefined, phone),
  serverInfo: () => serverInfo(unreachable),
  createTalk: (talk, token) => createTalk(talk, unreachable, token),
  destroyTalk: (talk, signature) => destroyTalk(talk, signature, unreachable),
  registerGroup: (talk, group, keys) => registerGroup(talk, group, keys, unreachable),
  findGroup: (access) => findGroup(access, unreachable),
  publishReadout: (talk, group, handed) => publishReadout(talk, group, handed, unreachable),
  readPublished: (id) => readPublished(id, unreachable),
  persist: () => void navigator.storage?.persist?.().catch(() => false),
  alone,
  signalling: (hooks) => new Signalling({ ...timers, ...hooks, open: openSocket }),
  media: (hooks, e2ee) => new MediaSession(e2ee, hooks, phone ? 'phone' : 'desktop'),
  probe,
  choices: new ChoiceBook(localStorage),
  now: () => performance.now(),
  ear: () => new Meter(),
  today: () => Date.now(),
});

const awake = new WakeLock('wakeLock' in navigator ? navigator.wakeLock : undefined, document);
const root = document.documentElement;
app.phase.subscribe((phase) => {
  root.dataset['state'] = phase;
  awake.hold(phase === 'joining' || phase === 'seated');
});
root.dataset['profile'] = phone ? 'phone' : 'desktop';

// A keyboard on the screen takes the page's height in some browsers, and covers it in others.
const { visualViewport } = window;
const fit = () => {
  // Zooming with two fingers makes the part that is seen smaller, not the page.
  const height = visualViewport ? visualViewport.height * visualViewport.scale : innerHeight;
  root.style.setProperty('--page-height', `${height}px`);
};
visualViewport?.addEventListener('resize', fit);
fit();

// Another link opened in this tab, or the back button: begin again from the address.
addEventListener('hashchange', () => location.reload());
addEventListener('popstate', () => location.reload());
const { connection } = navigator as Navigator & { connection?: EventTarget & { type?: string } };
watchForWake(
  { page: document, window, network: connection, now: Date.now, setInterval: window.setInterval.bind(window) },
  (cause) => app.wake(cause),
);

closeWhenLeft();
mount(AppPage, { target: document.getElementById('app')!, props: { app } });
