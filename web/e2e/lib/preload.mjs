// What runs in a page before its own scripts.

import { NOISE } from './media-files.mjs';
import { COLOURS, HEIGHT, WIDTH } from './people.mjs';

/**
 * Chromium: the fake devices are real ones to the page, but a steady tone is noise to a noise
 * suppressor, so voice processing is off.
 */
export function withoutVoiceProcessing() {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const ask = devices.getUserMedia.bind(devices);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (constraints) => {
    const audio = constraints?.audio ? { ...Object(constraints.audio === true ? {} : constraints.audio), ...plain } : false;
    return ask({ ...constraints, audio });
  };
}

/** Firefox has no fake devices that take a file: a canvas and an oscillator stand in for them. */
export function fakeDevices({ colours, tone, width, height, noise }) {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const ask = (constraints) => {
    const tracks = [];
    if (constraints?.video) tracks.push(card(colours, width, height, 20));
    if (constraints?.audio) tracks.push(sine(tone));
    if (tracks.length === 0) return Promise.reject(new TypeError('neither audio nor video'));
    return Promise.resolve(new MediaStream(tracks));
  };
  devices.getUserMedia = ask;
  devices.getDisplayMedia = () =>
    Promise.resolve(new MediaStream([card([...colours].reverse(), width, height, 10)]));
  devices.enumerateDevices = () =>
    Promise.resolve(
      ['audioinput', 'videoinput'].map((kind) => ({
        deviceId: kind, groupId: 'fake', kind, label: `Fake ${kind}`, toJSON() { return { ...this }; },
      })),
    );

  function card(rgb, w, h, rate) {
    const canvas = document.createElement('canvas');
    canvas.width = w;
    canvas.height = h;
    const paint = canvas.getContext('2d');
    const draw = () => {
      rgb.forEach((colour, i) => {
        paint.fillStyle = `rgb(${colour.join(',')})`;
        paint.fillRect((i % 2) * (w / 2), Math.floor(i / 2) * (h / 2), w / 2, h / 2);
      });
      const bar = paint.createImageData(w, noise.bottom - noise.top);
      for (let at = 0; at < bar.data.length; at += 4) {
        bar.data.fill(64 + Math.floor(Math.random() * 128), at, at + 3);
        bar.data[at + 3] = 255;
      }
      paint.putImageData(bar, 0, noise.top);
    };
    draw();
    setInterval(draw, 1000 / rate);
    return canvas.captureStream(rate).getVideoTracks()[0];
  }

  function sine(hertz) {
    const context = new AudioContext();
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    const out = context.createMediaStreamDestination();
    oscillator.frequency.value = hertz;
    gain.gain.value = 0.3;
    oscillator.connect(gain).connect(out);
    oscillator.start();
    // Without a gesture a context sleeps, as a microphone wouldn't.
    const wake = () => context.resume();
    addEventListener('pointerdown', wake);
    addEventListener('keydown', wake);
    return out.stream.getAudioTracks()[0];
  }
}

/** The arguments of `fakeDevices` for a person. */
export function fakeDevicesOf(person) {
  return { colours: person.colours.map((name) => COLOURS[name]), tone: person.tone, width: WIDTH, height: HEIGHT, noise: NOISE };
}

/** Keeps the page's sockets where a test can cut them, and which of the server's connections is the page's. */
export function recordSockets() {
  const Original = globalThis.WebSocket;
  globalThis.e2eSockets = [];
  globalThis.WebSocket = class extends Original {
    constructor(...args) {
      super(...args);
      globalThis.e2eSockets.push(this);
      this.addEventListener('message', ({ data }) => {
        if (!data.startsWith('{"type":"ready"')) return;
        globalThis.e2eConnection = JSON.parse(data).connection;
      });
    }
  };
}

/**
 * Keeps the page's peer connections where a test can ask them for statistics. With `tcpOnly`, no
 * candidate of the server's but TCP ones is believed.
 */
export function recordPeers({ tcpOnly }) {
  const Original = globalThis.RTCPeerConnection;
  globalThis.e2ePeers = [];
  globalThis.RTCPeerConnection = class extends Original {
    constructor(...args) {
      super(...args);
      globalThis.e2ePeers.push(this);
    }

    setRemoteDescription(description) {
      if (!tcpOnly) return super.setRemoteDescription(description);
      const lines = description.sdp.split('\r\n');
      const kept = lines.filter((line) => !/^a=candidate:\S+ \d+ udp /i.test(line));
      return super.setRemoteDescription({ type: description.type, sdp: kept.join('\r\n') });
    }
  };
}
