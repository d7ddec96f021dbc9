import { expect, test } from 'vitest';
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

test('an unplugged camera is told', async () => {
  const devices = new Devices(new FakeApi().api);
  await devices.askForBoth();
  const { camera } = devices.tracks.get();
  camera!.onended?.(new Event('ended'));
  expect(devices.state.get().camera).toMatchObject({ on: false, problem: 'unplugged' });
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

class FakeTrack {
  readyState = 'live';
  enabled = true;
  onended: ((event: Event) => void) | null = null;
  constructor(
    readonly kind: string,
    private readonly deviceId: string,
  ) {}
  stop(): void {
    this.readyState = 'ended';
  }
  getSettings() {
    return { deviceId: this.deviceId };
  }
}

class FakeApi {
  questions: string[][] = [];
  given: FakeTrack[] = [];
  broken: Partial<Record<'audio' | 'video', string>> = {};

  get api(): MediaDevicesApi {
    return {
      addEventListener: () => undefined,
      enumerateDevices: () => Promise.resolve([]),
      getDisplayMedia: () => Promise.reject(new Error('none')),
      getUserMedia: (constraints: MediaStreamConstraints) => {
        const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
        this.questions.push(kinds);
        const name = kinds.map((kind) => this.broken[kind]).find((error) => error !== undefined);
        if (name !== undefined) return Promise.reject(Object.assign(new Error(name), { name }));
        const tracks = kinds.map((kind) => new FakeTrack(kind, `${kind} device`));
        this.given.push(...tracks);
        return Promise.resolve({ getTracks: () => tracks } as unknown as MediaStream);
      },
    } as unknown as MediaDevicesApi;
  }
}
