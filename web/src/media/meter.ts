/** How loud a microphone is, in 0..1, for the eye. */
export class Meter {
  #context: AudioContext | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #analyser: AnalyserNode | undefined;
  #samples = new Float32Array(1024);

  /** Listens to `track`; its mute doesn't stop others from using it. */
  listen(track: MediaStreamTrack | undefined): void {
    this.#source?.disconnect();
    this.#source = undefined;
    if (!track) return;
    this.#context ??= new AudioContext();
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 1024 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#analyser);
    this.resume();
  }

  /** Browsers start sound, and so this, after a first click or key only. */
  resume(): void {
    if (this.#context?.state === 'suspended') void this.#context.resume().catch(() => undefined);
  }

  level(): number {
    return loudness(this.#hear());
  }

  /** Root mean square, as receivers tell levels. */
  volume(): number {
    return Math.sqrt(power(this.#hear()));
  }

  #hear(): Float32Array {
    if (this.#analyser && this.#source) this.#analyser.getFloatTimeDomainData(this.#samples);
    else this.#samples.fill(0);
    return this.#samples;
  }

  close(): void {
    this.listen(undefined);
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
    this.#analyser = undefined;
  }
}

/** Root mean square on a decibel scale: -60 dB is 0, -10 dB is 1. */
export function loudness(samples: Float32Array): number {
  const decibels = 10 * Math.log10(power(samples) + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

function power(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}
