// Devices that can be plugged in and pulled out while a page runs.

import { COLOURS } from './people.mjs';

/**
 * What these are: cameras and microphones that a canvas and an oscillator stand in for, one of each
 * name, and loudspeakers that are names only. Pulling one out ends its tracks as a browser does
 * (`ended`), takes it off the list and tells the page (`devicechange`). No browser here can have a
 * device of its own removed: what is real is everything after that moment, up to the other person's
 * ears.
 * @typedef {{ kind: 'audioinput' | 'videoinput' | 'audiooutput', label: string, tone?: number,
 *   colours?: (keyof typeof COLOURS)[], facing?: 'user' | 'environment', there?: boolean }} Plug
 */

/** Gives the person's pages these devices; `deaf` pages never learn that one was pulled out. */
export async function plugs(one, devices, { deaf = false } = {}) {
  const list = devices.map(({ colours = [], there = true, ...rest }) => ({
    ...rest, there, colours: colours.map((name) => COLOURS[name]),
  }));
  await one.page.evaluateOnNewDocument(pluggable, { list, deaf });
}

export function unplug({ page }, label) {
  return page.evaluate((name) => globalThis.e2ePlugs.set(name, false), label);
}

export function plugIn({ page }, label) {
  return page.evaluate((name) => globalThis.e2ePlugs.set(name, true), label);
}

/** The constraints that were asked for last. */
export function lastAsked({ page }) {
  return page.evaluate(() => globalThis.e2ePlugs.asked.at(-1));
}

/** Where sound comes out: one id for each audio element of the page. */
export function sinks({ page }) {
  return page.evaluate(() => [...document.querySelectorAll('audio')].map((audio) => globalThis.e2ePlugs.sinks.get(audio) ?? ''));
}

function pluggable({ list, deaf }) {
  const media = navigator.mediaDevices;
  if (!media) return;
  const tracks = new Map(list.map(({ label }) => [label, new Set()]));
  const asked = [];
  const sinks = new WeakMap();
  const of = (kind) => list.filter((one) => one.kind === kind && one.there);
  globalThis.e2ePlugs = {
    asked,
    sinks,
    set(label, there) {
      list.find((one) => one.label === label).there = there;
      if (!there) {
        for (const track of tracks.get(label)) {
          if (track.readyState === 'ended') continue;
          track.stop();
          if (!deaf) track.dispatchEvent(new Event('ended'));
        }
        tracks.get(label).clear();
      }
      if (!deaf) media.dispatchEvent(new Event('devicechange'));
    },
  };
  media.enumerateDevices = () =>
    Promise.resolve(list.filter(({ there }) => there).map(({ kind, label }) => ({
      deviceId: label, groupId: label, kind, label, toJSON() { return { ...this }; },
    })));
  media.getUserMedia = async (constraints) => {
    asked.push(JSON.parse(JSON.stringify(constraints)));
    const wanted = [['audio', 'audioinput'], ['video', 'videoinput']].filter(([key]) => constraints?.[key]);
    return new MediaStream(wanted.map(([key, kind]) => open(pick(kind, Object(constraints[key])))));
  };
  HTMLMediaElement.prototype.setSinkId = function (id) {
    if (id !== '' && !of('audiooutput').some(({ label }) => label === id)) {
      return Promise.reject(new DOMException('no such device', 'NotFoundError'));
    }
    sinks.set(this, id);
    return Promise.resolve();
  };

  function pick(kind, { deviceId, facingMode }) {
    const there = of(kind);
    const exact = deviceId?.exact;
    const found = exact === undefined
      ? there.find(({ facing }) => facing !== undefined && facing === facingMode?.ideal) ?? there[0]
      : there.find(({ label }) => label === exact);
    if (found) return found;
    throw new DOMException('none', exact === undefined ? 'NotFoundError' : 'OverconstrainedError');
  }

  function open(device) {
    const track = device.kind === 'audioinput' ? sine(device.tone) : card(device.colours);
    const settings = track.getSettings.bind(track);
    track.getSettings = () => ({
      ...settings(), deviceId: device.label, ...(device.facing ? { facingMode: device.facing } : {}),
    });
    tracks.get(device.label).add(track);
    return track;
  }

  function card(rgb) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [640, 360];
    const paint = canvas.getContext('2d');
    let turn = 0;
    const draw = () => {
      rgb.forEach((colour, i) => {
        paint.fillStyle = `rgb(${colour.join(',')})`;
        paint.fillRect((i % 2) * 320, Math.floor(i / 2) * 180, 320, 180);
      });
      paint.fillStyle = (turn = 1 - turn) ? '#888' : '#777';
      paint.fillRect(310, 170, 20, 20);
    };
    draw();
    setInterval(draw, 50);
    return canvas.captureStream(20).getVideoTracks()[0];
  }

  function sine(hertz) {
    const context = new AudioContext();
    const out = context.createMediaStreamDestination();
    const oscillator = new OscillatorNode(context, { frequency: hertz });
    oscillator.connect(new GainNode(context, { gain: 0.3 })).connect(out);
    oscillator.start();
    const wake = () => context.resume();
    addEventListener('pointerdown', wake);
    addEventListener('keydown', wake);
    return out.stream.getAudioTracks()[0];
  }
}
