/** Puts the page together from the parts that touch the browser. */
import { mount } from 'svelte';
import { WorkerClient } from './e2ee/client';
import { Devices } from './media/devices';
import { DESKTOP_SLOTS, MediaSession, PHONE_SLOTS } from './media/session';
import { createTalk } from './signalling/http';
import { Signalling, type Socket } from './signalling/socket';
import { App } from './state/app';
import { text } from './state/text';
import AppPage from './ui/App.svelte';
import './ui/app.css';

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
  const sealing = 'RTCRtpScriptTransform' in window && 'WebAssembly' in window;
  if (sealing && 'requestVideoFrameCallback' in HTMLVideoElement.prototype) return 'yes';
  return window.isSecureContext ? 'no' : 'insecure';
}

/** One worker loads while the page is still being read. */
let spare: WorkerClient | undefined = supported() === 'yes' ? new WorkerClient() : undefined;

const app = new App({
  place: {
    pathname: location.pathname,
    hash: location.hash,
    origin: location.origin,
    storage: sessionStorage,
    replace: (path) => history.replaceState(null, '', path),
  },
  supported,
  e2ee() {
    const worker = spare ?? new WorkerClient();
    spare = undefined;
    return worker;
  },
  devices: () => new Devices(navigator.mediaDevices as MediaDevices | undefined),
  createTalk: (talk) => createTalk(talk, text.server.unreachable),
  signalling: (hooks) => new Signalling({ ...timers, ...hooks, open: openSocket }),
  media(hooks, e2ee) {
    const phone = matchMedia('(max-width: 40rem)').matches;
    return new MediaSession(e2ee, phone ? PHONE_SLOTS : DESKTOP_SLOTS, hooks);
  },
  now: () => performance.now(),
});

app.phase.subscribe((phase) => {
  document.documentElement.dataset['state'] = phase;
});

// Another link opened in this tab, or the back button: begin again from the address.
addEventListener('hashchange', () => location.reload());
addEventListener('popstate', () => location.reload());
addEventListener('online', () => app.wake());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') app.wake();
});

mount(AppPage, { target: document.getElementById('app')!, props: { app } });
