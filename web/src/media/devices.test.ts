import { describe, expect, test } from 'vitest';
import { offeredEffects } from './constraints';
import { Devices, type MediaDevicesApi, problemOf } from './devices';
import { loudness } from './meter';

test.each([
  ['NotAllowedError', 'denied'],
  ['NotFoundError', 'missing'],
  ['NotReadableError', 'busy'],
  ['TypeError', 'other'],
])('%s is %s', (name, problem) => {
  expect(problemOf({ name })).toBe(problem);
});

test('without a secure context both say so', async () => {
  const devices = new Devices(undefined);
  await devices.askForBoth();
  const { camera, microphone } = devices.state.get();
  expect([camera.problem, microphone.problem]).toEqual(['insecure', 'insecure']);
});

test('one question opens both', async () => {
  const api = new FakeApi();
  const devices = new Devices(api.api);
  await devices.askForBoth();
  expect(api.questions).toEqual([['audio', 'video']]);
  expect(devices.tracks.get().camera).toBeDefined();
  expect(devices.tracks.get().microphone).toBeDefined();
});

test('a missing camera doesn’t cost the microphone', async () => {
  const api = new FakeApi();
  api.broken = { video: 'NotFoundError' };
  const devices = new Devices(api.api);
  await devices.askForBoth();
  const { camera, microphone } = devices.state.get();
  expect([camera.problem, microphone.on]).toEqual(['missing', true]);
});

test('a refused permission is asked for once', async () => {
  const api = new FakeApi();
  api.broken = { audio: 'NotAllowedError', video: 'NotAllowedError' };
  const devices = new Devices(api.api);
  await devices.askForBoth();
  expect(api.questions).toHaveLength(1);
  expect(devices.state.get().camera.problem).toBe('denied');
});

test('a camera that is off is released, a muted microphone keeps silent', async () => {
  const api = new FakeApi();
  const devices = new Devices(api.api);
  await devices.askForBoth();
  const { camera, microphone } = devices.tracks.get();
  await devices.setCamera(false);
  expect(camera!.readyState).toBe('ended');
  await devices.setMicrophone(false);
  expect(microphone!.enabled).toBe(false);
  expect(devices.tracks.get().microphone).toBeUndefined();
  await devices.setMicrophone(true);
  expect(devices.tracks.get().microphone).toBe(microphone);
  expect(microphone!.enabled).toBe(true);
});

test('a camera that the person allows after leaving is let go at once', async () => {
  const api = new FakeApi();
  const devices = new Devices(api.api);
  const asked = devices.askForBoth();
  devices.releaseAll();
  await asked;
  expect(api.given).toHaveLength(2);
  expect(api.given.map(({ readyState }) => readyState)).toEqual(['ended', 'ended']);
  expect(devices.tracks.get().camera).toBeUndefined();
});

test('choosing another microphone while muted stays muted', async () => {
  const devices = new Devices(new FakeApi().api);
  await devices.askForBoth();
  await devices.setMicrophone(false);
  await devices.choose('microphone', 'second');
  expect(devices.state.get().microphone.on).toBe(false);
  expect(devices.tracks.get().microphone).toBeUndefined();
});

test('choosing another camera while it is off leaves it off', async () => {
  const devices = new Devices(new FakeApi().api);
  await devices.askForBoth();
  await devices.setCamera(false);
  await devices.choose('camera', 'second');
  expect(devices.state.get().camera).toMatchObject({ on: false, deviceId: 'second' });
});

test('silence is 0, a loud voice nearly 1', () => {
  expect(loudness(new Float32Array(64))).toBe(0);
  expect(loudness(new Float32Array(64).fill(0.25))).toBeGreaterThan(0.9);
});

describe('a device that is unplugged', () => {
  test('is told, and another takes its place', async () => {
    const { devices, api } = await plugged('Headset', 'Built-in');
    await api.unplug('Headset');
    const { microphone } = devices.state.get();
    expect(microphone).toMatchObject({
      on: true,
      deviceId: 'Built-in',
      told: { code: 'instead', lost: 'Headset', label: 'Built-in' },
    });
    expect(devices.tracks.get().microphone).toBe(api.given.at(-1));
  });

  test('comes back by itself when it is plugged in again', async () => {
    const { devices, api } = await plugged('Headset', 'Built-in');
    await api.unplug('Headset');
    await api.plug('Headset');
    expect(devices.state.get().microphone).toMatchObject({
      on: true,
      deviceId: 'Headset',
      told: { code: 'back', label: 'Headset' },
    });
  });

  test('is waited for if there is no other', async () => {
    const { devices, api } = await plugged('Headset');
    await api.unplug('Headset');
    expect(devices.state.get().microphone).toMatchObject({ on: false, problem: 'unplugged' });
    await api.plug('Headset');
    expect(devices.state.get().microphone).toMatchObject({ on: true, problem: undefined });
  });

  test('stays off when it comes back if the person turned it off meanwhile', async () => {
    const { devices, api } = await plugged('Headset');
    await api.unplug('Headset');
    await devices.setMicrophone(false);
    await api.plug('Headset');
    expect(devices.state.get().microphone.on).toBe(false);
  });

  test('opens nothing if it was muted', async () => {
    const { devices, api } = await plugged('Headset', 'Built-in');
    await devices.setMicrophone(false);
    const { length } = api.given;
    await api.unplug('Headset');
    expect(api.given).toHaveLength(length);
    expect(devices.state.get().microphone).toMatchObject({ on: false, problem: undefined });
  });

  test('doesn’t draw a newcomer in that nobody chose', async () => {
    const { devices, api } = await plugged('Built-in');
    await api.plug('Headset');
    expect(devices.state.get().microphone).toMatchObject({ deviceId: 'Built-in', told: undefined });
  });

  test('whose permission was taken away says so', async () => {
    const { devices, api } = await plugged('Headset');
    api.broken = { audio: 'NotAllowedError' };
    // Without permission a browser tells that there is one, and nothing else of it.
    api.there = [{ kind: 'audioinput', name: '' }];
    api.end(devices.tracks.get().microphone!);
    await api.settled();
    expect(devices.state.get().microphone).toMatchObject({ on: false, problem: 'denied' });
  });

  test('that ends each time it is opened is left alone', async () => {
    const { devices, api } = await plugged('Broken');
    for (let time = 0; time < 5; time += 1) {
      const { microphone } = devices.tracks.get();
      if (microphone) api.end(microphone);
      await api.settled();
    }
    expect(devices.state.get().microphone).toMatchObject({ on: false, problem: 'other' });
  });
});

test('a chosen loudspeaker that is unplugged gives way, and comes back', async () => {
  const { devices, api } = await plugged('Built-in');
  await api.plug('Headphones', 'audiooutput');
  await devices.choose('speaker', 'Headphones');
  expect(devices.state.get().speaker).toEqual({ deviceId: 'Headphones', told: undefined });
  await api.unplug('Headphones');
  expect(devices.state.get().speaker).toEqual({
    deviceId: undefined,
    told: { code: 'instead', lost: 'Headphones', label: '' },
  });
  await api.plug('Headphones', 'audiooutput');
  expect(devices.state.get().speaker).toMatchObject({ deviceId: 'Headphones', told: { code: 'back' } });
});

test('an effect opens the microphone anew with it', async () => {
  const { devices, api } = await plugged('Built-in');
  await devices.setEffect('noiseSuppression', false);
  expect(api.asked.at(-1)).toMatchObject({ audio: { noiseSuppression: false, echoCancellation: true } });
  expect(devices.state.get().microphone.on).toBe(true);
});

test('a blur that the camera doesn’t do isn’t shown as on', async () => {
  const devices = new Devices(new FakeApi().api);
  await devices.askForBoth();
  const camera = devices.tracks.get().camera!;
  let blurred = false;
  let works = false;
  Object.assign(camera, {
    getSettings: () => ({ backgroundBlur: blurred }),
    applyConstraints: async ({ backgroundBlur }: { backgroundBlur: boolean }) => {
      if (!works) throw new DOMException('no', 'OverconstrainedError');
      blurred = backgroundBlur;
    },
  });
  await devices.setEffect('backgroundBlur', true);
  expect(devices.state.get().effects.backgroundBlur).toBe(false);
  works = true;
  await devices.setEffect('backgroundBlur', true);
  expect(devices.state.get().effects.backgroundBlur).toBe(true);
});

test('an effect is offered only where the browser has it', () => {
  const camera = (blur: boolean[]) =>
    ({ getCapabilities: () => ({ backgroundBlur: blur }) }) as unknown as MediaStreamTrack;
  const supported = { noiseSuppression: true, backgroundBlur: true };
  expect(offeredEffects(supported, undefined)).toEqual(['noiseSuppression']);
  expect(offeredEffects(supported, camera([true]))).toEqual(['noiseSuppression']);
  expect(offeredEffects(supported, camera([true, false]))).toEqual(['noiseSuppression', 'backgroundBlur']);
});

test('a phone’s other camera is asked for by where it looks', async () => {
  const { devices, api } = await plugged('Built-in');
  await devices.flip();
  expect(api.asked.at(-1)).toMatchObject({ video: { facingMode: { ideal: 'environment' } } });
});

test('a screen brings its sound, and takes it along', async () => {
  const { devices, api } = await plugged('Built-in');
  await devices.setScreen(true);
  expect(devices.tracks.get().screen_audio).toBeDefined();
  api.end(devices.tracks.get().screen!);
  await api.settled();
  expect(devices.tracks.get().screen).toBeUndefined();
  expect(devices.tracks.get().screen_audio).toBeUndefined();
});

/** Microphones of these names, the first one chosen and on. */
async function plugged(...names: string[]) {
  const api = new FakeApi();
  api.there = names.map((name) => ({ kind: 'audioinput', name }));
  const devices = new Devices(api.api);
  await devices.askForBoth();
  await devices.choose('microphone', names[0]!);
  return { devices, api };
}

class FakeTrack {
  readyState = 'live';
  enabled = true;
  contentHint = '';
  onended: ((event: Event) => void) | null = null;
  constructor(
    readonly kind: string,
    readonly deviceId: string,
  ) {}
  stop(): void {
    this.readyState = 'ended';
  }
  getSettings() {
    return { deviceId: this.deviceId };
  }
}

type Plugged = { kind: 'audioinput' | 'audiooutput'; name: string };

class FakeApi {
  questions: string[][] = [];
  asked: MediaStreamConstraints[] = [];
  given: FakeTrack[] = [];
  broken: Partial<Record<'audio' | 'video', string>> = {};
  /** Microphones and loudspeakers; without any, everything that is asked for is there. */
  there: Plugged[] | undefined;
  #changed = () => {};

  async plug(name: string, kind: Plugged['kind'] = 'audioinput'): Promise<void> {
    this.there = [...(this.there ?? []), { kind, name }];
    this.#changed();
    await this.settled();
  }

  async unplug(name: string): Promise<void> {
    this.there = this.there?.filter((one) => one.name !== name);
    for (const track of this.given) if (track.deviceId === name) this.end(track);
    this.#changed();
    await this.settled();
  }

  end(track: { readyState: string; onended: unknown }): void {
    if (track.readyState === 'ended') return;
    track.readyState = 'ended';
    (track.onended as (() => void) | null)?.();
  }

  async settled(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }

  get api(): MediaDevicesApi {
    return {
      addEventListener: (_type: string, listener: () => void) => {
        this.#changed = listener;
      },
      enumerateDevices: () =>
        Promise.resolve(
          (this.there ?? []).map(({ kind, name }) => ({ kind, deviceId: name, label: name })),
        ),
      getDisplayMedia: () => {
        const tracks = [new FakeTrack('video', 'screen'), new FakeTrack('audio', 'screen')];
        return Promise.resolve({ getTracks: () => tracks } as unknown as MediaStream);
      },
      getUserMedia: (constraints: MediaStreamConstraints) => this.#give(constraints),
    } as unknown as MediaDevicesApi;
  }

  #give(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(constraints);
    const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
    this.questions.push(kinds);
    const name = kinds.map((kind) => this.broken[kind]).find((error) => error !== undefined);
    if (name !== undefined) return refuse(name);
    const tracks: FakeTrack[] = [];
    for (const kind of kinds) {
      const { deviceId } = constraints[kind] as { deviceId?: { exact: string } };
      if (kind === 'video' || this.there === undefined) {
        tracks.push(new FakeTrack(kind, deviceId?.exact ?? `${kind} device`));
        continue;
      }
      const microphones = this.there.filter((one) => one.kind === 'audioinput');
      const found = deviceId ? microphones.find((one) => one.name === deviceId.exact) : microphones[0];
      if (!found) return refuse(deviceId ? 'OverconstrainedError' : 'NotFoundError');
      tracks.push(new FakeTrack(kind, found.name));
    }
    this.given.push(...tracks);
    return Promise.resolve({ getTracks: () => tracks } as unknown as MediaStream);
  }
}

function refuse(name: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(name), { name }));
}
