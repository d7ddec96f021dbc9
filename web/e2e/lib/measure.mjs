// What a person would see and hear, measured in the page.

import { COLOURS } from './people.mjs';

/**
 * The colours in the middle of the four quadrants of each `<video>` that matches, by name.
 * @returns {Promise<string[][]>}
 */
export function pictures(page, selector = 'video') {
  return page.evaluate((query, colours) => {
    const nearest = (r, g, b) => {
      let best = ['?', 90];
      for (const [name, [cr, cg, cb]] of Object.entries(colours)) {
        const distance = Math.hypot(r - cr, g - cg, b - cb);
        if (distance < best[1]) best = [name, distance];
      }
      return best[0] === '?' ? `rgb(${[r, g, b].map(Math.round)})` : best[0];
    };
    return [...document.querySelectorAll(query)].map((video) => {
      if (!video.videoWidth) return [];
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [160, 90];
      const context = canvas.getContext('2d');
      context.drawImage(video, 0, 0, 160, 90);
      return [[40, 22], [120, 22], [40, 67], [120, 67]].map(([x, y]) => {
        const { data } = context.getImageData(x - 4, y - 4, 8, 8);
        const sum = [0, 0, 0];
        for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c += 1) sum[c] += data[i + c];
        return nearest(...sum.map((value) => value / 64));
      });
    });
  }, selector, COLOURS);
}

/**
 * The loudest frequency, in Hz, of each media element that matches, has a live audio track and isn't
 * silent.
 * @returns {Promise<number[]>}
 */
export function tones(page, selector = 'audio') {
  return page.evaluate(async (query) => {
    const context = (globalThis.e2eAudio ??= new AudioContext());
    context.resume();
    const taps = (globalThis.e2eTaps ??= new WeakMap());
    const found = [];
    for (const element of document.querySelectorAll(query)) {
      const track = element.srcObject?.getAudioTracks?.()[0];
      if (!track || track.readyState !== 'live') continue;
      let tap = taps.get(track);
      if (!tap) {
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        const source = context.createMediaStreamSource(new MediaStream([track]));
        source.connect(analyser);
        tap = { analyser, source };
        taps.set(track, tap);
      }
      found.push(tap.analyser);
    }
    // A whole window of samples has to have gone by since the tap was made.
    const start = context.currentTime;
    for (let tries = 0; context.currentTime - start < 0.25; tries += 1) {
      if (tries > 100) throw new Error('the AudioContext does not run');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const heard = [];
    for (const analyser of found) {
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      let peak = 0;
      for (let i = 1; i < bins.length; i += 1) if (bins[i] > bins[peak]) peak = i;
      if (bins[peak] > -60) heard.push((peak * context.sampleRate) / analyser.fftSize);
    }
    return heard;
  }, selector);
}

/** Whether a tone was heard among some: the analyser's bins are 6 Hz wide. */
export function heard(tone, frequencies) {
  return frequencies.some((frequency) => Math.abs(frequency - tone) < 12);
}

/** Whether a picture was seen among some. */
export function seen(colours, found) {
  return found.some((picture) => picture.join() === colours.join());
}
