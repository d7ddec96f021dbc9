/** A short tone on the chosen loudspeaker, to hear whether it works. */

const HERTZ = 523.25;
const SECONDS = 0.9;
const LOUDNESS = 0.25;

/** Resolves when the tone has been played, rejects if it can't be. */
export async function playTone(speaker: string | undefined): Promise<void> {
  const context = new AudioContext();
  const sound = new Audio();
  try {
    const out = context.createMediaStreamDestination();
    sound.srcObject = out.stream;
    if (speaker !== undefined && 'setSinkId' in sound) await sound.setSinkId(speaker);
    await context.resume();
    const oscillator = new OscillatorNode(context, { frequency: HERTZ });
    const gain = new GainNode(context, { gain: 0 });
    const now = context.currentTime;
    // Rises and falls: a tone that is cut off clicks.
    gain.gain.linearRampToValueAtTime(LOUDNESS, now + 0.05);
    gain.gain.setValueAtTime(LOUDNESS, now + SECONDS - 0.2);
    gain.gain.linearRampToValueAtTime(0, now + SECONDS);
    oscillator.connect(gain).connect(out);
    await sound.play();
    const ended = new Promise((resolve) => (oscillator.onended = resolve));
    oscillator.start(now);
    oscillator.stop(now + SECONDS);
    await ended;
  } finally {
    sound.srcObject = null;
    void context.close().catch(() => undefined);
  }
}

/** Whether the browser lets a page choose where sound comes out. */
export function canChooseSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}
